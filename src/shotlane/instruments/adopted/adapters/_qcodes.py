"""Drivers of QCoDeS: parameters are attributes, functions are commands, modules make dotted paths.

Unit, limits and options are those of the parameter and its validator. A parameter that returns several
numbers is an array. Written for QCoDeS 0.50 to 0.58.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from qcodes import validators
from qcodes.instrument import ChannelTuple
from qcodes.parameters import (
    ArrayParameter,
    Function,
    MultiParameter,
    ParameterBase,
    ParameterWithSetpoints,
)

from shotlane.instruments.adopted.adapters._objects import command_of, find_class, known_unit, summary
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.adopted.adapters._visa_faults import visa_faults
from shotlane.instruments.adopted.adapters._visa_object import VisaObject
from shotlane.instruments.definition._contract import Driver, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, CommandParameter, ValueType

_Bounds = tuple[ValueType | None, tuple[str, ...], float | None, float | None]
_UNKNOWN: Final[_Bounds] = (None, (), None, None)
# What every QCoDeS instrument has about itself.
_SKIPPED: Final = frozenset({"IDN", "timeout"})
_NAMES = count(1)
# Limits that mean none.
_HUGE: Final = 1e300


def make(request: Request) -> Driver:
    """The driver of `qcodes....Class`; the station's options go to its constructor."""
    kind = find_class(request.name.target, request)
    # It greets on standard output, where a program may expect JSON.
    quiet = type(kind.__name__, (kind,), {"connect_message": lambda *_, **__: None})
    options = dict(request.options)
    if request.address:
        options.setdefault("address", request.address)
    if "library" in request.resource.query:
        options.setdefault("visalib", request.resource.query["library"])

    def build() -> Any:
        # QCoDeS keeps a register of all names ever open; ours must not meet another's.
        name = options.get("name", f"{request.role}_{next(_NAMES)}")
        instrument = quiet(**{**options, "name": name})
        if "timeout" in instrument.parameters and "timeout" not in options:
            instrument.parameters["timeout"].set(request.timeout_s)
        return instrument

    return QcodesDriver(build)


class QcodesDriver(VisaObject):
    """One instrument of QCoDeS; `build` makes it, which connects it. Implements `Driver`."""

    _wire = "visa_handle"

    def open(self) -> Identity:
        """Connect, and ask who answers."""
        with visa_faults():
            self._instrument = self._build()
            found = self._instrument.get_idn()
        parts = {key: found.get(word) for key, word in (("maker", "vendor"), ("model", "model"))}
        parts |= {key: found.get(key) for key in ("serial", "firmware")}
        return Identity(**{key: None if value is None else str(value) for key, value in parts.items()})

    def attributes(self) -> Mapping[str, Attribute]:
        """Its parameters and those of its modules, a dotted path each."""
        found: dict[str, Attribute] = {}
        assumed: set[str] = set()
        for path, owner in _owners(self._opened()):
            for name, parameter in owner.parameters.items():
                if name in _SKIPPED or not (parameter.gettable or parameter.settable):
                    continue
                attribute, sure = _attribute(f"{path}{name}", parameter)
                found[attribute.name] = attribute
                if not sure:
                    assumed.add(attribute.name)
        self.assumed = frozenset(assumed)
        return found

    def commands(self) -> Mapping[str, Command]:
        """Its functions and those of its modules, and `reset` where it has one."""
        found = {}
        for path, owner in _owners(self._opened()):
            for name, function in owner.functions.items():
                found[f"{path}{name}"] = _command(f"{path}{name}", function)
            reset = getattr(owner, "reset", None)
            if callable(reset) and "reset" not in owner.functions:
                command = command_of(f"{path}reset", reset, summary(reset.__doc__))
                if command is not None:
                    found[command.name] = command
        return found

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Get parameters."""
        return {name: Reading(self._do(self._parameter(name).get)) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set a parameter. Its own validator refuses what it does not take."""
        parameter = self._parameter(name)
        try:
            self._do(parameter.set, _native(parameter, value))
        except (TypeError, ValueError) as error:
            raise InstrumentError("rejected", " ".join(str(error).split())) from error

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Call a function."""
        owner, name = self._found(command)
        if name in owner.functions:
            return self._do(owner.functions[name].call, *arguments.values())
        if name == "reset" and callable(getattr(owner, "reset", None)):
            return self._do(owner.reset)
        raise InstrumentError("rejected", f"there is no command '{command}'")

    def make_safe(self) -> None:
        """QCoDeS has no such thing: the safe values are those of the station."""

    def close(self) -> None:
        """Disconnect, and leave the register of QCoDeS."""
        instrument, self._instrument = self._instrument, None
        if instrument is not None:
            instrument.close()

    def _parameter(self, path: str) -> ParameterBase:
        owner, name = self._found(path)
        parameter: ParameterBase | None = owner.parameters.get(name)
        if parameter is None:
            raise InstrumentError("rejected", f"there is no parameter '{path}'")
        return parameter

    def _found(self, path: str) -> tuple[Any, str]:
        """The instrument or module that has the last name of a path."""
        *parents, name = path.split(".")
        owner: Any = self._opened()
        for part in parents:
            owner = getattr(owner, "submodules", {}).get(part)
            if owner is None:
                raise InstrumentError("rejected", f"the instrument has no '{path}'")
        return owner, name


def _owners(instrument: Any) -> Iterator[tuple[str, Any]]:
    """The instrument and its modules, each with the beginning of its paths."""
    yield "", instrument
    for name, module in instrument.submodules.items():
        # Lists of channels hold what stands under its own name too.
        if not isinstance(module, ChannelTuple):
            for path, owner in _owners(module):
                yield f"{name}.{path}", owner


def _attribute(path: str, parameter: Any) -> tuple[Attribute, bool]:
    """A parameter as an attribute, and whether its type is sure."""
    unit, remark = known_unit(getattr(parameter, "unit", None))
    type_, options, low, high = _mapped(parameter) or _bounds(parameter.vals)
    sure = type_ is not None
    if isinstance(parameter, ArrayParameter | MultiParameter | ParameterWithSetpoints):
        type_, sure = ValueType.ARRAY, True
    type_ = type_ or ValueType.FLOAT
    if type_ not in (ValueType.FLOAT, ValueType.INT, ValueType.ARRAY):
        unit = None
    about = summary(getattr(parameter, "label", "") or "")
    attribute = Attribute(
        path,
        type_,
        unit,
        readable=bool(parameter.gettable),
        writable=bool(parameter.settable) and type_ is not ValueType.ARRAY,
        low=low,
        high=high,
        options=options,
        description=f"{about} {remark}".strip(),
    )
    return attribute, sure


def _mapped(parameter: Any) -> _Bounds | None:
    """Options by the names that a parameter maps to codes."""
    mapping = getattr(parameter, "val_mapping", None)
    if not mapping:
        return None
    names = list(mapping)
    # on/off mappings of QCoDeS take True, 1, "on", "ON" alike, and read one of them.
    if any(isinstance(name, bool) for name in names) and len(set(mapping.values())) == 2:
        return ValueType.BOOL, (), None, None
    texts = tuple(name for name in names if isinstance(name, str))
    return (ValueType.OPTION, texts, None, None) if len(texts) == len(names) else _UNKNOWN


def _bounds(validator: Any) -> _Bounds:
    """Type, options and limits that a validator says."""
    match validator:
        case validators.Bool():
            return ValueType.BOOL, (), None, None
        case validators.Enum():
            return _enumerated(list(validator.values))
        case validators.OnOff():
            return ValueType.OPTION, ("on", "off"), None, None
        case validators.Strings():
            return ValueType.TEXT, (), None, None
        case validators.Ints():
            return ValueType.INT, (), *_limits(validator)
        case validators.Numbers():
            return ValueType.FLOAT, (), *_limits(validator)
        case validators.PermissiveMultiples():
            return ValueType.FLOAT, (), None, None
        case validators.Arrays() | validators.Lists() | validators.Sequence():
            return ValueType.ARRAY, (), None, None
        case _:
            return _UNKNOWN


def _enumerated(values: list[Any]) -> _Bounds:
    if values and all(isinstance(item, str) for item in values):
        return ValueType.OPTION, tuple(sorted(values)), None, None
    if values and all(isinstance(item, int | float) and not isinstance(item, bool) for item in values):
        return ValueType.FLOAT, (), float(min(values)), float(max(values))
    return _UNKNOWN


def _limits(validator: Any) -> tuple[float | None, float | None]:
    found = (getattr(validator, "_min_value", None), getattr(validator, "_max_value", None))
    low, high = (None if item is None or abs(item) >= _HUGE else float(item) for item in found)
    # Whole numbers without a limit have one of 10**18 there.
    if isinstance(validator, validators.Ints):
        low, high = (None if item is None or abs(item) >= 1e15 else item for item in (low, high))
    return low, high


def _native(parameter: Any, value: Any) -> Any:
    """A value as the parameter's validator takes it: 3.0 is no whole number there."""
    if (
        isinstance(value, float)
        and value.is_integer()
        and isinstance(parameter.vals, validators.Ints | validators.Enum)
    ):
        return int(value)
    return value


def _command(name: str, function: Function) -> Command:
    """A function: its arguments have no names."""
    parameters = []
    for number, validator in enumerate(getattr(function, "_args", ()), start=1):
        type_, options, low, high = _bounds(validator)
        parameters.append(
            CommandParameter(f"argument_{number}", type_ or ValueType.FLOAT, None, low, high, options)
        )
    return Command(name, tuple(parameters))
