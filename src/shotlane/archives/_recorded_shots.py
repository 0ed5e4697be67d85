"""The plan of each shot that is on record: out of the plan of the run, or of the point that was asked for."""

from collections.abc import Mapping
from typing import Any

from shotlane.archives._journal import Decisions
from shotlane.archives._reader import BagReader
from shotlane.plan import AskedPoint, CompiledPlan, ShotPlan


class RecordedShots:
    """Gives shots of an archived run, by number."""

    def __init__(self, reader: BagReader, plan: CompiledPlan, decisions: Decisions) -> None:
        self._plan = plan
        self.decisions = decisions
        self._digests = {shot: digest for shot, *_, digest in reader.shots()}

    def shot(self, number: int) -> ShotPlan | str:
        """A shot of the plan, or why there is none."""
        if number > len(self._plan):
            return f"the plan has {len(self._plan)} shots"
        if self._plan.optimization is None:
            return self._plan.shot(number)
        asked: Mapping[str, Any] | None = self.decisions.asked.get(number)
        if asked is None or self._plan.compile_point is None:
            return "the point that was asked for is not recorded"
        shot = self._plan.compile_point(AskedPoint(number, asked, self._plan.texts))
        if isinstance(shot, str):
            return f"the point that was asked for is not allowed: {shot}"
        recorded = self._digests.get(number)
        return shot if recorded in (None, shot.digest) else "the point that was asked for is another shot"
