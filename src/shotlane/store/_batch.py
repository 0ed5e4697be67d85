"""What waits to be written: rows taken from the runner and not yet committed.

Rows leave a batch only after their commit, so that a failed one is written again as it was. The start and the
end of a shot or attempt are one row, written once when both came within one batch.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from shotlane.records import StepRecord, Tally
from shotlane.store._encode import Row
from shotlane.store._statements import BULK, Statements


class Batch:
    """Rows by table, in the order of their making."""

    def __init__(self) -> None:
        self.bulk: dict[str, list[Row]] = defaultdict(list)
        self.shots: dict[tuple[int, int], Row] = {}
        self.attempts: dict[int, Row] = {}
        self.parameters: list[Row] = []
        self.run_ends: list[Row] = []

    def __len__(self) -> int:
        single = len(self.shots) + len(self.attempts) + len(self.parameters) + len(self.run_ends)
        return single + sum(map(len, self.bulk.values()))

    def counts(self) -> Mapping[str, int]:
        """Rows per table, of those that have any."""
        counts = {name: len(rows) for name, rows in self.bulk.items()}
        counts |= {"shot": len(self.shots), "attempt": len(self.attempts)}
        return {name: count for name, count in counts.items() if count}

    def steps(self, attempt: int, steps: tuple[StepRecord, ...]) -> None:
        """Take the steps of an attempt."""
        self.bulk["step"].extend((attempt, number, *step) for number, step in enumerate(steps))

    def tallies(self, attempt: int, tallies: tuple[Tally, ...]) -> None:
        """Take the counts of an attempt."""
        self.bulk["tally"].extend((attempt, *tally) for tally in tallies)

    def write(self, cursor: Any, statements: Statements) -> None:
        """Write all rows with a driver's cursor."""
        _many(cursor, statements.parameter, self.parameters)
        _many(cursor, statements.shot, list(self.shots.values()))
        _many(cursor, statements.attempt, list(self.attempts.values()))
        for table in BULK:
            _many(cursor, statements.bulk[table.name], self.bulk.get(table.name))
        _many(cursor, statements.end_run, self.run_ends)

    def clear(self) -> None:
        """Forget what was committed."""
        self.bulk.clear()
        self.shots.clear()
        self.attempts.clear()
        self.parameters.clear()
        self.run_ends.clear()


def _many(cursor: Any, statement: str, rows: list[Row] | None) -> None:
    if not rows:
        return
    if len(rows) == 1:
        cursor.execute(statement, rows[0])
    else:
        cursor.executemany(statement, rows)
