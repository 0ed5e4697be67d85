"""Closing instruments: neither a bug of a driver nor a port that hangs keeps the others open."""

from collections.abc import Sequence
from functools import partial

from shotlane.instruments.pool._member import Member, RoleNotify
from shotlane.instruments.pool._side_by_side import side_by_side


def close_in_turn(members: Sequence[Member], tell: RoleNotify, bugs: list[Exception]) -> None:
    """Close one after the other, each as soon as its port is free; what drivers raise goes into `bugs`."""
    for member in members:
        try:
            with member.lock:
                member.driver.close()
        except Exception as bug:  # noqa: BLE001  told by who closes the pool
            bugs.append(bug)
        if member.wear is not None:
            member.wear.flush()
        tell(member.role, "instrument.closed", {})


def close_ports(members: Sequence[Member], tell: RoleNotify, bugs: list[Exception]) -> None:
    """Close them port by port, all ports at once: none waits for one that hangs."""
    ports: dict[str, list[Member]] = {}
    for member in members:
        ports.setdefault(member.definition.resource.port, []).append(member)
    side_by_side([partial(close_in_turn, group, tell, bugs) for group in ports.values()])
