"""Whether a file would lie on a drive of another machine, where SQLite's locks and its WAL do not hold.

SQLite's WAL needs memory that all its programs share (sqlite.org, "Write-Ahead Logging"), and network file
systems are known for locks that only seem to be taken: two programs then write over each other. Known from
the list of mounts; where there is none (not Linux), nothing is known, and nothing is refused.
"""

from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_REMOTE = frozenset(
    (
        *(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "ncpfs",
            "afs",
            "9p",
            "ceph",
            "glusterfs",
            "lustre",
            "gpfs",
        ),
        *("beegfs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs2"),
    )
)


def network_drive(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of network drive that a path is on (`nfs4`), None when it is on a disk of this machine."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    where, kind = Path("/"), ""
    place = path.resolve()
    for line in lines:
        _, point, found, *_ = line.split(" ", 3)
        folder = Path(_plain(point))
        # The last of several mounts at one place is the one that is seen.
        if place.is_relative_to(folder) and len(folder.parts) >= len(where.parts):
            where, kind = folder, found
    return kind if kind in _REMOTE else None


def _plain(point: str) -> str:
    # Blanks and the like stand in octal in the list of mounts.
    for code in ("\\040", "\\011", "\\012", "\\134"):
        point = point.replace(code, chr(int(code[1:], 8)))
    return point
