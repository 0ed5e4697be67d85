"""What waits to be written: rows taken from the runner and not yet committed.

Rows leave a batch only after their commit, so that a failed one is written again as it was. The start and the
end of a shot or attempt are one row, written once when both came within one batch.
"""

from collections.abc import Sequence

from shotlane.records import ResultRow, StepRecord, Tally
from shotlane.store._columns import LOT
from shotlane.store._encode import Row, result_rows
from shotlane.store._statements import ORDER

Part = tuple[str, Sequence[Row]]


class Batch:
    """Rows by the statement that writes them, in the order of their making."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in ORDER}
        self.shots: dict[tuple[int, int], Row] = {}
        self.attempts: dict[int, Row] = {}

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self.parts())

    def steps(self, attempt: int, steps: Sequence[StepRecord], *, again: bool = False) -> None:
        """Take the steps of an attempt; `again`: in place of those that were told before."""
        if again:
            waiting = self.rows["step"]
            waiting[:] = [row for row in waiting if row[0] != attempt]
            self.rows["forget_steps"].append((attempt,))
        self.rows["step"].extend((attempt, number, *step) for number, step in enumerate(steps))

    def end_attempt(
        self, attempt: int, row: Row, tallies: Sequence[Tally], results: Sequence[ResultRow]
    ) -> None:
        """Take the end of an attempt with its counts and its results."""
        self.attempts[attempt] = row
        self.rows["tally"].extend((attempt, *tally) for tally in tallies)
        if results:
            result_rows(attempt, results, self.rows["result"])

    def parts(self) -> list[Part]:
        """What there is, in the order of writing."""
        self.rows["shot"] = list(self.shots.values())
        self.rows["attempt"] = list(self.attempts.values())
        return [item for item in self.rows.items() if item[1]]

    def clear(self) -> None:
        """Forget what was committed."""
        self.shots.clear()
        self.attempts.clear()
        for rows in self.rows.values():
            while rows:  # in lots: what lets go of very many at once holds the interpreter
                del rows[-LOT:]
