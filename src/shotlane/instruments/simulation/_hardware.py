"""A simulated instrument that keeps time itself.

It is a sequencer, whose edges come about as time passes, or takes a frame at each rising edge of its trigger.
Both meet in their common world: a frame shows what is true at the instant of its edge.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shotlane.instruments.definition._contract import Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.simulation._driver import SimulatedDriver

Change = tuple[int, Mapping[str, Any]]


class SimulatedHardware(SimulatedDriver):
    """Adds tables to the simulated driver. Implements `HardwareTimed`."""

    _table: ProgramTable | None = None
    _armed = False
    _over_ns: int | None = None
    _taken: Mapping[str, list[Reading]] = {}
    _unwatch: Callable[[], None] | None = None

    @property
    def time_step_ns(self) -> int:
        """What times of edges are multiples of."""
        return self._definition.time_step_ns or 1

    def program(self, table: ProgramTable) -> None:
        """Keep a table, in place of the one before."""

        def act(now: int) -> None:
            self._end(now)
            self._table = table

        self._exchange("program", ["program"], act)

    def arm(self) -> None:
        """Wait for the trigger."""
        self._exchange("arm", ["arm"], self._begin_to_wait)

    def trigger(self) -> None:
        """Let the edges come, counted from now."""
        self._exchange("trigger", ["trigger"], self._start)

    def collect(self) -> Mapping[str, Sequence[Reading]]:
        """The frames that were taken."""
        frames: Mapping[str, Sequence[Reading]] = self._exchange("collect", ["collect"], self._collected)
        return frames

    def stop(self) -> None:
        """Let no further edge come."""
        self._exchange("stop", ["stop"], self._end)

    def open(self) -> Any:
        """Begin; a table of whoever had it before is over."""
        identity = super().open()
        self._end(self._now_ns())
        return identity

    def _begin_to_wait(self, now: int) -> None:
        table, trigger = self._table, self._definition.triggered_by
        if table is None:
            raise self._fault("rejected", "there is no table to arm", "arm")
        self._armed = True
        if trigger is not None:
            self._state.world.let_pass(now)  # what came before it was armed takes no frame
            self._taken = {name: [] for name in table.frames}
            self._unwatch = self._state.world.watch(trigger, self._take)

    def _take(self, at_ns: int) -> None:
        for name, frames in self._taken.items():
            frames.append(Reading(self._state.observed(name, at_ns)))

    def _start(self, now: int) -> None:
        if self._table is None or not self._armed:
            raise self._fault("rejected", "it was triggered and not armed", "trigger")
        role = self._definition.role
        self._over_ns = now + self._table.duration_ns
        self._state.world.plan(
            (now + at_ns, {f"{role}.{name}": value})
            for name, edges in self._table.outputs.items()
            for at_ns, value in zip(edges.times_ns.tolist(), edges.values, strict=True)
        )

    def _collected(self, now: int) -> Mapping[str, Sequence[Reading]]:
        over_ns = self._over_ns
        if self._definition.triggered_by is None:
            if over_ns is None:
                raise self._fault("rejected", "its table was never triggered", "collect")
            if over_ns > now:
                self._pass_ns(over_ns - now)
        self._state.world.let_pass(max(now, over_ns or 0))
        frames = self._taken
        if self._table is not None and any(len(frames.get(k, ())) < n for k, n in self._table.frames.items()):
            self._wait_in_vain()
        self._end(max(now, over_ns or 0))
        return frames

    def _wait_in_vain(self) -> None:
        """Edges that did not come may still come, until the timeout."""
        self._pass_ns(self._timeout_ns)
        self._state.world.let_pass(self._now_ns())

    def _end(self, now: int) -> None:
        if self._unwatch is not None:
            self._unwatch()
        if self._table is not None:
            role = self._definition.role
            self._state.world.forget([f"{role}.{name}" for name in self._table.outputs], now)
        self._table, self._armed, self._over_ns, self._unwatch = None, False, None, None
        self._taken = {}


def simulated_class(definition: Definition) -> type[SimulatedDriver]:
    """What drives the simulation of an instrument."""
    return SimulatedDriver if definition.time_step_ns is None else SimulatedHardware
