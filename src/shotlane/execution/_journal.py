"""What is told to the recorder, with where the run stands.

`tell` never raises: events are told on the way to the safe state too. A recorder that failed there makes the
next shot raise, and is in `failure` at the end of the run.
"""

from collections.abc import Callable

from shotlane.execution._clock import Clock
from shotlane.records import (
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    Event,
    PollRow,
    Recorder,
    RecorderError,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
)


class Journal:
    """Brackets and events of one run."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._shot: int | None = None
        self._attempt: int | None = None
        self._units: dict[str, str] = {}
        self.failure: RecorderError | None = None

    def tell(self, type_: str, **fields: object) -> None:
        """Record an event of now, here."""
        try:
            self._recorder.event(Event(type_, self._clock.utc_ns(), fields, self._shot, self._attempt))
        except Exception as error:  # noqa: BLE001  nothing about telling may stop the way to the safe state
            self.failure = self.failure or RecorderError(str(error))

    def poll(self, row: PollRow) -> None:
        """Record a reading made for an interlock; never raises. Any thread."""
        try:
            self._recorder.poll(row)
        except Exception as error:  # noqa: BLE001  the watch goes on, and the next shot raises
            self.failure = self.failure or RecorderError(str(error))

    def begin_run(self, start: RunStart) -> int:
        """Open the run; its number."""
        number = self._recorder.begin_run(start)
        self._units = {name: unit for name, unit in start.parameter_units.items() if unit}
        self.tell("run.started", sequence=start.sequence, station=start.station, shots=start.shots_planned)
        return number

    def end_run(self, end: RunEnd) -> None:
        """Close the run."""
        self.tell("run.ended", outcome=end.outcome.value, reason=end.reason)
        self._recorder.end_run(end)

    def begin_shot(self, start: ShotStart) -> None:
        """Open a shot."""
        if self.failure is not None:
            raise self.failure
        self._recorder.begin_shot(start)
        self._shot = start.shot
        units = {name: unit for name, unit in self._units.items() if name in start.parameters}
        self.tell("shot.started", parameters=dict(start.parameters), units=units)

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        """Close the shot; durable on return. `meanwhile` is called once only the disk is waited for."""
        self.tell("shot.ended", outcome=end.outcome.value, attempts=end.attempts)
        self._shot = None
        self._recorder.end_shot(end, meanwhile)

    def flush(self) -> None:
        """Make durable what was told so far."""
        self._recorder.flush()

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        """Open an attempt; what its rows go to."""
        buffer = self._recorder.begin_attempt(start)
        self._attempt = start.attempt
        self.tell("attempt.started")
        return buffer

    def end_attempt(self, end: AttemptEnd) -> None:
        """Close the attempt."""
        fault = end.fault
        self.tell(
            "attempt.ended",
            outcome=end.outcome.value,
            fault=fault and fault.fault,
            message=fault and fault.message,
        )
        self._attempt = None
        self._recorder.end_attempt(end)
