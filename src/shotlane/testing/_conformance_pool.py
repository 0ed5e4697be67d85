"""A pool around one driver that shows what reaches it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shotlane.instruments import Definition, Driver, Identity, Pool, Resource
from shotlane.model import Attribute, InstrumentDocument

_ROLE = "tested"


@dataclass(frozen=True, slots=True)
class PoolOfOne:
    """An open pool with one instrument, and what that declares."""

    pool: Pool
    attributes: Mapping[str, Attribute]


@contextmanager
def pool_of(driver: Driver) -> Iterator[tuple[PoolOfOne, str, list[tuple[str, Any]]]]:
    """The pool, the role, and a list of all sets that reached the driver."""
    try:
        driver.open()
        attributes = dict(driver.attributes())
        spy = _Spy(driver)
        pool = Pool(
            {_ROLE: _definition(attributes, driver)},
            lambda definition: spy,
            now_ns=time.monotonic_ns,
            notify=lambda role, type_, fields: None,
        )
        pool.open([_ROLE])
        yield PoolOfOne(pool, attributes), _ROLE, spy.written
    finally:
        driver.close()


def _definition(attributes: Mapping[str, Attribute], driver: Driver) -> Definition:
    fields: dict[str, Any] = {"instrument": type(driver).__name__, "protocol": "driver"}
    return Definition(
        role=_ROLE,
        document=InstrumentDocument.model_construct(**fields),
        attributes=attributes,
        commands=dict(driver.commands()),
        setup={},
        resource=Resource("", "driver", f"driver:{_ROLE}"),
        timeout_s=1.0,
        tries=1,
    )


class _Spy:
    """A driver that is open already and keeps what is written to it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.written: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def open(self) -> Identity:
        """It is open already."""
        return Identity()

    def write(self, name: str, value: Any) -> None:
        """Keep it, and do not pass it on."""
        self.written.append((name, value))
