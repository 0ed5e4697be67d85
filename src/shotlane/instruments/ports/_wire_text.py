r"""Bytes as a person reads and writes them: text with escapes, or hexadecimal.

What is written can be read back, and is that of Python's own bytes but for quotes, which stand for
themselves: so whatever masks secrets in messages masks them here. A line never ends with a blank that nobody
sees.
"""

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.?))", re.DOTALL)
_SHORT: Final = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def as_text(data: bytes) -> str:
    """Printable ASCII as it is, the rest as escapes."""
    return repr(b'"' + data)[3:-1].replace("\\'", "'")


def shown_ends(text: str) -> str:
    """A blank at either end as an escape: there it would be lost."""
    inner = text.strip(" ")
    if not inner:
        return text.replace(" ", "\\x20")
    before, _, after = text.partition(inner)
    return before.replace(" ", "\\x20") + inner + after.replace(" ", "\\x20")


def from_text(text: str) -> bytes:
    r"""The bytes of a text with `\r \n \t \0 \\ \xHH`. Raises `ValueError`."""
    if not text.isascii():
        raise ValueError("write letters beyond ASCII as the bytes that are sent, e.g. \\xb0")
    return _ESCAPE.sub(_unescaped, text).encode("latin-1")


def as_hex(data: bytes) -> str:
    """Two digits per byte."""
    return data.hex(" ")


def from_hex(text: str) -> bytes:
    """The bytes of hexadecimal digits. Raises `ValueError`."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"'{text}' are no bytes in hexadecimal: write e.g. 01 03 00 4b") from None


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is not None:
        return chr(int(found[1], 16))
    if found[2] not in _SHORT:
        raise ValueError(f"'\\{found[2]}' means nothing: write \\r \\n \\t \\0 \\\\ or \\xHH")
    return _SHORT[found[2]]
