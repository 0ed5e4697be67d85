"""From a resolved station to a pool. Wire drivers are imported only when a wire is used."""

from collections.abc import Callable, Mapping
from typing import Any

from shotlane.instruments._contract import Driver
from shotlane.instruments._definition import Definition
from shotlane.instruments._locks import PortLocks
from shotlane.instruments._member import RoleNotify
from shotlane.instruments._pool import Pool
from shotlane.instruments._resolve import ResolvedStation
from shotlane.instruments._simulated import SimulatedDriver


def build_pool(
    resolved: ResolvedStation,
    *,
    now_ns: Callable[[], int],
    seed: int = 0,
    notify: RoleNotify,
    what: Callable[[], str] = str,
) -> Pool:
    """A pool of all instruments of a station, none of them open yet.

    `what` tells other processes that want the same instruments what this one does, e.g. `run 7 of anneal`.
    """
    lines: dict[str, Any] = {}

    def make(definition: Definition) -> Driver:
        def tell(type_: str, fields: Mapping[str, Any]) -> None:
            notify(definition.role, type_, {"role": definition.role, **fields})

        if definition.simulated:
            return SimulatedDriver(definition, now_ns=now_ns, seed=seed, notify=tell)
        if definition.adoption is not None:
            # Start-up time, and checking must not need what runs: it opens packages of others.
            from shotlane.instruments._adopted_driver import AdoptedDriver

            return AdoptedDriver(definition, tell)
        # Start-up time: pymodbus and pyserial are not needed to check or to simulate.
        from shotlane.instruments._wire import make_driver

        return make_driver(definition, lines, tell)

    locks = PortLocks(resolved.name, what=what)
    return Pool(resolved.definitions, make, now_ns=now_ns, notify=notify, locks=locks)
