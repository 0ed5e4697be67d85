r"""Control characters that YAML did not read: in single quotes, or without quotes, `\r` is two characters."""

import re
from collections.abc import Iterator
from typing import Final

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model import InstrumentDocument

_ESCAPE: Final = re.compile(r"\\(?:[rnt0]|x[0-9A-Fa-f]{2})")
_NAMES: Final = {"r": "carriage return", "n": "line feed", "t": "tab", "0": "NUL"}
_LINES: Final = ("write", "read", "read_end", "echo", "acknowledge", "enquiry")


def warn_of_escapes(model: InstrumentDocument, document: Document, report: Report) -> None:
    """Warn of what a device would be sent as it stands."""
    if model.protocol not in ("ascii", "scpi"):
        return
    for path, text in _texts(model):
        found = _ESCAPE.search(text) if isinstance(text, str) else None
        span = document.span(path)
        if found is None or span.source.text[span.start : span.start + 1] == '"':
            continue
        name = _NAMES.get(found[0][1], "control character")
        message = f"{found[0]} is a backslash and '{found[0][1:]}' here, not a {name}"
        report.warning("INS034", message, span, help=f'write it in double quotes: "{text}"')


def _texts(model: InstrumentDocument) -> Iterator[tuple[Path, object]]:
    for key in _LINES:
        yield (key,), getattr(model, key)
    for name, attribute in model.attributes.items():
        yield ("attributes", name, "query"), attribute.query
        if attribute.set is not None:
            for key in ("send", "true", "false"):
                yield ("attributes", name, "set", key), getattr(attribute.set, key)
    for name, command in model.commands.items():
        yield ("commands", name, "send"), command.send
