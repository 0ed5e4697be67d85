"""Drivers that an installed package offers in the entry-point group `shotlane.drivers`, or this program."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from shotlane.diagnostics import did_you_mean
from shotlane.instruments.adopted.adapters._python import construct
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._adoption import ENTRY_POINTS
from shotlane.instruments.definition._contract import Driver, ErrorContext, InstrumentError
from shotlane.model import offer

_registered: dict[str, EntryPoint] = {}
# What only this process has, such as the address of somebody else.
_makers: dict[str, Callable[..., Driver]] = {}


def register_driver(name: str, driver: type) -> None:
    """Offer a driver in this process, as an installed package would. Raises `ValueError`."""
    _registered[name] = offer(name, driver, ENTRY_POINTS)
    _makers.pop(name, None)


def register_maker(name: str, make_driver: Callable[..., Driver]) -> None:
    """Offer drivers that are made by a function of this process; it is called as a class is."""
    _makers[name] = make_driver


def make(request: Request) -> Driver:
    """Load the entry point and call it as a class of one's own."""
    maker = _makers.get(request.name.target)
    if maker is not None:
        return construct(maker, request)
    offered = {point.name: point for point in entry_points(group=ENTRY_POINTS)} | _registered
    point = offered.get(request.name.target)
    if point is None:
        help = did_you_mean(request.name.target, {*offered, *_makers}, what="installed drivers")
        message = f"no installed package offers a driver '{request.name.target}'"
        context = ErrorContext(request.resource.text, request.role, command="import")
        raise InstrumentError("rejected", f"{message}; {help}" if help else message, context)
    return construct(point.load(), request)
