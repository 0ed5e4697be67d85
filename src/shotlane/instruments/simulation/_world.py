"""The moving state of a simulated instrument, or of several that act on each other.

All signals are begun together, at the last change; between two changes the state is a closed formula of the
time, so that what is read depends on what was set and when, never on how often it was read. Changes that are
known beforehand, those of a table that was triggered, come about as time passes, and who waits for the rising
edge of one is told then, at its instant.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
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
        self._ahead: deque[tuple[int, Mapping[str, Any]]] = deque()
        self._watching: dict[str, list[Callable[[int], None]]] = {}
        self._begin()

    def value(self, name: str, now_ns: int) -> Any:
        """Value of an attribute, without noise."""
        with self._lock:
            self._pass(now_ns)
            return self._value(name, now_ns)

    def set(self, values: Mapping[str, Any], now_ns: int) -> None:
        """Give attributes new values, all at one instant."""
        with self._lock:
            self._pass(now_ns)
            self._set(values, now_ns)

    def plan(self, changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Let attributes have new values at instants to come."""
        with self._lock:
            self._ahead = deque(sorted([*self._ahead, *changes], key=lambda change: change[0]))

    def forget(self, names: Collection[str], now_ns: int) -> None:
        """Let nothing more come of what was planned for some attributes."""
        with self._lock:
            self._pass(now_ns)
            kept = [
                (at_ns, {name: value for name, value in values.items() if name not in names})
                for at_ns, values in self._ahead
            ]
            self._ahead = deque(change for change in kept if change[1])

    def watch(self, name: str, take: Callable[[int], None]) -> Callable[[], None]:
        """Tell of every rising edge of an attribute that is planned; what is returned ends that."""
        with self._lock:
            watching = self._watching.setdefault(name, [])
            watching.append(take)
        return lambda: watching.remove(take) if take in watching else None

    def let_pass(self, now_ns: int) -> None:
        """Let everything come about that was planned until an instant."""
        with self._lock:
            self._pass(now_ns)

    def _pass(self, now_ns: int) -> None:
        while self._ahead and self._ahead[0][0] <= now_ns:
            at_ns, values = self._ahead.popleft()
            risen = [
                take
                for name, value in values.items()
                if value and not self._levels[name]
                for take in self._watching.get(name, ())
            ]
            self._set(values, at_ns)
            for take in risen:
                take(at_ns)

    def _set(self, values: Mapping[str, Any], now_ns: int) -> None:
        # In virtual time an exchange that took long is through before others that came in its course.
        now_ns = max(now_ns, self._begun_ns)
        moved = {
            name: self._value(name, now_ns)
            for name, behaviour in self._behaviours.items()
            if behaviour.motion is not Motion.HELD
        }
        self._levels = {**self._levels, **moved, **values}
        self._begun_ns = now_ns
        self._begin()

    def reset(self, names: Iterable[str], now_ns: int) -> None:
        """Let some attributes begin anew."""
        self.set({name: self._behaviours[name].start for name in names}, now_ns)

    def _value(self, name: str, now_ns: int) -> Any:
        behaviour = self._behaviours[name]
        if behaviour.motion is Motion.HELD:
            if behaviour.scaled_by is None:
                return self._levels[name]
            size = self._value(behaviour.scaled_by, now_ns)
            return behaviour.base + (self._levels[name] - behaviour.base) * size
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
