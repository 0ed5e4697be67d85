"""What pins the versions of a project: its lock files, where it has any."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shotlane.api._git import without_secrets

_NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "conda-lock.yml")
_PATTERNS = ("pylock.toml", "pylock.*.toml", "requirements*.txt")
# A larger one is known by its hash alone.
_LARGEST = 2 << 20
_FOLDERS = 4


def lock_files(folder: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Name, size and hash of each, and the texts; of the nearest folder, here or above, that has any."""
    for place in (folder, *folder.parents[:_FOLDERS]):
        files = sorted(set(_of(place)))
        if files:
            return _read(files)
        if (place / ".git").exists():
            break
    return [], {}


def _of(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in _NAMES if (folder / name).is_file())
    for pattern in _PATTERNS:
        yield from (path for path in folder.glob(pattern) if path.is_file())


def _read(files: list[Path]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    told, texts = [], {}
    for path in files:
        try:
            data = path.read_bytes()
        except OSError:
            continue
        told.append({"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        if len(data) <= _LARGEST:
            texts[path.name] = without_secrets(data.decode("utf-8", "replace"))
    return told, texts
