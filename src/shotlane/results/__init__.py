"""Figures out of readings: the results and verdicts of one attempt, and the look-back of conditions.

An attempt keeps one `Readings` per channel of `needed_channels(shot.results, channels)` and gives it each
`SampleRow` as it is made (`add`, on the thread of the port); after its last segment `evaluate` turns them
into rows for `AttemptEnd.results` and says how the attempt is judged. `prepare` loads the Python functions of
results and belongs before anything is opened.

    kept = {index: Readings(channels[index]) for index in needed_channels(shot.results, channels)}
    kept[row.channel].add(row)
    judged = evaluate(shot.results, kept, channels, steps, parameters=shot.parameters)
    judged.rows, judged.outcome, judged.faults, judged.stops

A condition (an open-ended step, an interlock) has a `History` of its figures: `add` takes every reading with
its value as read, in the unit of the channel, None for one without a valid value; `figure` gives the number
in SI that its `Formula` wants, None as long as there is none. One thread per channel may add while others
look.

    history = History(formula.figures, channels)
    history.add(channel, at_ns, value)
    held = history.holds(formula)  # True, False, or None: nothing to go by
"""

from shotlane.results._evaluate import evaluate, needed_channels, verdict_of
from shotlane.results._history import History
from shotlane.results._judged import Judged, ResultFault
from shotlane.results._python import prepare
from shotlane.results._readings import Readings
from shotlane.results._shot_data import Series, ShotData

__all__ = [
    "History",
    "Judged",
    "Readings",
    "ResultFault",
    "Series",
    "ShotData",
    "evaluate",
    "needed_channels",
    "prepare",
    "verdict_of",
]
