"""Options that lose their zeros: `07` without quotes is the number 7, and the device would be sent 7."""

import re
from typing import Final

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model import InstrumentDocument

_ZEROS: Final = re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?")


def keeps_zeros(
    value: object, model: InstrumentDocument, document: Document, path: Path, report: Report, code: str
) -> bool:
    """Whether an option is put in as it is written; else that is an error. Registers have only numbers."""
    if model.protocol == "modbus" or isinstance(value, bool) or not isinstance(value, int | float):
        return True
    span = document.span(path)
    written = span.source.text[span.start : span.end]
    if _ZEROS.fullmatch(written) is None:
        return True
    message = f"{written} without quotes is the number {value}, and the device would be sent that"
    report.error(code, message, span, help=f'write "{written}", or {value}')
    return False


def check_zeros(model: InstrumentDocument, document: Document, report: Report) -> None:
    """The same for what an instrument document says of its options."""
    for name, value in model.defaults.items():
        at: Path = ("options", name)
        path = (*at, "default") if isinstance(document.value(at), dict) else at
        keeps_zeros(value, model, document, path, report, "INS005")
