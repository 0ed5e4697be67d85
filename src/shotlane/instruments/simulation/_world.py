"""The moving state of a simulated instrument, or of several that act on each other.

All signals are begun together, at the last change; between two changes the state is a closed formula of the
time, so that what is read depends on what was set and when, never on how often it was read.
"""

from collections.abc import Iterable, Mapping
from threading import RLock
from typing import Any

from shotlane.instruments.definition._behaviour import Behaviour, Motion
from shotlane.instruments.simulation._response import Signal, constant, lag
from shotlane.model import Attribute, ValueType

_NUMBERS = (ValueType.FLOAT, ValueType.INT)


class World:
    """Values of all attributes at a time; times are nanoseconds of any one clock. Safe in several threads."""

    def __init__(
        self, attributes: Mapping[str, Attribute], behaviours: Mapping[str, Behaviour], now_ns: int
    ) -> None:
        self._attributes = attributes
        self._behaviours = behaviours
        self._order = _sources_first(behaviours)
        self._levels: dict[str, Any] = {name: item.start for name, item in behaviours.items()}
        self._signals: dict[str, Signal] = {}
        self._begun_ns = now_ns
        self._lock = RLock()
        self._begin()

    def value(self, name: str, now_ns: int) -> Any:
        """Value of an attribute, without noise."""
        with self._lock:
            return self._value(name, now_ns)

    def set(self, values: Mapping[str, Any], now_ns: int) -> None:
        """Give attributes new values, all at one instant."""
        with self._lock:
            # In virtual time an exchange that took long is through before others that came in its course.
            now_ns = max(now_ns, self._begun_ns)
            self._levels = {name: self._value(name, now_ns) for name in self._levels} | dict(values)
            self._begun_ns = now_ns
            self._begin()

    def reset(self, names: Iterable[str], now_ns: int) -> None:
        """Let some attributes begin anew."""
        self.set({name: self._behaviours[name].start for name in names}, now_ns)

    def _value(self, name: str, now_ns: int) -> Any:
        behaviour = self._behaviours[name]
        if behaviour.motion is Motion.HELD:
            return self._levels[name]
        signal = self._signals.get(name)
        if signal is None:
            return self._value(str(behaviour.source), now_ns)
        return signal.at(max(now_ns - self._begun_ns, 0) / 1e9)

    def _begin(self) -> None:
        for name in self._order:
            if self._attributes[name].type in _NUMBERS:
                self._signals[name] = self._signal(name, self._behaviours[name])

    def _signal(self, name: str, behaviour: Behaviour) -> Signal:
        if behaviour.motion is Motion.HELD:
            return constant(self._levels[name])
        closed = behaviour.unless is not None and self._value(behaviour.unless, self._begun_ns)
        source = constant(0.0) if closed else self._converted(str(behaviour.source), name)
        if behaviour.motion is Motion.FOLLOWS:
            return source
        return lag(source, behaviour.tau_s, self._levels[name])

    def _converted(self, source: str, target: str) -> Signal:
        """The source's signal in the target's unit."""
        signal, behaviour = self._signals[source], self._behaviours[target]
        if behaviour.gain is not None:
            return signal.scaled(behaviour.gain, behaviour.offset)
        here, there = self._attributes[source].unit, self._attributes[target].unit
        if here is None or there is None or here == there:
            return signal
        return signal.scaled(here.factor / there.factor, (here.offset - there.offset) / there.factor)


def _sources_first(behaviours: Mapping[str, Behaviour]) -> tuple[str, ...]:
    """The names so that a source comes before what depends on it; there are no circles (checked before)."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        source = behaviours[name].source
        if source is not None and source not in order:
            visit(source)
        order[name] = None

    for name in behaviours:
        visit(name)
    return tuple(order)
