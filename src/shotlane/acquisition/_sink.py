"""Where samples go. A sink writes all of what it is given, or nothing and raises.

Sinks are context managers: opened on entry, closed on exit. One thread at a time uses a sink.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from shotlane.acquisition._sample import Sample
from shotlane.records import file_name


class SinkError(Exception):
    """A sink that cannot be used as it is; says why."""


def check_folder(path: Path) -> None:
    """Raise `SinkError` where the folder that shall hold a file is not there.

    It is not made: in a misspelt one nobody would look for the samples.
    """
    if not path.parent.is_dir():
        raise SinkError(f"{path} cannot be written: there is no folder {path.parent}; make it first")


class Sink(ABC):
    """Takes samples and keeps them."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def open(self) -> None:
        """Make ready; what is there already is kept, and added to. Raises `SinkError`."""

    @abstractmethod
    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Keep samples, all or none. `again`: a try before this one may have come through."""

    @abstractmethod
    def close(self) -> None:
        """Let go. Safe to call twice."""

    @abstractmethod
    def target(self) -> str:
        """Where the samples go, safe to show: without a password."""

    def files(self) -> Sequence[Path]:
        """What it keeps on this machine, when it is open: files, or a folder; nothing of a server."""
        return ()

    def spool(self) -> Path:
        """Where samples wait while the sink fails."""
        from platformdirs import user_data_path  # late: of use after a failure alone

        return user_data_path("shotlane") / "spool" / f"{file_name(self.target())}.spool"


class MemorySink(Sink):
    """Keeps samples in a list, `samples`."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def open(self) -> None:
        """Nothing to open."""

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Add to the list."""
        self.samples.extend(samples)

    def close(self) -> None:
        """Nothing to close."""

    def target(self) -> str:
        """Memory."""
        return "memory"
