"""Which files differ today from the texts that a run was made from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A text of a run whose file is another one today. `since`: when it was changed, None when it is gone."""

    name: str
    path: Path
    since: datetime | None

    def __str__(self) -> str:
        if self.since is None:
            return f"{self.name} is gone ({self.path})"
        return f"{self.name} was changed {self.since.astimezone():%Y-%m-%d %H:%M:%S}"


def changes_of(origin: Mapping[str, Any], documents: Mapping[str, str]) -> tuple[Change, ...]:
    """What has changed on the disk, in the order of the names."""
    found = []
    for name, text in documents.items():
        path = origin["files"].get(name)
        if path is not None and (change := _change(name, Path(path), text)) is not None:
            found.append(change)
    return tuple(found)


def _change(name: str, path: Path, text: str) -> Change | None:
    try:
        with path.open("rb") as file:
            today = file.read()
            since = os.fstat(file.fileno()).st_mtime
    except OSError:
        return Change(name, path, None)
    if _plain(today) == _plain(text.encode()):
        return None
    return Change(name, path, datetime.fromtimestamp(since, UTC))


def _plain(text: bytes) -> bytes:
    """A text without what its readers leave out."""
    return text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
