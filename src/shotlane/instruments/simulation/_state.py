"""The state of the simulated instruments of one pool: those that act on each other share one world.

An instrument begins when it is first opened, and again only when it restarts: who hangs up and comes back
finds it as it was left.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from shotlane.instruments.definition._behaviour import Argument, Behaviour
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.simulation._noise import Noise
from shotlane.instruments.simulation._world import World
from shotlane.model import ValueType


class SimulatedState:
    """One instrument: its values as a reading shows them, and what a set or a command does."""

    def __init__(self, definition: Definition, world: Callable[[], World], seed: int) -> None:
        self._definition = definition
        self._behaviours = definition.world.attributes
        self._shared = world
        self._noises = {
            name: Noise(seed, f"{definition.role}.{name}")
            for name, behaviour in self._behaviours.items()
            if behaviour.noise
        }
        self._has_begun = False

    def begin(self, now_ns: int) -> None:
        """Begin, unless it has."""
        if not self._has_begun:
            self._has_begun = True
            self.restart(now_ns)

    def restart(self, now_ns: int) -> None:
        """Forget everything."""
        self._shared().reset([self._full(name) for name in self._behaviours], now_ns)

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Restart the noise of every channel for this attempt."""
        for noise in self._noises.values():
            noise.begin_attempt(shot, attempt)

    def set(self, values: Mapping[str, Any], now_ns: int) -> None:
        """Give attributes new values."""
        self._shared().set({self._full(name): value for name, value in values.items()}, now_ns)

    @property
    def world(self) -> World:
        """What it shares with those that it acts on."""
        return self._shared()

    def carry_out(self, command: str, arguments: Mapping[str, Any], now_ns: int) -> None:
        """Do what `simulate:` says of a command; nothing without it."""
        effects = self._definition.world.effects.get(command)
        if effects:
            values = {
                name: arguments[effect.name] if isinstance(effect, Argument) else effect
                for name, effect in effects.items()
                if not isinstance(effect, Argument) or effect.name in arguments
            }
            self.set(values, now_ns)

    def observed(self, name: str, now_ns: int) -> Any:
        """Value as a reading shows it: with noise, rounded to what is meant."""
        value = self._shared().value(self._full(name), now_ns)
        if name in self._noises:
            value = value + self._behaviours[name].noise * self._deviates(name, np.shape(value))
        match self._definition.attributes[name].type:
            case ValueType.FLOAT:
                return float(f"{value:.12g}")
            case ValueType.INT:
                return round(value)
            case ValueType.ARRAY:
                return np.array(value)  # a reading of its own, not what the simulation goes on with
            case _:
                return value

    def _deviates(self, name: str, shape: tuple[int, ...]) -> Any:
        noise = self._noises[name]
        if not shape:
            return noise.normal()
        return np.array([noise.normal() for _ in range(int(np.prod(shape)))]).reshape(shape)

    def _full(self, name: str) -> str:
        return f"{self._definition.role}.{name}"


class SimulatedStates:
    """The states of a station. `couplings`: by channel, how it moves with a channel of another instrument."""

    def __init__(
        self, definitions: Iterable[Definition], couplings: Mapping[str, Behaviour], seed: int, now_ns: int
    ) -> None:
        simulated = {one.role: one.own for one in definitions if one.simulated}
        self._couplings = {
            name: behaviour
            for name, behaviour in couplings.items()
            if {_role(name), _role(str(behaviour.source))} <= set(simulated)
        }
        self._seed, self._now_ns = seed, now_ns
        self._definitions = simulated
        self._worlds: dict[str, World] = {}
        self._lock = Lock()

    def of(self, role: str) -> SimulatedState:
        """A new state of an instrument that may act on others."""
        return SimulatedState(self._definitions[role], lambda: self._world(role), self._seed)

    def _world(self, role: str) -> World:
        with self._lock:
            if role not in self._worlds:
                together = self._together(role)
                world = self._made([self._definitions[one] for one in together])
                self._worlds |= dict.fromkeys(together, world)
            return self._worlds[role]

    def _together(self, role: str) -> list[str]:
        """The roles that act on each other, directly or not, in the order of the station."""
        pairs = [(_role(name), _role(str(one.source))) for name, one in self._couplings.items()]
        pairs += [
            (one.role, _role(one.triggered_by)) for one in self._definitions.values() if one.triggered_by
        ]
        found, size = {role}, 0
        while len(found) > size:
            size = len(found)
            found |= {one for pair in pairs if found & set(pair) for one in pair}
        return [one for one in self._definitions if one in found]

    def _made(self, definitions: list[Definition]) -> World:
        attributes, behaviours = {}, {}
        for definition in definitions:
            for name, behaviour in definition.world.attributes.items():
                full = f"{definition.role}.{name}"
                attributes[full] = definition.attributes[name]
                behaviours[full] = coupled(qualified(behaviour, definition.role), self._couplings.get(full))
        return World(attributes, behaviours, self._now_ns)


def qualified(behaviour: Behaviour, role: str) -> Behaviour:
    """A behaviour whose names hold in the whole station."""
    source, unless, size = behaviour.source, behaviour.unless, behaviour.scaled_by
    return replace(
        behaviour,
        source=source and f"{role}.{source}",
        unless=unless and f"{role}.{unless}",
        scaled_by=size and f"{role}.{size}",
    )


def coupled(own: Behaviour, coupling: Behaviour | None) -> Behaviour:
    """How an attribute moves: with its own start and noise, and with the source of its coupling."""
    if coupling is None:
        return own
    return replace(coupling, start=own.start, noise=own.noise)


def _role(channel: str) -> str:
    return channel.partition(".")[0]
