"""What a session needs of the layers above it, which know every part of the program."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shotlane.instruments import Pool, PortLocks
from shotlane.records import Outcome

if TYPE_CHECKING:
    import polars as pl

Tell = Callable[[str, Mapping[str, Any]], None]


class Keeper(Protocol):
    """Makes instruments safe when this process dies without doing so. No method raises."""

    def watch(self, roles: Sequence[str]) -> None:
        """These are open, or about to be: from now on they are looked after, and no others."""

    def end(self) -> None:
        """Nothing is left to look after."""


class EndedRun(Protocol):
    """A run that has ended: `shotlane.Run`, as far as sessions know it."""

    @property
    def number(self) -> int:
        """Its number in the store."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""

    def shots(self) -> "pl.DataFrame":
        """One row per shot."""

    def samples(self) -> "pl.DataFrame":
        """All readings of the attempts that ended well."""

    def results(self) -> "pl.DataFrame":
        """One row per result, with its limits and verdict."""


class PreparedRun(Protocol):
    """A sequence that was found sound."""

    @property
    def roles(self) -> Sequence[str]:
        """The instruments that it will open."""

    def start(self, session: int, locks: PortLocks) -> EndedRun:
        """Run it, as part of a session whose locks are used; return when it has ended."""


class Wiring(Protocol):
    """Where a session keeps its records, and how it does what is not its own."""

    @property
    def store(self) -> str:
        """The address of the store."""

    @property
    def data(self) -> Path:
        """The folder for what a server does not take."""

    def make_room(self) -> None:
        """Make the folder of the store where it is the project's own. Raises `StoreError`."""

    def keeper(self, locks: PortLocks, session: int, tell: Tell) -> Keeper | None:
        """Whoever looks after the instruments of this session, None where nothing real is at stake."""

    def prepare(
        self, sequence: str | Path, parameters: Mapping[str, object] | None, **options: Any
    ) -> PreparedRun:
        """Find and check a sequence. Raises `DocumentError`, with nothing touched."""

    def record(self, pool: Pool, channels: Sequence[str], **options: Any) -> Any:
        """Record channels of opened instruments."""
