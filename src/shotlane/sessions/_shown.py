"""What another program says, as a terminal may show it: no sign of it moves a cursor or hides a text."""

from typing import Any

_KEPT = " \t\n"
_STANDS = "\ufffd"


def shown(said: Any) -> Any:
    """A text with what cannot be printed replaced, sign by sign; of lists and tables all texts in them."""
    if isinstance(said, str):
        if said.isprintable():
            return said
        return "".join(sign if sign.isprintable() or sign in _KEPT else _STANDS for sign in said)
    if isinstance(said, dict):
        return {shown(key): shown(value) for key, value in said.items()}
    return [shown(item) for item in said] if isinstance(said, list) else said
