"""`simulate:` of an instrument document, checked and decided.

An attribute without a line moves as the design says: a writable one keeps what was written, at first its safe
value, else 0, off, or its first option; a read-only one is 0, off, or empty.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments.definition._behaviour import Argument, Behaviour, Motion, SimulatedWorld
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.simulation._waveform import base_of, read_waveform
from shotlane.model import (
    Attribute,
    Command,
    InstrumentDocument,
    Keep,
    Scalar,
    ScalarValue,
    Simulation,
    ValueType,
    Waveform,
)

_NUMBERS = (ValueType.FLOAT, ValueType.INT)
_OF_ATTRIBUTES = ("lag", "tau", "follows", "unless", "start", "noise", "waveform")
_ZEROS: Mapping[ValueType, Any] = {
    ValueType.FLOAT: 0.0,
    ValueType.INT: 0,
    ValueType.BOOL: False,
    ValueType.TEXT: "",
}


def read_simulation(
    document: InstrumentDocument,
    attributes: Mapping[str, Attribute],
    commands: Mapping[str, Command],
    values: ValueReader,
) -> SimulatedWorld:
    """The behaviour of every attribute and the effects of commands, but for faulty parts."""
    reader = _Reader(attributes, commands, values)
    behaviours = {name: Behaviour(Motion.HELD, resting(attribute)) for name, attribute in attributes.items()}
    effects: dict[str, Mapping[str, ScalarValue | Argument]] = {}
    for name, written in document.simulate.items():
        path: Path = ("simulate", name)
        simulation = written if isinstance(written, Simulation) else Simulation(start=written)
        bare = not isinstance(written, Simulation)
        if values.told("attributes", name) or values.told("commands", name):
            continue
        if name in attributes:
            behaviours[name] = reader.behaviour(attributes[name], simulation, path, path if bare else None)
        elif name in commands:
            effects[name] = reader.effects(commands[name], simulation, path)
        else:
            known = [*attributes, *commands]
            message = f"the instrument has no attribute or command '{name}'"
            values.key_error(
                path, message, did_you_mean(name, known, what="attributes and commands"), code="INS020"
            )
    return SimulatedWorld(_without_circles(behaviours, attributes, values), effects)


def resting(attribute: Attribute) -> Any:
    """What an attribute shows before anything was said or done."""
    if attribute.writable and attribute.safe is not None and not isinstance(attribute.safe, Keep):
        return attribute.safe
    match attribute.type:
        case ValueType.OPTION:
            return attribute.options[0] if attribute.options else ""
        case ValueType.ARRAY:
            return np.zeros(0)
        case _:
            return _ZEROS[attribute.type]


class _Reader:
    """Reads the lines of one `simulate:`."""

    def __init__(
        self, attributes: Mapping[str, Attribute], commands: Mapping[str, Command], values: ValueReader
    ) -> None:
        self._attributes = attributes
        self._commands = commands
        self._values = values

    def behaviour(
        self, attribute: Attribute, written: Simulation, path: Path, start_path: Path | None
    ) -> Behaviour:
        """How an attribute moves. `start_path`: where the start stands when it is the whole line."""
        self._refuse(written, ("set",), path, "a command")
        start = self._start(attribute, written.start, start_path or (*path, "start"))
        if written.waveform is not None:
            start = self._waveform(attribute, written, path)
            if written.waveform.times is not None:
                return self._scaled(attribute, written, written.waveform, start, path)
        noise = self._noise(attribute, written.noise, (*path, "noise"))
        key = "lag" if written.lag is not None else "follows"
        source = getattr(written, key)
        if written.lag is not None and written.follows is not None:
            self._values.key_error(
                (*path, "follows"), "it lags and follows at once", "leave one of them", code="INS021"
            )
        if written.lag is None:
            self._refuse(written, ("tau",), path, "`lag`")
        if source is None:
            self._refuse(written, ("unless",), path, "`lag` and `follows`")
        if source is None or not self._sound_source(attribute, source, (*path, key)):
            return Behaviour(Motion.HELD, start, noise=noise)
        unless = self._unless(attribute, written, (*path, "unless"))
        if key == "follows":
            return Behaviour(Motion.FOLLOWS, start, source, noise=noise, unless=unless)
        tau_ns = self._tau(written, path)
        if not tau_ns:
            return Behaviour(Motion.HELD, start, noise=noise)
        return Behaviour(Motion.LAGS, start, source, tau_ns / 1e9, noise, unless)

    def effects(self, command: Command, written: Simulation, path: Path) -> dict[str, ScalarValue | Argument]:
        """What a command sets."""
        self._refuse(written, _OF_ATTRIBUTES, path, "an attribute")
        effects: dict[str, ScalarValue | Argument] = {}
        for name, value in (written.set or {}).items():
            place = (*path, "set", name)
            if self._values.told("attributes", name):
                continue
            attribute = self._attributes.get(name)
            if attribute is None:
                self._unknown(name, place, key=True)
                continue
            effect = self._effect(command, attribute, value, place)
            if effect is not None:
                effects[name] = effect
        return effects

    def _effect(
        self, command: Command, attribute: Attribute, value: Scalar, place: Path
    ) -> ScalarValue | Argument | None:
        text = value.strip() if isinstance(value, str) else ""
        if not (text.startswith("{") and text.endswith("}")):
            return self._values.typed(place, value, attribute.type, attribute.unit, attribute.options)
        names = [parameter.name for parameter in command.parameters]
        if text[1:-1] in names:
            return Argument(text[1:-1])
        help = did_you_mean(text[1:-1], names, what="arguments")
        self._values.error(place, f"{command.name} has no argument '{text[1:-1]}'", help, code="INS020")
        return None

    def _start(self, attribute: Attribute, written: Scalar | list[float] | None, path: Path) -> Any:
        if written is None:
            return resting(attribute)
        if isinstance(written, list) or attribute.type is ValueType.ARRAY:
            return self._array_start(attribute, written, path)
        value = self._values.typed(path, written, attribute.type, attribute.unit, attribute.options)
        return resting(attribute) if value is None else value

    def _waveform(self, attribute: Attribute, written: Simulation, path: Path) -> Any:
        self._refuse(written, ("start", "lag", "follows"), path, "an attribute without `waveform`")
        if attribute.type is ValueType.ARRAY and written.waveform is not None:
            return read_waveform(written.waveform, attribute.unit, (*path, "waveform"), self._values)
        self._values.key_error(
            (*path, "waveform"), f"{attribute.name} is no array, and has no waveform", code="INS021"
        )
        return resting(attribute)

    def _scaled(
        self, attribute: Attribute, written: Simulation, waveform: Waveform, start: Any, path: Path
    ) -> Behaviour:
        """A waveform whose size is that of a number of the instrument."""
        noise, times = self._noise(attribute, written.noise, (*path, "noise")), str(waveform.times)
        place, other = (*path, "waveform", "times"), self._attributes.get(times)
        if self._values.told("attributes", times) or attribute.type is not ValueType.ARRAY:
            return Behaviour(Motion.HELD, start, noise=noise)
        if other is None:
            self._unknown(times, place)
        elif other.type not in _NUMBERS:
            self._values.error(place, f"{times} is no number", code="INS021")
        else:
            base = base_of(waveform, attribute.unit, (*path, "waveform"), self._values)
            return Behaviour(Motion.HELD, start, noise=noise, scaled_by=times, base=base)
        return Behaviour(Motion.HELD, start, noise=noise)

    def _array_start(self, attribute: Attribute, written: Scalar | list[float], path: Path) -> Any:
        if isinstance(written, list) and attribute.type is ValueType.ARRAY:
            return np.array(written, dtype=np.float64)
        what = "a list of numbers" if attribute.type is ValueType.ARRAY else "one value"
        self._values.error(path, f"{attribute.name} begins with {what}", code="INS021")
        return resting(attribute)

    def _noise(self, attribute: Attribute, written: Scalar | None, path: Path) -> float:
        if written is None:
            return 0.0
        if attribute.type in (*_NUMBERS, ValueType.ARRAY):
            return self._values.difference(path, written, attribute.unit) or 0.0
        self._values.error(path, f"{attribute.type.value} values have no noise", code="INS021")
        return 0.0

    def _tau(self, written: Simulation, path: Path) -> int | None:
        if written.tau is None:
            self._values.error(
                (*path, "lag"), "a lag needs its time constant", "add `tau: 1 s`", code="INS021"
            )
            return None
        tau_ns = self._values.duration_ns((*path, "tau"), written.tau)
        if tau_ns == 0:
            self._values.error(
                (*path, "tau"), "the time constant is 0", "write `follows` in place of `lag`", code="INS021"
            )
        return tau_ns

    def _unless(self, attribute: Attribute, written: Simulation, path: Path) -> str | None:
        if written.unless is None or self._values.told("attributes", written.unless):
            return None
        other = self._attributes.get(written.unless)
        if other is None:
            self._unknown(written.unless, path)
        elif other.type is not ValueType.BOOL or attribute.type not in _NUMBERS:
            self._values.error(path, "`unless` names a boolean, and stands at a number", code="INS021")
        else:
            return written.unless
        return None

    def _sound_source(self, attribute: Attribute, source: str, path: Path) -> bool:
        other = self._attributes.get(source)
        if self._values.told("attributes", source):
            return False
        if other is None:
            self._unknown(source, path)
            return False
        if path[-1] == "lag" and (attribute.type not in _NUMBERS or other.type not in _NUMBERS):
            self._values.error(path, "only a number lags behind a number", code="INS021")
            return False
        if _comparable(attribute) != _comparable(other):
            self._values.error(path, f"{attribute.name} and {source} are not of one kind", code="INS021")
            return False
        return True

    def _unknown(self, name: str, path: Path, *, key: bool = False) -> None:
        help = did_you_mean(name, self._attributes, what="attributes")
        report = self._values.key_error if key else self._values.error
        report(path, f"the instrument has no attribute '{name}'", help, code="INS020")

    def _refuse(self, written: Simulation, keys: tuple[str, ...], path: Path, owner: str) -> None:
        for key in keys:
            if getattr(written, key) is not None:
                self._values.key_error((*path, key), f"'{key}' belongs to {owner}", code="INS021")


def _comparable(attribute: Attribute) -> object:
    """Two attributes can follow each other when this is equal."""
    if attribute.type in _NUMBERS:
        return attribute.unit.dimension if attribute.unit else None
    return (attribute.type, attribute.options)


def _without_circles(
    behaviours: dict[str, Behaviour], attributes: Mapping[str, Attribute], values: ValueReader
) -> dict[str, Behaviour]:
    """Report each circle once and break it."""
    for name in behaviours:
        trail = [name]
        while (source := behaviours[trail[-1]].source) is not None and source not in trail:
            trail.append(source)
        if source == name:
            key = "follows" if behaviours[name].motion is Motion.FOLLOWS else "lag"
            message = f"attributes depend on each other in a circle: {' -> '.join([*trail, name])}"
            values.error(("simulate", name, key), message, code="INS021")
            behaviours[name] = Behaviour(Motion.HELD, resting(attributes[name]))
    return behaviours
