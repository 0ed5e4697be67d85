"""A folder as a BagIt bag (RFC 8493), in one file or as it is: the same bytes every time.

The bag is written here and checked with the package `bagit`, which cannot write it: it changes the working
folder of the whole process meanwhile, and lists files in the order of the disk.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from shotlane.archives._error import ArchiveError

PAYLOAD = "data"
_BLOCK = 1 << 20
_TEXT = frozenset({".json", ".jsonl", ".md", ".txt", ".yaml", ".yml", ".csv", ".py"})
_EARLIEST = 315_619_200  # a zip file knows no time before 1980


def close_bag(folder: Path, information: Mapping[str, str], at_utc_ns: int) -> None:
    """Write the manifests of what lies in `data/` of a folder; every file gets the same time and mode."""
    payload = _files(folder / PAYLOAD, folder)
    _write(folder / "manifest-sha256.txt", _manifest(folder, payload))
    _write(folder / "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    size = sum((folder / name).stat().st_size for name in payload)
    tags = {**information, "Payload-Oxum": f"{size}.{len(payload)}"}
    _write(folder / "bag-info.txt", "".join(f"{name}: {_one_line(text)}\n" for name, text in tags.items()))
    tag_files = sorted(path.name for path in folder.glob("*.txt"))
    _write(folder / "tagmanifest-sha256.txt", _manifest(folder, tag_files))
    _check(folder)
    at_s = max(at_utc_ns // 1_000_000_000, _EARLIEST)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (at_s, at_s))
    os.utime(folder, (at_s, at_s))


def _check(folder: Path) -> None:
    """Let another program say that it is a bag."""
    import bagit  # late: an extra

    try:
        bagit.Bag(str(folder)).validate(completeness_only=True)
    except bagit.BagError as error:
        raise ArchiveError(f"the archive is no sound bag: {error}") from error


def pack(folder: Path, file: Path, name: str) -> None:
    """Write a bag as a zip file in which its folder is called `name`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder, folder):
            _add(archive, folder / path, f"{name}/{path}")


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.create_system = 3  # Unix, whatever this system is
    entry.external_attr = 0o100644 << 16
    # What is packed already is left as it is, and can be read from the middle of the file.
    entry.compress_type = zipfile.ZIP_DEFLATED if path.suffix in _TEXT else zipfile.ZIP_STORED
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, _BLOCK)


def _files(folder: Path, root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in folder.rglob("*") if path.is_file())


def _manifest(folder: Path, names: Iterable[str]) -> str:
    return "".join(f"{_hash(folder / name)}  {_escaped(name)}\n" for name in names)


def _escaped(name: str) -> str:
    """A name as RFC 8493, section 2.1.3, writes it."""
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
