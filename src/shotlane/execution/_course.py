"""Where the segments of an attempt lie, and where they really were; times from its origin.

A segment of fixed times ends when it is planned to, later where tables are changed. An open-ended step ends
with the origin of what follows, so that steps lie without gaps, and it planned what was due when its end was
found. The recorder is told of the steps as they become known, before there is any row of what follows.
"""

from collections.abc import Iterator, Mapping, Sequence

from shotlane.execution._ledger import Ledger
from shotlane.execution._open_step import step_name
from shotlane.execution._planned import planned_readings
from shotlane.plan import SegmentPlan, ShotPlan
from shotlane.records import StepRecord


class Course:
    """Goes through the segments of one attempt. `offset_ns`: origin of the segment that is next, or on."""

    def __init__(self, shot: ShotPlan, ledger: Ledger) -> None:
        self._shot = shot
        self._ledger = ledger
        self._begun: SegmentPlan | None = None
        self._following: Sequence[SegmentPlan] = shot.segments
        self._phases: Mapping[int, int] = {}
        self.offset_ns = 0
        self.first_ticks: dict[int, int] = {}
        self.steps: list[StepRecord] = []

    def begin(self, segment: SegmentPlan, phases: Mapping[int, int]) -> None:
        """Begin a segment at `offset_ns`, its recordings shifted by channel."""
        self._begun, self._following = segment, self._following[1:]
        self._phases = phases
        if segment.ending is not None:
            self._ledger.open(segment)

    def end_fixed(self, next_ns: int = 0) -> None:
        """End a segment of fixed times, which is followed at `next_ns` where that is later than planned."""
        segment = self._begun
        assert segment is not None
        self._note_steps(segment, self.offset_ns + segment.duration_ns)
        if len(self._shot.segments) > 1:
            self._number_on(planned_readings(segment))
        self.offset_ns += segment.duration_ns
        if next_ns > self.offset_ns:
            self.offset_ns = next_ns
            self.steps[-1] = self.steps[-1]._replace(end_ns=next_ns)
        self._begun = None
        self._tell_steps(self._following)

    def end_open(self, found_ns: int, next_ns: int) -> None:
        """End an open-ended step that was found to end, before a segment whose origin is `next_ns`."""
        segment = self._begun
        assert segment is not None
        self._number_on(self._ledger.close(segment, found_ns - self.offset_ns, self._phases))
        self.steps.append(StepRecord(step_name(segment), self.offset_ns, next_ns))
        self.offset_ns = next_ns
        self._begun = None
        self._tell_steps(self._following)

    def break_off(self, at_ns: int) -> None:
        """End the attempt in the middle of whatever is on."""
        segment = self._begun
        if segment is not None:
            self._begun = None
            if segment.ending is not None:
                self._ledger.close(segment, at_ns - self.offset_ns, self._phases)
            self._note_steps(segment, at_ns)
        self._tell_steps()

    def _tell_steps(self, following: Sequence[SegmentPlan] = ()) -> None:
        """Tell the steps as they were, and what follows as it is planned from there."""
        if self.steps and self._shot.open_ended:
            self._ledger.buffer.steps = (*self.steps, *planned_steps(following, self.offset_ns))

    def _note_steps(self, segment: SegmentPlan, end_ns: int) -> None:
        """Take down the steps that were begun before an instant."""
        for step in segment.steps:
            start_ns = self.offset_ns + step.start_ns
            if start_ns < end_ns or (step.start_ns == step.end_ns and start_ns <= end_ns):
                self.steps.append(StepRecord(step.name, start_ns, min(self.offset_ns + step.end_ns, end_ns)))

    def _number_on(self, planned: Mapping[int, int]) -> None:
        for channel, number in planned.items():
            self.first_ticks[channel] = self.first_ticks.get(channel, 0) + number


def planned_steps(segments: Sequence[SegmentPlan], offset_ns: int = 0) -> Iterator[StepRecord]:
    """The steps of segments as they are planned, open-ended ones at their longest."""
    for segment in segments:
        for step in segment.steps:
            yield StepRecord(step.name, offset_ns + step.start_ns, offset_ns + step.end_ns)
        offset_ns += segment.duration_ns
