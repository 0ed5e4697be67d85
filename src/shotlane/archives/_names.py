"""Names inside of a bag: never absolute, never upwards, the same file on every system."""

import re
from collections.abc import Iterable

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_LONGEST_PART = 100
# What a terminal would obey instead of showing it.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f]")
# Names that Windows keeps for devices, with any ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def is_safe(name: str) -> bool:
    """Whether a name in a bag stays below the folder of the bag, wherever that is."""
    if not name or "\\" in name or name.startswith("/") or re.match("[A-Za-z]:", name):
        return False
    if _OBEYED.search(name):
        return False
    return all(part not in ("", ".", "..") for part in name.split("/"))


def document_paths(names: Iterable[str]) -> dict[str, str]:
    """Where each text goes, by its name: under its own where that is a plain relative path."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in enumerate(sorted(names), start=1):
        path = f"documents/{name}" if _is_plain(name) else f"documents/elsewhere/{number}-{_last(name)}"
        if path.lower() in taken:
            path = f"documents/elsewhere/{number}-{_last(name)}"
        taken.add(path.lower())
        found[name] = path
    return found


def plain(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.")[:_LONGEST_PART] or "unnamed"


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return parts[0] != "elsewhere" and all(map(_is_plain_part, parts))


def _is_plain_part(part: str) -> bool:
    return (
        len(part) <= _LONGEST_PART
        and _PART.fullmatch(part) is not None
        and not part.endswith(".")
        and _DEVICES.match(part) is None
    )


def _last(name: str) -> str:
    last = plain(re.split(r"[/\\]", name)[-1])
    return f"_{last}" if _DEVICES.match(last) else last
