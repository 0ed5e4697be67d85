"""The conformance checks as tests of a class, one each, so that a test run names what a driver lacks."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from shotlane.instruments import Driver
from shotlane.testing import _conformance as checks


class DriverConformance:
    """Base of a test class: `class TestCamera(DriverConformance)` with `make_driver`.

    `silent` and `cut` return a context manager where a test can make the device fall silent or the wire dead.
    """

    timeout_s: ClassVar[float] = 1.0
    writes: ClassVar[Mapping[str, Any]] = {}
    calls: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def make_driver(self) -> Driver:
        """A new driver, not open; all of them reach the same device."""
        raise NotImplementedError("give `make_driver` in the test class")

    def silent(self) -> AbstractContextManager[object] | None:
        """While the context is open the device does not answer; None: cannot be done."""
        return None

    def cut(self) -> AbstractContextManager[object] | None:
        """While the context is open the wire is dead; None: cannot be done."""
        return None

    def test_connects_and_identifies(self) -> None:
        """`open` says who answered."""
        self._check(checks.connects_and_identifies)

    def test_declares_itself(self) -> None:
        """Attributes and commands are sound."""
        self._check(checks.declares_itself)

    def test_reads_everything(self) -> None:
        """All readings are of their declared types."""
        self._check(checks.reads_everything)

    def test_reads_one_by_one(self) -> None:
        """An attribute alone gives no other."""
        self._check(checks.reads_one_by_one)

    def test_takes_what_it_declares(self) -> None:
        """What is writable can be set."""
        self._check(checks.takes_what_it_declares)

    def test_runs_its_commands(self) -> None:
        """Commands answer."""
        self._check(checks.runs_its_commands)

    def test_refuses_unknown_names(self) -> None:
        """A name that it does not know is refused."""
        self._check(checks.refuses_unknown_names)

    def test_refuses_values_out_of_range(self) -> None:
        """What lies outside the limits never reaches it."""
        self._check(checks.refuses_values_out_of_range)

    def test_times_out(self) -> None:
        """A silent device is a timeout, in time."""
        self._check(checks.times_out)

    def test_is_made_safe(self) -> None:
        """`make_safe` can be done twice."""
        self._check(checks.is_made_safe)

    def test_closes_twice(self) -> None:
        """`close` never raises."""
        self._check(checks.closes_twice)

    def test_opens_again(self) -> None:
        """It can be used again after closing."""
        self._check(checks.opens_again)

    def test_survives_a_dead_wire(self) -> None:
        """A dead wire is said in time, and a new one is taken."""
        self._check(checks.survives_a_dead_wire)

    def _check(self, check: Callable[[checks.Case], None]) -> None:
        import pytest  # late: only tests have it

        case = checks.Case(
            make=self.make_driver,
            timeout_s=self.timeout_s,
            writes=self.writes,
            calls=self.calls,
            silent=_given(self.silent),
            cut=_given(self.cut),
        )
        try:
            check(case)
        except checks.NotTried as reason:
            pytest.skip(str(reason))


def _given(
    fault: Callable[[], AbstractContextManager[object] | None],
) -> Callable[[], AbstractContextManager[object]] | None:
    """What makes the fault; None when the test cannot."""
    context = fault()
    return None if context is None else lambda: context
