"""What moves port workers: threads in real time, one queue in virtual time.

A drive is used by one thread, which also may receive signals: it waits on nothing that a signal handler sets.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from shotlane.execution._trouble import Trouble


class Drive(Protocol):
    """Moves the workers of all ports together."""

    @property
    def busy(self) -> frozenset[str]:
        """Ports whose exchange has not ended although the attempt has."""

    def together(self, steps: Mapping[str, Iterator[int]], trouble: Trouble) -> None:
        """Drive every port's waits to their end, or until the trouble or the control says halt.

        Returns when all ports have ended; after a halt, ports still in an exchange are left `busy` after a
        short grace. An exception out of a worker is a crash.
        """

    def wait_until(self, target_ns: int) -> bool:
        """Wait in the calling thread; False when the control asks to stop."""

    def settle(self, timeout_s: float) -> frozenset[str]:
        """Give busy ports more time; returns those that have still not ended."""

    def close(self) -> None:
        """Let go of what the drive uses."""
