"""A class of this program offered as an installed package would offer it: by an entry point."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def offer(name: str, kind: type, group: str) -> "EntryPoint":
    """The entry point that names a class.

    Raises `ValueError` for a class that no name leads to, `TypeError` for what is none.
    """
    from importlib.metadata import EntryPoint  # late: 15 ms, and few programs offer anything

    if not (callable(kind) and hasattr(kind, "__qualname__")):
        raise TypeError(f"'{name}' is to be a class, and {kind!r} is none")
    found = getattr(import_module(kind.__module__), kind.__qualname__, None)
    if found is not kind:
        raise ValueError(f"{kind.__qualname__} cannot be found by its name: define it at the top of a module")
    return EntryPoint(name, f"{kind.__module__}:{kind.__qualname__}", group)
