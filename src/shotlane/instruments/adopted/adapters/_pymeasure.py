"""Drivers of PyMeasure: its properties are attributes, its methods commands.

What a property made by `control`, `measurement` or `setting` knows of its values gives types, limits and
options. PyMeasure knows no units: the station declares them. `shutdown` is its way into a safe state.
Written for PyMeasure 0.15 and 0.16.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from numbers import Real
from typing import Any, Final

from pymeasure.instruments import Channel, Instrument, validators
from pymeasure.instruments.common_base import CommonBase

from shotlane.instruments.adopted.adapters._objects import (
    command_of,
    find_class,
    summary,
    walk,
    whole_numbers,
)
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.adopted.adapters._visa_faults import visa_faults
from shotlane.instruments.adopted.adapters._visa_object import VisaObject
from shotlane.instruments.definition._contract import Driver, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, ValueType

_RANGES: Final = (validators.strict_range, validators.truncated_range, validators.strict_discrete_range)
_CASTS: Final = {float: ValueType.FLOAT, int: ValueType.INT, bool: ValueType.BOOL, str: ValueType.TEXT}
# What every instrument has: plumbing, or done by other means here.
_BASE: Final = frozenset(name for kind in (Instrument, Channel, CommonBase) for name in dir(kind))


def make(request: Request) -> Driver:
    """The driver of `pymeasure.instruments....Class`; the station's options go to its constructor."""
    kind = find_class(request.name.target, request)
    options = dict(request.options)
    library = request.resource.query.get("library")
    if library is not None:
        options.setdefault("visa_library", library)

    def build() -> Any:
        instrument = kind(request.address, **options) if request.address else kind(**options)
        connection = getattr(instrument.adapter, "connection", None)
        if "timeout" not in options and connection is not None:
            with suppress(Exception):  # not every connection has one, and it may refuse
                connection.timeout = request.timeout_s * 1000
        return instrument

    return PymeasureDriver(build)


class PymeasureDriver(VisaObject):
    """One instrument of PyMeasure; `build` makes it, which connects it. Implements `Driver`."""

    _wire = "adapter.connection"

    def open(self) -> Identity:
        """Connect."""
        with visa_faults():
            self._instrument = self._build()
        return Identity(model=str(self._instrument.name))

    def attributes(self) -> Mapping[str, Attribute]:
        """Its properties and those of its channels, a dotted path each."""
        found: dict[str, Attribute] = {}
        assumed: set[str] = set()
        for path, owner in _owners(self._opened()):
            for name, prop in _properties(type(owner)):
                attribute, sure = _attribute(f"{path}{name}", name, prop, owner)
                found[attribute.name] = attribute
                if not sure:
                    assumed.add(attribute.name)
        self.assumed = frozenset(assumed)
        return found

    def commands(self) -> Mapping[str, Command]:
        """Its methods and those of its channels that take plain values."""
        found = {}
        for path, owner in _owners(self._opened()):
            for name, method in _methods(owner):
                command = command_of(f"{path}{name}", method, summary(method.__doc__))
                if command is not None:
                    found[command.name] = command
        return found

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read properties."""
        return {name: Reading(self._use(getattr, name, "attribute")) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set a property."""
        self._use(setattr, name, "attribute", value)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method."""
        method = self._use(getattr, command, "command")
        return self._do(partial(method, **whole_numbers(arguments)))

    def make_safe(self) -> None:
        """What PyMeasure does when it is done with an instrument."""
        with visa_faults():
            self._opened().shutdown()

    def close(self) -> None:
        """Close the adapter."""
        instrument, self._instrument = self._instrument, None
        if instrument is not None:
            instrument.adapter.close()

    def _use(self, act: Callable[..., Any], path: str, what: str, *value: Any) -> Any:
        owner, name = walk(self._opened(), path)
        if not hasattr(type(owner), name):
            # Python would take any name of an attribute that is set.
            raise InstrumentError("rejected", f"there is no {what} '{path}'")
        return self._do(act, owner, name, *value)


def _owners(instrument: Any) -> Iterator[tuple[str, Any]]:
    """The instrument and its channels, each with the beginning of its paths."""
    yield "", instrument
    for name, item in sorted(vars(instrument).items()):
        if isinstance(item, Channel) and not name.startswith("_"):
            for path, owner in _owners(item):
                yield f"{name}.{path}", owner


def _properties(kind: type) -> Iterator[tuple[str, property]]:
    for name, item in inspect.getmembers(kind, lambda member: isinstance(member, property)):
        if not name.startswith("_") and name not in _BASE:
            yield name, item


def _methods(owner: Any) -> Iterator[tuple[str, Any]]:
    """Methods that its own classes define, not PyMeasure's base classes."""
    for name, _ in inspect.getmembers(type(owner), inspect.isfunction):
        if not name.startswith("_") and name not in _BASE:
            yield name, getattr(owner, name)


def _attribute(path: str, name: str, prop: property, owner: Any) -> tuple[Attribute, bool]:
    """A property as an attribute, and whether its type is sure."""
    getter, setter = _defaults(prop.fget), _defaults(prop.fset)
    readable, writable = prop.fget is not None, prop.fset is not None
    if getter or setter:
        readable = getter.get("get_command") is not None
        writable = setter.get("set_command") is not None
    known = setter if writable else getter
    values = _own(owner, name, prop, "values", known.get("values", ()))
    mapped = _own(owner, name, prop, "map_values", known.get("map_values", False))
    type_, options, low, high = _type(values, bool(mapped), known.get("validator"))
    sure = type_ is not None
    if type_ is None:
        made = inspect.getclosurevars(prop.fget).nonlocals if getter and prop.fget is not None else {}
        cast: Any = made.get("cast")
        type_ = _CASTS.get(cast, ValueType.FLOAT)
        sure = type_ is not ValueType.FLOAT
    attribute = Attribute(
        path, type_, None, readable, writable, low, high, options, description=summary(prop.__doc__)
    )
    return attribute, sure


def _type(
    values: Any, mapped: bool, validator: Any
) -> tuple[ValueType | None, tuple[str, ...], float | None, float | None]:
    """Type, options and limits from the values that a property takes; type None when they do not say."""
    items = list(values) if isinstance(values, list | tuple | range | dict | set | frozenset) else []
    if not items:
        return None, (), None, None
    if all(isinstance(item, bool) for item in items):
        return ValueType.BOOL, (), None, None
    if all(isinstance(item, str) for item in items):
        return ValueType.OPTION, tuple(dict.fromkeys(items)), None, None
    if not all(isinstance(item, Real) for item in items):
        return None, (), None, None
    if mapped or validator is not None:
        low, high = float(min(items)), float(max(items))
        unlimited = validator in _RANGES and len(items) != 2
        return ValueType.FLOAT, (), *((None, None) if unlimited else (low, high))
    return None, (), None, None


def _own(owner: Any, name: str, prop: property, what: str, default: Any) -> Any:
    """A parameter of a dynamic property, which an instance may have changed."""
    prefix = getattr(prop, "prefix", None)
    return default if prefix is None else getattr(owner, f"{prefix}{name}_{what}", default)


def _defaults(function: Any) -> Mapping[str, Any]:
    """What `control` put into a getter or setter; empty for a property written by hand."""
    if function is None:
        return {}
    parameters = inspect.signature(function).parameters
    if "get_command" not in parameters and "set_command" not in parameters:
        return {}
    return {name: item.default for name, item in parameters.items()}
