"""Documents of the catalogue, and the options that those need which have no default for all."""

from importlib.resources import files
from typing import Final

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.model import InstrumentDocument

OPTIONS: Final = {
    "alicat-mfc": "{device_unit: sccm, full_scale: 50 sccm}",
    "alicat-pressure": "{device_unit: psi, full_scale: 30 psi}",
    "new-era-ne1000": "{max_rate: 10 mL/min}",
    "tti-pl": "{max_voltage: 60 V, max_current: 20 A}",
    "vici-eut": "{positions: 10}",
}


def text_of(name: str) -> str:
    """A document as it is written."""
    return (files("shotlane.instruments") / "catalogue" / f"{name}.yaml").read_text(encoding="utf-8")


def document_of(name: str) -> InstrumentDocument:
    """A document as its author wrote it."""
    document = read_text(text_of(name), name, Report())
    assert document is not None
    return InstrumentDocument.model_validate(document.data)
