"""Puts the question of a step where there is somebody to answer; without anybody, the attempt has failed."""

from shotlane.execution._ending import Ending, Question
from shotlane.execution._open_step import unanswered
from shotlane.execution._parts import RunParts
from shotlane.execution._question import Asking
from shotlane.execution._trouble import Trouble
from shotlane.plan import AskEnding, SegmentPlan


def put_question(parts: RunParts, trouble: Trouble, segment: SegmentPlan, ending: Ending) -> Asking | None:
    """Put the question of a step, if it has one."""
    if not isinstance(segment.ending, AskEnding):
        return None
    if parts.asker is None:
        trouble.miss(unanswered(segment, "nobody is there to answer"))
        return None
    assert isinstance(ending, Question)
    if parts.clock.virtual:
        parts.drive.wait_until(ending.begun_ns)
    asking = Asking(segment.ending, ending, parts.asker, parts.clock, parts.journal)
    asking.begin()
    return asking
