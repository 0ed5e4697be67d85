"""A driver without a device: what the instrument document says of it, moving with the clock it is given.

The same class serves sim://, --mock and virtual time. It takes no time, has no faults and keeps every limit
that the real driver keeps, because the pool checks them before either.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from shotlane.instruments._behaviour import Argument
from shotlane.instruments._contract import Identity, InstrumentError, Notify, Reading
from shotlane.instruments._definition import Definition
from shotlane.instruments._noise import Noise
from shotlane.instruments._world import World
from shotlane.model import Attribute, Command, ValueType


class SimulatedDriver:
    """Drives the simulation of one instrument. Implements `Driver` and `ShotAware`."""

    def __init__(
        self, definition: Definition, *, now_ns: Callable[[], int], seed: int, notify: Notify
    ) -> None:
        self._definition = definition
        self._behaviours = definition.world.attributes
        self._now_ns = now_ns
        self._notify = notify
        self._noises = {
            name: Noise(seed, f"{definition.role}.{name}")
            for name, behaviour in self._behaviours.items()
            if behaviour.noise
        }
        self._world = World(definition.attributes, self._behaviours, now_ns())

    def open(self) -> Identity:
        """Begin the simulation and take the set-up."""
        definition = self._definition
        self._world = World(definition.attributes, self._behaviours, self._now_ns())
        for name, value in definition.setup.items():
            self.write(name, value)
            self._notify("instrument.set-up", {"attribute": name, "value": value, "exchanges": 0})
        return Identity(maker="shotlane", model=f"simulated {definition.document.instrument}")

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Restart the noise of every channel for this attempt."""
        for noise in self._noises.values():
            noise.begin_attempt(shot, attempt)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes, all at one instant."""
        now = self._now_ns()
        return {name: Reading(self._observed(name, now)) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set an attribute."""
        if name not in self._definition.attributes:
            raise InstrumentError("rejected", f"there is no attribute '{name}'")
        self._world.set({name: value}, self._now_ns())

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Do what `simulate:` says of the command; nothing without it."""
        if command not in self._definition.commands:
            raise InstrumentError("rejected", f"there is no command '{command}'")
        effects = self._definition.world.effects.get(command)
        if effects:
            values = {
                name: arguments[effect.name] if isinstance(effect, Argument) else effect
                for name, effect in effects.items()
                if not isinstance(effect, Argument) or effect.name in arguments
            }
            self._world.set(values, self._now_ns())

    def make_safe(self) -> None:
        """Nothing beyond the declared safe values."""

    def close(self) -> None:
        """Nothing is held."""

    def _observed(self, name: str, now_ns: int) -> Any:
        """Value as a reading shows it: with noise, rounded to what is meant."""
        value = self._world.value(name, now_ns)
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
        return np.array([noise.normal() for _ in range(shape[0])]) if shape else noise.normal()
