"""No room for the records: the run waits, with its instruments safe, until what it measured is durable.

Nothing more is measured meanwhile; the interlocks are watched. Somebody can make room on the disk, so it is
tried again by itself, at once when somebody says go on, and given up when the time for it is over.
"""

import time
from collections.abc import Callable

from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase
from shotlane.records import NoRoomError

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0


def commit(parts: RunParts, act: Callable[[], None]) -> None:
    """Commit; where there is no room for that, wait for it. Raises what `act` does when that is given up."""
    try:
        act()
    except NoRoomError as error:
        _wait(parts, error)
    # What could be written ends no attempt any more.
    parts.control.breaking = None


def _wait(parts: RunParts, error: NoRoomError) -> None:
    """Return when all is durable; raises the last error when the time is over, or the run is stopped."""
    deadline = time.monotonic() + parts.store_wait_s
    if not _may_wait(parts, deadline):
        raise error
    control, progress = parts.control, parts.progress
    reason = control.waiting = f"no room for the records: {error}"
    phase, progress.phase, progress.paused_because = progress.phase, Phase.PAUSED, reason
    parts.journal.tell("run.paused", reason=reason)
    _make_safe(parts, reason)
    progress.alarm(f"the run is paused, its instruments safe: {reason}")
    try:
        _try_again(parts, error, reason, deadline)
    finally:
        control.waiting = None
    progress.phase = phase
    parts.journal.tell("run.continued", reason="the records have room")
    progress.alarm("the records have room again, and all are stored: the run goes on")


def _may_wait(parts: RunParts, deadline: float) -> bool:
    if parts.control.request is None and time.monotonic() < deadline:
        return True
    parts.store_wait_s = 0.0  # on the way out everything is tried once
    return False


def _make_safe(parts: RunParts, reason: str) -> None:
    """Values hold between shots, but nobody knows how long this lasts."""
    if parts.safe_state.needed:
        parts.drive.end_exchanges()
        parts.safe_state.reach(reason, None, parts.drive.busy | parts.drive.polling)


def _try_again(parts: RunParts, error: NoRoomError, reason: str, deadline: float) -> None:
    control, pause_s = parts.control, _FIRST_PAUSE_S
    while _may_wait(parts, deadline):
        rest_s = min(pause_s, max(0.0, deadline - time.monotonic()))
        parts.drive.rest(rest_s, lambda: control.request is None and control.waiting is not None)
        control.waiting = reason  # who said go on has it tried now
        try:
            return parts.journal.flush()
        except NoRoomError as again:
            error, pause_s = again, min(2 * pause_s, _LONGEST_PAUSE_S)
    raise error
