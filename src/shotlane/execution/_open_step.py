"""What an open-ended step waits for, and what is said when it came to no good end."""

from shotlane.execution._ending import Ending, Hold, How, Question
from shotlane.execution._fault import UNANSWERED, UNSETTLED
from shotlane.plan import AskEnding, SegmentPlan, UntilEnding
from shotlane.records import Fault
from shotlane.results import History


def ending_of(segment: SegmentPlan, begun_ns: int, history: History | None) -> Ending | None:
    """What to wait for in a segment that begins then; None in one of fixed times."""
    match segment.ending:
        case None:
            return None
        case AskEnding(timeout_ns=timeout_ns):
            return Question(begun_ns, None if timeout_ns is None else begun_ns + timeout_ns)
        case UntilEnding(timeout_ns=timeout_ns) as plan:
            assert history is not None
            longest_ns = segment.duration_ns if timeout_ns is None else timeout_ns
            return Hold(plan, history, begun_ns, begun_ns + longest_ns)


def complaint(segment: SegmentPlan, ending: Ending) -> Fault | None:
    """Why the attempt has failed with the end of a step; None when it goes on."""
    if ending.how is not How.TIMEOUT:
        return None
    lasted_s = (ending.at_ns - ending.begun_ns) / 1e9
    if isinstance(segment.ending, AskEnding):
        return unanswered(segment, f"nobody answered within {lasted_s:.6g} s")
    assert isinstance(segment.ending, UntilEnding)
    if segment.ending.on_timeout == "continue":
        return None
    held = f" for {segment.ending.hold_ns / 1e9:g} s" if segment.ending.hold_ns else ""
    text = f"'{segment.ending.condition.text}' did not hold{held} within {lasted_s:.6g} s"
    return Fault(UNSETTLED, f"step {step_name(segment)}: {text}", {"step": step_name(segment)})


def unanswered(segment: SegmentPlan, why: str) -> Fault:
    """A question without an answer."""
    assert isinstance(segment.ending, AskEnding)
    name = step_name(segment)
    return Fault(UNANSWERED, f"step {name} asks '{segment.ending.text}': {why}", {"step": name})


def step_name(segment: SegmentPlan) -> str:
    """The step that an open-ended segment is."""
    return segment.steps[0].name if segment.steps else ""
