"""Whether a bag holds what it says: every file by its SHA-256. Reads a block at a time, whatever the size."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shotlane.archives._bag import DAMAGE, MARK, Bag
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._error import ArchiveError
from shotlane.archives._names import is_safe

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_INFORMATION = "bag-info.txt"
_LARGEST = 64 << 20
_LINE = re.compile(r"([0-9a-f]{64}) [ *]?(.+)")
_OXUM = re.compile(r"^Payload-Oxum: (\d{1,18})\.(\d{1,18})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Hashes:
    """What was found. `faults`: what is wrong with the manifests themselves.

    `digest`: of the list of all hashes: two bags of one digest are the same.
    """

    files: int
    bytes: int
    altered: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    faults: tuple[str, ...]
    digest: str

    @property
    def hold(self) -> bool:
        """Whether nothing differs."""
        return not (self.altered or self.missing or self.added or self.faults)


def check_hashes(bag: Bag) -> Hashes:
    """Read every file of a bag. Raises `ArchiveError` for what has no manifests."""
    faults: list[str] = []
    listed: dict[str, str] = {}
    for manifest in (MANIFEST, TAG_MANIFEST):
        for name, digest in _listed(bag, manifest, faults):
            if listed.setdefault(name, digest) != digest:
                faults.append(f"{manifest} gives two hashes for '{name}'")
    read = {name: _hash(bag, name) for name in bag.sizes if name in listed}
    faults += [*_told_size(bag), *_required(listed)]
    return Hashes(
        files=len(read),
        bytes=sum(bag.sizes[name] for name in read),
        altered=tuple(name for name, digest in read.items() if listed[name] != digest),
        missing=tuple(sorted(name for name in listed if name not in bag.sizes)),
        added=tuple(name for name in bag.sizes if name not in listed and name != TAG_MANIFEST),
        faults=tuple(faults),
        digest=digest_of(bag),
    )


def digest_of(bag: Bag) -> str:
    """Of the list of all hashes. Raises `ArchiveError` for what has no manifests."""
    return hashlib.sha256(bag.read(TAG_MANIFEST)).hexdigest()


def _listed(bag: Bag, manifest: str, faults: list[str]) -> Iterator[tuple[str, str]]:
    """Names with their hashes, as a manifest gives them."""
    for number, line in enumerate(
        bag.read(manifest, _LARGEST).decode("utf-8", "replace").splitlines(), start=1
    ):
        found = _LINE.fullmatch(line)
        name = "" if found is None else _plain(found[2])
        if found is None:
            faults.append(f"line {number} of {manifest} is no hash and name")
        elif not is_safe(name):
            faults.append(f"line {number} of {manifest} names a file outside of the archive: {name!r}")
        elif name.startswith(f"{PAYLOAD}/") != (manifest == MANIFEST):
            faults.append(f"line {number} of {manifest} names {name!r}, which does not belong there")
        else:
            yield name, found[1]


def _plain(name: str) -> str:
    return name.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")


def _told_size(bag: Bag) -> Iterator[str]:
    """The size and number of files that the bag says of itself."""
    said = (
        _OXUM.search(bag.read(_INFORMATION).decode("utf-8", "replace")) if _INFORMATION in bag.sizes else None
    )
    if said is None:
        return
    payload = [size for name, size in bag.sizes.items() if name.startswith(f"{PAYLOAD}/")]
    if (sum(payload), len(payload)) != (int(said[1]), int(said[2])):
        yield f"it should hold {said[2]} files of {said[1]} bytes, and holds {len(payload)} of {sum(payload)}"


def _required(listed: dict[str, str]) -> Iterator[str]:
    for name in (MARK, MANIFEST, _INFORMATION):
        if name not in listed:
            yield f"{TAG_MANIFEST} does not name {name}"


def _hash(bag: Bag, name: str) -> str:
    """The hash of a file; of one that cannot be read to its end, nothing that a manifest could name."""
    digest = hashlib.sha256()
    try:
        with bag.open(name) as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except DAMAGE:
        return "unreadable"
    except OSError as error:
        raise ArchiveError(f"'{name}' of '{bag.path}' cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()
