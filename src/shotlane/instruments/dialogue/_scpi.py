"""SCPI as a preset: what a document with `protocol: scpi` need not say.

`scpi: SOUR:VOLT` is asked as `SOUR:VOLT?` and set as `SOUR:VOLT value`; a query is answered by one value of
the attribute's type, a set and a command by nothing. Numbers beyond 9.9E37 are SCPI's words for overload and
for not a number (SCPI-99 volume 1, 7.2.1), and so is no number at all.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shotlane.model import InstrumentAttribute, InstrumentCommand, InstrumentDocument, SetText

IDENTITY_QUERY: Final = "*IDN?"
IDENTITY_PATTERN: Final = (
    r"(?P<maker>[^,]*)(?:,(?P<model>[^,]*))?(?:,(?P<serial>[^,]*))?(?:,(?P<firmware>.*))?"
)
ERROR_QUERY: Final = "SYST:ERR?"
ERROR_FRAME: Final = "{_:header?}{code:d},{text:s}"
_OVERLOAD: Final = 9.9e37
_NO_NUMBER: Final = 9.91e37


def filled_in(document: InstrumentDocument) -> InstrumentDocument:
    """The document with everything written out that SCPI decides."""
    attributes = {name: _attribute(declared) for name, declared in document.attributes.items()}
    commands = {name: _command(declared) for name, declared in document.commands.items()}
    return document.model_copy(update={"attributes": attributes, "commands": commands})


def is_overload(value: float) -> bool:
    """Whether a number stands for no number."""
    return abs(value) >= _OVERLOAD


def without_overloads(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """An array with infinities for overloads and nan for what is no number."""
    size = np.abs(values)
    if not np.any(size >= _OVERLOAD):
        return values
    marked = np.where(size >= _OVERLOAD, np.copysign(np.inf, values), values)
    return np.where(np.isclose(values, _NO_NUMBER, rtol=1e-6), np.nan, marked)


def fault_of(code: int) -> str:
    """The fault class of an error code: -4xx says that question and answer got out of step."""
    return "garbled" if -500 < code <= -400 else "rejected"


def _attribute(declared: InstrumentAttribute) -> InstrumentAttribute:
    head, _, arguments = (declared.scpi or "").partition(" ")
    query, written = declared.query, declared.set
    if head and query is None and "r" in declared.access:
        query = f"{head}? {arguments}".strip()
    if head and written is None and "w" in declared.access:
        value = '"{value}"' if declared.type == "text" else "{value}"
        written = SetText(send=f"{head} {value}" + (f",{arguments}" if arguments else ""))
    if written is not None and written.reply is None:
        written = written.model_copy(update={"reply": "none"})
    reply = declared.reply
    if query is not None and reply is None and declared.block is None:
        reply = _value_frame(declared)
    return declared.model_copy(update={"query": query, "set": written, "reply": reply})


def _value_frame(declared: InstrumentAttribute) -> str:
    if declared.type == "array":
        return "{_:header?}{value:list}"
    if declared.type == "text":
        return "{value:s}"
    if declared.options is not None:
        return "{_:header?}{value:s}"
    return "{_:header?}{value:w}" if declared.type == "bool" else "{_:header?}{value:f}"


def _command(declared: InstrumentCommand) -> InstrumentCommand:
    if declared.reply is not None or declared.send is None:
        return declared
    return declared.model_copy(update={"reply": "{value:s}" if "?" in declared.send else "none"})
