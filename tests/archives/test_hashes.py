"""Whoever alters an archive is found out, and nothing outside of it is ever touched."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.archives.packing import Packed, hash_again

import shotlane
from shotlane.archives import ArchiveError, Hashes, check_hashes, open_bag

SAMPLES = "data/samples/00001.parquet"


def checked(path: Path) -> Hashes:
    with open_bag(path) as bag:
        return check_hashes(bag)


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def test_what_nobody_touched_holds(packed: Packed) -> None:
    found = checked(packed.bag)
    assert found.hold
    assert found.files == sum(path.is_file() for path in packed.bag.rglob("*")) - 1  # its own last list


@pytest.mark.parametrize("pack", [Path, zipped], ids=["folder", "zip"])
def test_every_altered_missing_and_added_file_is_named(bag: Path, pack: object) -> None:
    content = bytearray((bag / SAMPLES).read_bytes())
    content[len(content) // 2] ^= 1
    (bag / SAMPLES).write_bytes(content)
    (bag / "data/events.jsonl").unlink()
    (bag / "data/tables/more.parquet").write_bytes(b"")
    (bag / "note.txt").write_text("by the way")
    found = checked(pack(bag))  # type: ignore[operator]
    assert found.altered == (SAMPLES,)
    assert found.missing == ("data/events.jsonl",)
    assert found.added == ("data/tables/more.parquet", "note.txt")
    assert not found.hold


def test_hashes_that_were_written_anew_show_in_the_tag_manifest(bag: Path) -> None:
    before = checked(bag).digest
    (bag / "data/README.md").write_text("nothing happened")
    kept = (bag / "tagmanifest-sha256.txt").read_bytes()
    hash_again(bag)
    assert checked(bag).hold
    assert checked(bag).digest != before
    (bag / "tagmanifest-sha256.txt").write_bytes(kept)
    assert checked(bag).altered == ("bag-info.txt", "manifest-sha256.txt")


def test_a_zip_file_that_is_damaged_inside_is_named(bag: Path) -> None:
    path = zipped(bag)
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(f"{bag.name}/data/README.md")
    content = bytearray(path.read_bytes())
    content[entry.header_offset + 30 + len(entry.filename) + 60] ^= 0xFF
    path.write_bytes(content)
    assert checked(path).altered == ("data/README.md",)


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/passwd", "data/../../x", "C:/x", "data\\x"])
def test_a_manifest_that_names_what_lies_outside_is_told(bag: Path, name: str) -> None:
    with (bag / "manifest-sha256.txt").open("a") as file:
        file.write(f"{'0' * 64}  {name}\n")
    found = checked(bag)
    assert any("outside of the archive" in fault for fault in found.faults)
    assert not found.missing


@pytest.mark.parametrize("name", ["../evil.txt", "bag/../../evil.txt", "/tmp/evil.txt", "bag\\evil.txt"])
def test_a_zip_file_that_would_write_outside_is_refused(bag: Path, name: str) -> None:
    path = zipped(bag)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"evil")
    with pytest.raises(ArchiveError, match="would lie outside"):
        open_bag(path)


def test_links_are_refused(bag: Path, tmp_path: Path) -> None:
    (bag / "data/link").symlink_to(tmp_path)
    with pytest.raises(ArchiveError, match="neither a file nor a folder"):
        open_bag(bag)


def test_links_in_a_zip_file_are_refused(bag: Path) -> None:
    path = zipped(bag)
    entry = zipfile.ZipInfo(f"{bag.name}/data/link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ArchiveError, match="no plain file"):
        open_bag(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(bag: Path) -> None:
    path = zipped(bag)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{bag.name}/bagit.txt", b"")
    with pytest.raises(ArchiveError, match="two files of one name"):
        open_bag(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"plain text"])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match="no archive"):
        open_bag(tmp_path / "x.zip")


def test_a_hash_of_nothing_is_a_hash(bag: Path) -> None:
    (bag / "data/empty").write_bytes(b"")
    with (bag / "manifest-sha256.txt").open("a") as file:
        file.write(f"{hashlib.sha256(b'').hexdigest()}  data/empty\n")
    assert "data/empty" not in checked(bag).altered


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"])
def test_damage_of_the_hashes_themselves_is_told(packed: Packed, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bag.zip"
    shotlane.archive(1, path, store=packed.store)
    with zipfile.ZipFile(path) as archive:
        entry = next(one for one in archive.infolist() if one.filename.endswith(f"/{name}"))
    data = bytearray(path.read_bytes())
    begin = entry.header_offset + 30 + len(entry.filename)
    for place in range(begin, begin + entry.compress_size, 7):
        data[place] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=f"'{name}' of .* is damaged"):
        shotlane.verify(path)
