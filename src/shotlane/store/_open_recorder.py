"""Opening a store to write: its tables are made, and what earlier writers left beside it is delivered."""

from contextlib import suppress
from pathlib import Path

from shotlane.records import RecorderError
from shotlane.store._address import parse_address
from shotlane.store._recorder import StoreRecorder
from shotlane.store._recover import deliver_left
from shotlane.store._session import SessionStart
from shotlane.store._spool import Spool, spool_folder
from shotlane.store._sqlite import WAIT_S
from shotlane.store._writer import Writer

FLUSH_INTERVAL_S = 0.5


def open_recorder(
    store: str | Path,
    *,
    session: SessionStart | None = None,
    flush_interval_s: float = FLUSH_INTERVAL_S,
    wait_s: float = WAIT_S,
    data: Path | None = None,
) -> StoreRecorder:
    """Open a store to write, making its file and tables where there are none; starts the writer thread.

    `flush_interval_s`: how often what arrived within a shot is committed. `wait_s`: how long a lock of
    somebody else is waited for before records go to the spool, which lies beside a SQLite file, and in the
    folder `data` for a server. Spools that were left there are delivered first. Raises `StoreError`.
    """
    session = session or SessionStart()
    address = parse_address(store)
    writer = Writer(address, session.version, wait_s)
    folder = spool_folder(address, data)
    with suppress(RecorderError):
        # One that cannot be delivered now stays, and is told by `runs` and `show`.
        list(deliver_left(writer, folder))
    spool = Spool(folder, session, address.shown)
    return StoreRecorder(writer, session, spool, flush_interval_s, wait_s)
