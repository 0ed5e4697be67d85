"""Whether shots and attempts agree with each other, and every shot that ran is one of the plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from shotlane.archives._checked import Findings
from shotlane.archives._reader import BagReader
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.records import Outcome

_Row = tuple[Any, ...]
_Attempts = Mapping[int, tuple[int, int, str | None]]
_ENDED_WELL = (Outcome.DONE, Outcome.PASSED)
# A shot that was left out may have a point that is not allowed.
_MEASURED = (Outcome.DONE, Outcome.PASSED, Outcome.FAILED)


def check_shots(reader: BagReader, shots: RecordedShots | None, found: Findings) -> None:
    """Compare them. `shots`: those of the plan, where there is one."""
    rows = reader.shots()
    attempts = {key: (shot, number, outcome) for key, shot, number, outcome, *_ in reader.attempts()}
    found.compared += len(rows)
    for fault in (*_of_shots(rows, attempts), *_numbering(attempts)):
        found.tell(fault)
    for row in rows:
        if shots is not None and _is_other(row, shots):
            found.tell(f"shot {row[0]} is not the one of the plan")


def _of_shots(rows: list[_Row], attempts: _Attempts) -> Iterator[str]:
    """What shots and attempts say of each other."""
    counts = Counter(shot for shot, *_ in attempts.values())
    numbers = {shot for shot, *_ in rows}
    if len(numbers) != len(rows):
        yield "one shot is there several times"
    for shot, outcome, count, _, _, good, _ in rows:
        owner, _, ended = (None, None, None) if good is None else attempts.get(good, (None, None, None))
        if outcome is not None and counts[shot] != count:
            yield f"shot {shot} had {count} attempts, and {counts[shot]} are recorded"
        elif good is not None and (owner, ended) != (shot, outcome):
            yield f"shot {shot} ended {outcome}, and not so its attempt"
        elif good is None and outcome in _ENDED_WELL:
            yield f"shot {shot} ended {outcome} without an attempt that did"
    lost = sorted(set(counts) - {0} - numbers)
    if lost:
        yield f"attempts are of shot {lost[0]}, which is not recorded"


def _numbering(attempts: _Attempts) -> Iterator[str]:
    """Shots whose attempts are not numbered from 1 on."""
    numbers: dict[int, list[int]] = {}
    for shot, number, _ in attempts.values():
        numbers.setdefault(shot, []).append(number)
    for shot, own in numbers.items():
        if shot and sorted(own) != list(range(1, len(own) + 1)):
            yield f"the attempts of shot {shot} are numbered {', '.join(map(str, sorted(own)))}"


def _is_other(row: _Row, shots: RecordedShots) -> bool:
    """Whether a shot that ran is not the one of the plan."""
    number, outcome, *_, digest = row
    if outcome not in _MEASURED and not digest:
        return False
    shot = shots.shot(number)
    return isinstance(shot, str) or shot.digest != digest
