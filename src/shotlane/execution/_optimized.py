"""What an optimiser asks for and is told, written down as events.

It is told inside the shot, so that the event is durable exactly if the shot is: a run that goes on has told
everything that was committed, and asks for the rest again.
"""

from shotlane.execution._parts import RunParts
from shotlane.optimize import Asked, Optimizer
from shotlane.records import Outcome

# A shot that was stopped is run again when the run goes on.
_STOPPED = (Outcome.TERMINATED, Outcome.ABORTED)


def ask(parts: RunParts, optimizer: Optimizer, number: int) -> Asked:
    """The point of the next shot."""
    asked = optimizer.ask(number)
    parts.journal.tell("optimize.asked", shot=number, values=dict(asked.values), reason=asked.reason)
    return asked


def tell(parts: RunParts, number: int, outcome: Outcome) -> None:
    """What came of a shot, if an optimiser asked for it."""
    if parts.optimizer is not None and outcome not in _STOPPED:
        told = parts.optimizer.tell(number, outcome, parts.results)
        parts.journal.tell("optimize.told", **told.fields())
