"""What a session has between its start and its stop: records, instruments, and a server perhaps."""

from typing import TYPE_CHECKING

from shotlane.instruments import ResolvedStation, lock_instruments
from shotlane.records import Outcome, RecorderError, worst
from shotlane.sessions._channel_store import ChannelStore
from shotlane.sessions._error import NotSafeError
from shotlane.sessions._event_log import EventLog
from shotlane.sessions._instruments import Instruments
from shotlane.sessions._live import remember
from shotlane.sessions._wiring import Wiring

if TYPE_CHECKING:
    from shotlane.sessions._server import InstrumentServer
    from shotlane.store import SessionLog


def _readings(station: ResolvedStation) -> frozenset[str]:
    """Names of the channels of a station, and the keys under which an instrument's readings are kept."""
    definitions = station.definitions.items()
    keys = {f"{role}.{name}" for role, definition in definitions for name in definition.attributes}
    return frozenset(keys.union(station.table.channels))


class OpenSession:
    """The parts of one session, made together and closed in their order."""

    def __init__(
        self, log: "SessionLog", station: ResolvedStation, wiring: Wiring, *, keep_reads: bool
    ) -> None:
        self.log = log
        self.store = wiring.store
        self.events = EventLog(log, wiring.store, station.definitions)
        self.channels = ChannelStore(log, wiring.store, _readings(station))
        what = f"session {log.session} at {station.name}"
        locks = lock_instruments(station, (), what=lambda: what)
        keeper = wiring.keeper(locks, log.session, lambda type_, fields: self.events.tell(type_, **fields))
        self.instruments = Instruments(
            station, locks, self.events, self.channels, keeper, keep_reads=keep_reads
        )
        self.server: InstrumentServer | None = None
        self.outcomes: list[Outcome] = []  # of the runs inside
        remember(log.session, wiring.store, self.channels.flush)

    def close(self, outcome: Outcome | None, *, safe: bool) -> None:
        """Make safe, close and store everything; `outcome` None: the worst of the runs inside, else done.

        Raises `NotSafeError` and `StoreError`, when all is closed; of both the first, which is more urgent.
        """
        from shotlane.store import StoreError  # late: SQLAlchemy

        if self.server is not None:
            self.server.stop()
        try:
            unsafe = self.instruments.close("the session ends", safe=safe)
        finally:
            lost = self._store(worst((Outcome.DONE, *self.outcomes)) if outcome is None else outcome)
            remember(self.log.session, self.store, None)
        if unsafe:
            not_safe = NotSafeError(unsafe)
            if lost is not None:
                not_safe.add_note(lost)
            raise not_safe
        if lost is not None:
            raise StoreError(lost)

    def _store(self, outcome: Outcome) -> str | None:
        """Close the records; why they are not all stored."""
        try:
            self.log.close(outcome)
        except RecorderError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  whatever it is, it must not hide what is not safe
            return f"the records could not be closed: {type(error).__name__}: {error}"
        return None
