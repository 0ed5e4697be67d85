"""What a guard does when its runner has died: open, make safe, say so.

The instruments come first, then the store, then a line on the terminal; the locks are let go of at the very
end, so that whoever resumes the run finds it ended. Each part is bounded in time, and a part that fails keeps
no other from being tried.
"""

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from shotlane.api._find_station import resolve_file
from shotlane.diagnostics import Report
from shotlane.document import given_texts
from shotlane.execution import Journal, NotEndedError, SafeState, SystemClock, Unsafe, bounded
from shotlane.instruments import Pool, PoolError, PortLocks, ResolvedStation, build_pool
from shotlane.records import Event, Outcome, Recorder, RecorderError, RunEnd

_DIED = "the process that ran it died"
_OPENING_S = 20.0
_STORE_S = 10.0
_CLOSING_S = 5.0


class _Log:
    """The events of a guard, kept until the store is asked."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.events: list[Event] = []
        self.journal = Journal(cast("Recorder", self), self.clock)

    def event(self, event: Event) -> None:
        """Take what the safe state tells."""
        self.events.append(event)

    def notify(self, _role: str, event_type: str, fields: Mapping[str, Any]) -> None:
        """Take what drivers and the pool tell."""
        self.events.append(Event(event_type, self.clock.utc_ns(), fields))


def make_safe(charge: Mapping[str, Any]) -> None:
    """Make the instruments of a dead runner safe, and record it. Never raises."""
    began = time.monotonic()
    log = _Log()
    unsafe, pool = _made_safe(charge, log)
    took_s = round(time.monotonic() - began, 3)
    written = sum(event.type == "safe-state.written" for event in log.events)
    told = [item._asdict() for item in unsafe]
    log.journal.tell("guard.made-safe", written=written, unsafe=told, took_s=took_s)
    with suppress(Exception):
        bounded(lambda: _record(charge, log, unsafe), _STORE_S)
    _say(charge, unsafe)
    if pool is not None:
        with suppress(Exception):
            bounded(pool.close, _CLOSING_S)


def _made_safe(charge: Mapping[str, Any], log: _Log) -> tuple[list[Unsafe], Pool | None]:
    """What could not be made safe, and the pool that was opened."""
    try:
        station = _station(charge)
        pool = build_pool(station, now_ns=log.clock.now_ns, notify=log.notify, locks=_locks(charge, station))
    except Exception as error:  # noqa: BLE001  whatever it is, a person must learn that nothing is safe
        return [Unsafe(role, None, f"{type(error).__name__}: {error}") for role in charge["roles"]], None
    return _reach(pool, charge["roles"], log), pool


def _station(charge: Mapping[str, Any]) -> ResolvedStation:
    report = Report()
    with given_texts(charge["texts"]):
        station = resolve_file(Path(charge["station"]), report)
    report.raise_if_errors()
    if station is None:
        raise AssertionError("a station that cannot be resolved has an error in its report")
    return station


def _locks(charge: Mapping[str, Any], station: ResolvedStation) -> PortLocks:
    """The locks that the runner took, with this process as the one that holds them."""
    sequence = charge.get("sequence")
    what = f"the guard of {_ward(charge)}" + (f" of {sequence}" if sequence else "")
    locks = PortLocks(station.name, what=lambda: what)
    for (address, role), file in zip(charge["locks"], charge["files"], strict=False):
        locks.inherit(address, role, file)
    locks.describe()
    return locks


def _reach(pool: Pool, roles: list[str], log: _Log) -> list[Unsafe]:
    """Reach the safe state; what is still unsafe after all rounds."""
    safe_state = SafeState(pool, log.clock, log.journal, {})
    safe_state.reach(_DIED, closed=lambda: _opened(pool, roles))
    return safe_state.unsafe


def _opened(pool: Pool, roles: list[str]) -> list[Unsafe]:
    """Open what is not open yet; the rest, with what came between."""
    message = ""
    try:
        bounded(lambda: pool.open(roles), _OPENING_S)
    except PoolError as error:
        return [Unsafe(role, None, fault.message) for role, fault in error.faults.items()]
    except NotEndedError as error:
        message = f"opening it: {error}"
    except Exception as error:  # noqa: BLE001  a driver's bug must not keep the others from being safe
        message = f"opening it: {type(error).__name__}: {error}"
    return [Unsafe(role, None, message) for role in roles if role not in pool.roles_opened]


def _record(charge: Mapping[str, Any], log: _Log, unsafe: list[Unsafe]) -> None:
    """Tell the store, unless somebody ended the run otherwise."""
    # Late: SQLAlchemy, when all is safe.
    from shotlane.store import DeadRun, StoreError, end_dead_run, end_dead_session

    if charge.get("run") is None:
        with suppress(StoreError, RecorderError):
            end_dead_session(charge["store"], charge["session"], log.events, wait_s=_STORE_S / 2)
        return
    how = "not everything could be made safe" if unsafe else "its guard made the instruments safe"
    summary = {"unsafe": [item._asdict() for item in unsafe]}
    end = RunEnd(log.clock.utc_ns(), Outcome.TERMINATED, f"{_DIED}; {how}", summary)
    dead = DeadRun(charge["store"], charge["session"], charge["run"])
    with suppress(StoreError, RecorderError):
        end_dead_run(dead, end, log.events, wait_s=_STORE_S / 2)


def _say(charge: Mapping[str, Any], unsafe: list[Unsafe]) -> None:
    """Tell whoever sits at the terminal of the runner."""
    run, ward = charge.get("run"), _ward(charge)
    lines = [f"shotlane: the process of {ward} died; its guard made the instruments safe"]
    if unsafe:
        lines = [f"!!! NOT SAFE: the process of {ward} died, and its guard could not make everything safe:"]
        lines += [f"  !!  {item.name}: {item.message}" for item in unsafe]
    if run is not None:
        lines.append(f"shotlane: to go on: shotlane resume {run}")
    with suppress(OSError, ValueError):
        # The terminal may still be as a keyboard reader left it.
        sys.stderr.write("".join(f"\r\n{line}" for line in lines) + "\r\n")
        sys.stderr.flush()


def _ward(charge: Mapping[str, Any]) -> str:
    """Whose guard it is, for people."""
    if charge.get("run") is None:
        return f"session {charge['session']}"
    return f"run {charge['run']}"
