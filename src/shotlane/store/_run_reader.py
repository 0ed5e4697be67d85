"""What is asked of whatever holds runs: a database, or an archive of one run."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from shotlane.records import ChannelRecord
from shotlane.store._encode import Row
from shotlane.store._found import ParameterRecord, RunRecord
from shotlane.store._queries import Query

T = TypeVar("T")


class RunReader(Protocol):
    """Reads runs; `Reader` says what the rows of each method are."""

    @property
    def store(self) -> str:
        """Where the records are, as a person may see it."""
        ...

    @property
    def sqlite(self) -> bool:
        """Whether the first row of `arrow` in `table` is one of constants."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, number: int | None = None) -> RunRecord:
        """One run in full."""
        ...

    def channels(self, run: int) -> tuple[ChannelRecord, ...]:
        """The channels of a run by index."""
        ...

    def parameters(self, run: int) -> tuple[ParameterRecord, ...]:
        """The parameters of a run in declared order."""
        ...

    def documents(self, run: int) -> dict[str, str]:
        """The texts that were run, by name."""
        ...

    def attachments(self, run: int) -> dict[str, str]:
        """Texts that are the same for many runs."""
        ...

    def process(self, run: int) -> str:
        """Who runs a run."""
        ...

    def sessions(self, run: int) -> list[Row]:
        """Who wrote it."""
        ...

    def writers(self, run: int) -> list[Row]:
        """The sessions of those."""
        ...

    def notes(self, run: int) -> list[Row]:
        """What people added later."""
        ...

    def shots(self, run: int) -> list[Row]:
        """Shots of a run."""
        ...

    def attempts(self, run: int) -> list[Row]:
        """Attempts of a run."""
        ...

    def arrays(
        self, run: int, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        """Readings that are arrays."""
        ...

    def actions(self, run: int, attempts: Sequence[int] | None = None) -> list[Row]:
        """Every set and call."""
        ...

    def steps(self, run: int, attempts: Sequence[int] | None = None) -> list[Row]:
        """When each step began and ended."""
        ...

    def results(self, run: int) -> list[Row]:
        """Results with their limits and verdicts."""
        ...

    def polls(self, run: int) -> list[Row]:
        """Readings made for an interlock."""
        ...

    def holds_at_most(self, run: int, readings: int) -> bool:
        """Whether a run is known, without counting, to have no more readings than that."""
        ...

    def tallies(self, run: int) -> list[Row]:
        """What became of what was planned."""
        ...

    def events(self, run: int) -> list[Row]:
        """What happened."""
        ...

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What one of the two makes of the rows of a query."""
        ...
