"""What every driver must do, as checks that the tests of any driver can run.

Each check makes a driver of its own, and leaves it closed. A check says what went wrong by an
`AssertionError`; one that cannot be made (nothing to set, no way to cut the wire) raises `NotTried`.
What a driver raises is judged as the pool will see it: `InstrumentError`, or an exception of Python's own
whose meaning is plain (`TimeoutError`, `OSError`, `ValueError`).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from shotlane.instruments import Driver, Identity, InstrumentError
from shotlane.instruments.adopted._faults import FAILED, translated
from shotlane.testing._conformance_pool import pool_of
from shotlane.testing._conformance_values import (
    assert_command,
    assert_declared,
    assert_reading,
    beyond,
    example,
)

# A request that was given up may still hold the port for a moment.
_MARGIN_S: Final = 0.5
_UNKNOWN: Final = "no_such_name_here"
Fault = Callable[[], AbstractContextManager[object]]


class NotTried(Exception):
    """A check that could not be made, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A driver to be checked.

    `make` gives a new driver, not open, each time; all of them reach the same device. `timeout_s`: its
    timeout. `writes`: what to set where neither a safe value nor what is read will do. `calls`: arguments of
    the commands that may be called. `silent`, `cut`: while their context is open the device does not answer,
    the wire is dead.
    """

    make: Callable[[], Driver]
    timeout_s: float = 1.0
    writes: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: Fault | None = None
    cut: Fault | None = None

    @contextmanager
    def opened(self) -> Iterator[Driver]:
        """An open driver, closed at the end."""
        driver = self.make()
        try:
            driver.open()
            yield driver
        finally:
            driver.close()


def connects_and_identifies(case: Case) -> None:
    """`open` says who answered."""
    driver = case.make()
    try:
        identity = driver.open()
    finally:
        driver.close()
    assert isinstance(identity, Identity), f"open() gave {identity!r} and no Identity"
    for part in ("maker", "model", "serial", "firmware"):
        value = getattr(identity, part)
        assert value is None or isinstance(value, str), f"{part} of the identity is {value!r} and no text"


def declares_itself(case: Case) -> None:
    """`attributes` and `commands` are sound, and stay the same."""
    with case.opened() as driver:
        attributes, commands = dict(driver.attributes()), dict(driver.commands())
        assert attributes or commands, "it declares no attribute and no command"
        for name, attribute in attributes.items():
            assert_declared(name, attribute)
        for name, command in commands.items():
            assert_command(name, command)
        clash = sorted(set(attributes) & set(commands))
        assert not clash, f"{clash[0]} is an attribute and a command"
        again = dict(driver.attributes())
        assert again == attributes, "attributes() declares something else the second time"


def reads_everything(case: Case) -> None:
    """All readable attributes in one call, each with a value of its declared type."""
    with case.opened() as driver:
        attributes = {name: item for name, item in driver.attributes().items() if item.readable}
        if not attributes:
            raise NotTried("it has nothing to read")
        readings = driver.read(list(attributes))
        assert set(readings) == set(attributes), _difference(set(attributes), set(readings))
        for name, attribute in attributes.items():
            assert_reading(name, readings[name], attribute)


def reads_one_by_one(case: Case) -> None:
    """An attribute alone gives that attribute and no other."""
    with case.opened() as driver:
        names = [name for name, item in driver.attributes().items() if item.readable]
        if not names:
            raise NotTried("it has nothing to read")
        for name in names:
            readings = driver.read([name])
            assert set(readings) == {name}, _difference({name}, set(readings))


def takes_what_it_declares(case: Case) -> None:
    """Every writable attribute can be set, to its safe value or what it reads, unless `writes` says."""
    with case.opened() as driver:
        tried = 0
        for name, attribute in driver.attributes().items():
            if not attribute.writable:
                continue
            read = driver.read([name])[name].value if attribute.readable else None
            value = case.writes.get(name, example(attribute, read))
            if value is not None:
                driver.write(name, value)
                tried += 1
        if not tried:
            raise NotTried("it has nothing to set, or no value is known that may be set")


def runs_its_commands(case: Case) -> None:
    """The commands that the test allows answer."""
    if not case.calls:
        raise NotTried("no command may be called (`calls`)")
    with case.opened() as driver:
        for name, arguments in case.calls.items():
            assert name in driver.commands(), f"it has no command {name}"
            driver.call(name, arguments)


def refuses_unknown_names(case: Case) -> None:
    """A name that it does not know is refused, at once."""
    with case.opened() as driver:
        for what, act in (
            ("read", lambda: driver.read([_UNKNOWN])),
            ("write", lambda: driver.write(_UNKNOWN, 1.0)),
            ("call", lambda: driver.call(_UNKNOWN, {})),
        ):
            begun = time.monotonic()
            try:
                act()
            except (InstrumentError, LookupError, AttributeError, ValueError):
                pass
            else:
                raise AssertionError(f"{what} of a name that it does not know was taken")
            assert time.monotonic() - begun < case.timeout_s + _MARGIN_S, f"refusing to {what} took too long"


def refuses_values_out_of_range(case: Case) -> None:
    """What lies outside the declared limits never reaches it."""
    with pool_of(case.make()) as (pool, role, reached):
        tried = 0
        for name, attribute in pool.attributes.items():
            for value in beyond(attribute):
                tried += 1
                try:
                    pool.pool.write(role, name, value)
                except InstrumentError as error:
                    _must(error.fault == "rejected", f"{name} = {value}: the fault is {error.fault}")
                else:
                    raise AssertionError(f"{name} = {value} was taken")
        assert not reached, f"a value out of range reached the driver: {reached[0]}"
        if not tried:
            raise NotTried("it declares no limits and no options")


def times_out(case: Case) -> None:
    """A device that does not answer is a timeout, in time; afterwards it is read again."""
    if case.silent is None:
        raise NotTried("the test cannot make the device silent (`silent`)")
    with case.opened() as driver:
        name = _readable(driver)
        with case.silent():
            fault, took_s = _fault_of(lambda: driver.read([name]))
        assert fault == "timeout", f"the fault is {fault}, and timeout is meant"
        limit_s = case.timeout_s + _MARGIN_S
        assert took_s <= limit_s, f"it waited {took_s:.2f} s, and its timeout is {case.timeout_s} s"
        _reads_again(driver, name)


def is_made_safe(case: Case) -> None:
    """`make_safe` can be done, twice, and the driver can still be used."""
    with case.opened() as driver:
        driver.make_safe()
        driver.make_safe()
        if any(item.readable for item in driver.attributes().values()):
            driver.read([_readable(driver)])


def closes_twice(case: Case) -> None:
    """`close` never raises: not before opening, and not the second time."""
    driver = case.make()
    driver.close()
    driver.open()
    driver.close()
    driver.close()


def opens_again(case: Case) -> None:
    """After closing it can be opened and used again."""
    driver = case.make()
    for _ in range(2):
        driver.open()
        try:
            if any(item.readable for item in driver.attributes().values()):
                driver.read([_readable(driver)])
        finally:
            driver.close()


def survives_a_dead_wire(case: Case) -> None:
    """With the wire dead it says so in time and can be closed; with the wire back it can be opened again."""
    if case.cut is None:
        raise NotTried("the test cannot cut the wire (`cut`)")
    limit_s = case.timeout_s + _MARGIN_S
    driver = case.make()
    driver.open()
    name = _readable(driver)
    try:
        with case.cut():
            fault, took_s = _fault_of(lambda: driver.read([name]))
            assert fault in ("disconnected", "timeout"), f"the fault is {fault}, and disconnected is meant"
            assert took_s <= limit_s, f"it waited {took_s:.2f} s, and its timeout is {case.timeout_s} s"
            with suppress(InstrumentError), translated("make_safe", "make_safe", ""):
                driver.make_safe()
            driver.close()
            opening, took_s = _fault_of(driver.open)
            assert opening in ("disconnected", "timeout"), f"opening gave {opening}"
            driver.close()
        driver.open()
        _reads_again(driver, name)
    finally:
        driver.close()


CHECKS: Final[tuple[Callable[[Case], None], ...]] = (
    connects_and_identifies,
    declares_itself,
    reads_everything,
    reads_one_by_one,
    takes_what_it_declares,
    runs_its_commands,
    refuses_unknown_names,
    refuses_values_out_of_range,
    times_out,
    is_made_safe,
    closes_twice,
    opens_again,
    survives_a_dead_wire,
)


def check_driver(
    make: Callable[[], Driver],
    *,
    timeout_s: float = 1.0,
    writes: Mapping[str, Any] | None = None,
    calls: Mapping[str, Mapping[str, Any]] | None = None,
    silent: Fault | None = None,
    cut: Fault | None = None,
) -> dict[str, str]:
    """Make every check of a driver. Raises `AssertionError` with all that failed, each on a line.

    Returns the checks that could not be made, with the reason. Arguments as those of `Case`.
    """
    case = Case(
        make=make, timeout_s=timeout_s, writes=writes or {}, calls=calls or {}, silent=silent, cut=cut
    )
    failed: list[str] = []
    not_tried: dict[str, str] = {}
    for check in CHECKS:
        name = check.__name__
        try:
            check(case)
        except NotTried as reason:
            not_tried[name] = str(reason)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 - a driver may raise anything, and all checks are made
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        raise AssertionError("\n".join([f"{len(failed)} of {len(CHECKS)} checks failed", *failed]))
    return not_tried


def _readable(driver: Driver) -> str:
    name = next((name for name, item in driver.attributes().items() if item.readable), None)
    if name is None:
        raise NotTried("it has nothing to read")
    return name


def _fault_of(act: Callable[[], object]) -> tuple[str, float]:
    """The fault that something gives, and how long it took."""
    begun = time.monotonic()
    try:
        with translated("read", "read", ""):
            answer = act()
    except InstrumentError as error:
        took_s = time.monotonic() - begun
        _must(error.fault != FAILED, f"it raised {error.message}: raise InstrumentError with its fault")
        return error.fault, took_s
    if isinstance(answer, Mapping):
        faults = [reading.fault for reading in answer.values() if reading.fault is not None]
        if faults:
            return faults[0].fault, time.monotonic() - begun
    raise AssertionError("it answered as if nothing had happened")


def _must(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _reads_again(driver: Driver, name: str) -> None:
    """Readings come again; the first ones may be thrown away, since a late answer could be among them."""
    last: InstrumentError | None = None
    for _ in range(3):
        try:
            with translated("read", "read", ""):
                if driver.read([name])[name].fault is None:
                    return
        except InstrumentError as error:
            last = error
            time.sleep(0.05)
    raise AssertionError(f"it does not read again: {last.message if last else 'no value'}")


def _difference(wanted: set[str], found: set[str]) -> str:
    missing, extra = sorted(wanted - found), sorted(found - wanted)
    parts = [f"no reading of {', '.join(missing)}"] if missing else []
    parts += [f"readings that nobody asked for: {', '.join(extra)}"] if extra else []
    return "; ".join(parts)
