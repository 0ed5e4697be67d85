"""What a run writes to: the recorder of its store, and the events of its instruments."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.execution import Clock, Control, Progress
from shotlane.instruments import RoleNotify
from shotlane.project import Project
from shotlane.records import Event, NoRoomError, Recorder, RecorderError

if TYPE_CHECKING:
    from shotlane.store import StoreRecorder


@contextmanager
def recorder_at(
    address: str | Path, project: Project, control: Control, progress: Progress, parent: int | None = None
) -> "Iterator[StoreRecorder]":
    """Record in a store. What fails as it is closed is not told: the end of the run told all that counts.

    Where neither it nor a spool (of a server: in the folder of data) has room, a shot is measured to its end,
    as far as memory goes. `parent`: the session that the run belongs to.
    """
    from shotlane.store import SessionStart, open_recorder, who  # late: SQLAlchemy

    host, user = who(anonymous=project.anonymous)
    session = SessionStart(host=host, user=user, parent=parent)
    recorder = open_recorder(address, data=project.data_folder, session=session)
    recorder.on_no_room(partial(_hold, control, progress))
    recorder.on_outage(lambda line: progress.alarm(line))
    try:
        yield recorder
    finally:
        with suppress(RecorderError):
            recorder.close()


def _hold(control: Control, progress: Progress, error: NoRoomError) -> None:
    if error.full:
        control.break_off(f"more records than may wait in memory have no room: {error}")
    else:
        progress.alarm(f"the records have no room, and wait in memory: {error}")


def teller(
    recorder: Recorder, clock: Clock, progress: Progress, worn: dict[str, Mapping[str, Any]]
) -> RoleNotify:
    """What drivers and the pool tell of exchanges becomes events of the attempt that runs.

    `worn` gets the newest event of every channel whose memory wears out.
    """

    def tell(_role: str, event_type: str, fields: Mapping[str, Any]) -> None:
        shot, attempt = progress.shot or None, progress.attempt or None
        recorder.event(Event(event_type, clock.utc_ns(), fields, shot, attempt))
        if event_type == "instrument.mismatched":
            recorder.stamp("identity-mismatch")
        elif event_type == "instrument.worn":
            worn[f"{fields['role']}.{fields['attribute']}"] = fields

    return tell
