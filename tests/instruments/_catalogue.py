"""Documents of the catalogue, and the options that those need which have no default for all."""

from importlib.resources import files
from typing import Final

from ruamel.yaml import YAML

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
    return InstrumentDocument.model_validate(YAML(typ="safe").load(text_of(name)))
