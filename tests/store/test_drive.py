"""SQLite is not written on drives of other machines."""

from pathlib import Path

import pytest

from shotlane.store import StoreError, _drive, open_reader, open_recorder
from shotlane.store._drive import network_drive


def _mounts(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "mounts"
    file.write_text("\n".join(("/dev/sda1 / ext4 rw 0 0", *lines)) + "\n")
    return file


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_drive_of_another_machine_is_seen(tmp_path: Path, kind: str) -> None:
    mounts = _mounts(tmp_path, f"server:/lab /lab/share {kind} rw 0 0")
    assert network_drive(Path("/lab/share/data/shotlane.db"), mounts) == kind
    assert network_drive(Path("/lab/shared.db"), mounts) is None


def test_the_nearest_mount_counts_and_the_last_at_one_place(tmp_path: Path) -> None:
    mounts = _mounts(
        tmp_path, "s:/a /a nfs rw 0 0", "/dev/sdb /a/disk ext4 rw 0 0", "t:/b /a/disk cifs rw 0 0"
    )
    assert network_drive(Path("/a/x.db"), mounts) == "nfs"
    assert network_drive(Path("/a/disk/x.db"), mounts) == "cifs"


def test_a_blank_in_the_name_of_a_folder_is_understood(tmp_path: Path) -> None:
    mounts = _mounts(tmp_path, "s:/a /our\\040lab nfs rw 0 0")
    assert network_drive(Path("/our lab/x.db"), mounts) == "nfs"


def test_where_mounts_are_not_told_nothing_is_refused(tmp_path: Path) -> None:
    assert network_drive(tmp_path, tmp_path / "none") is None


def test_a_store_there_is_refused_with_the_way_out_but_can_be_read(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_recorder(sqlite_url).close()
    mounts = _mounts(tmp_path, f"server:/lab {tmp_path} nfs4 rw 0 0")
    monkeypatch.setattr(_drive.network_drive, "__defaults__", (mounts,))
    with pytest.raises(StoreError, match=r"lab.db is on a network drive \(nfs4\).*\(.*postgresql://"):
        open_recorder(sqlite_url)
    open_reader(sqlite_url).close()
