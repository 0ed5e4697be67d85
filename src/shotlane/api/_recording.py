"""What a run writes to: the recorder of its store, and the events of its instruments."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.execution import Clock, Control, Progress
from shotlane.instruments import RoleNotify
from shotlane.records import Event, Outcome, Recorder, RecorderError

if TYPE_CHECKING:
    from shotlane.store import StoreRecorder


@contextmanager
def recorder_at(address: str | Path, data: Path, control: Control) -> "Iterator[StoreRecorder]":
    """Record in a store. What fails as it is closed is not told: the end of the run told all that counts.

    A run that can be recorded neither there nor in a spool (of a server: in the folder `data`) is ended.
    """
    from shotlane.store import open_recorder  # late: SQLAlchemy

    recorder = open_recorder(address, data=data)
    recorder.on_loss(lambda error: control.stop(Outcome.ERRORED, str(error)))
    try:
        yield recorder
    finally:
        with suppress(RecorderError):
            recorder.close()


def make_folder(folder: Path) -> None:
    """Make the folder of the data."""
    from shotlane.store import StoreError  # late: SQLAlchemy

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be made: {error.strerror}") from error


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
