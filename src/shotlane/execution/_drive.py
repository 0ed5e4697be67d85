"""What moves port workers: threads in real time, one queue in virtual time.

A drive is used by one thread, which also may receive signals: it waits on nothing that a signal handler sets.
Only `observe` and `next_ns` are called by others.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from shotlane.execution._ending import Ending
from shotlane.execution._observation import Observation
from shotlane.execution._trouble import Trouble


class Drive(Protocol):
    """Moves the workers of all ports together, and what polls between them."""

    @property
    def busy(self) -> frozenset[str]:
        """Ports whose exchange has not ended although the attempt has."""

    @property
    def polling(self) -> frozenset[str]:
        """Ports with a poll under way."""

    def together(
        self,
        steps: Mapping[str, Iterator[int]],
        trouble: Trouble,
        ending: Ending | None = None,
        then: Callable[[], Mapping[str, Iterator[int]]] | None = None,
    ) -> None:
        """Drive every port's waits to their end, or until the trouble or the control says halt.

        With an `ending`, until that is over, however long the waits are. Returns when all ports have ended;
        after a halt of the attempt, ports still in an exchange are left `busy` after a short grace. An
        exception out of a worker is a crash. `then` gives what the same ports do next, when all have ended
        and nothing says halt; it may be called in a port's thread.
        """

    def wait_until(self, target_ns: int) -> bool:
        """Wait in the calling thread; False when the control asks to stop or to skip."""

    def wait_while(self, goes_on: Callable[[], bool]) -> None:
        """Wait in the calling thread; looks again at `goes_on` whenever the control was asked something."""

    def rest(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        """Wait in the calling thread so many seconds of real time, or until `goes_on` no longer holds."""

    def away(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """While the calling thread waits for somebody else: `act` is called, once, if the run is stopped."""

    def next_ns(self, port: str) -> int | None:
        """When the work of a port is due next, where that is known."""

    def observe(self, observation: Observation) -> None:
        """Hand on a reading to the conditions that hang on it. Callable from timing threads."""

    def look_out(self) -> None:
        """Look at readings as they come, from now on."""

    def begin_polls(self, rounds: Mapping[str, Iterator[int]]) -> None:
        """Drive these waits beside everything else, until `end_polls`."""

    def end_polls(self) -> None:
        """Poll no more, and watch no interlock any more, which would only see that nobody polls.

        Returns when the polls under way have ended, or after a short grace.
        """

    def end_exchanges(self) -> None:
        """Let the clock reach the end of exchanges under way, where it jumps; else who comes next waits."""

    def catch_up(self) -> None:
        """Return when every reading so far was looked at."""

    def settle(self, timeout_s: float) -> frozenset[str]:
        """Give busy ports more time; returns those that have still not ended."""

    def close(self) -> None:
        """Let go of what the drive uses."""
