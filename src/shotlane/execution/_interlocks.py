"""Interlocks: conditions that end the run, and channels that must not fall silent.

Doubt counts as danger: a failed reading does not interrupt the debounce of a condition that held, and a
channel without a valid reading for `blind_ns` trips, and so does a condition that has no value for so long
after its windows could have been full. Once one has tripped, nothing else does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shotlane.execution._observation import Observation
from shotlane.model import Channel
from shotlane.plan import InterlockPlan
from shotlane.records import has_value
from shotlane.results import History


@dataclass(frozen=True, slots=True)
class Trip:
    """Why an interlock tripped; `values`: the newest reading of each of its channels, in its unit."""

    name: str
    message: str
    values: Mapping[str, Any]


@dataclass(slots=True, eq=False)
class _Watched:
    """One interlock, when its condition last had a value, or the watch began, and since when it holds."""

    plan: InterlockPlan
    history: History
    known_ns: int
    since_ns: int | None = None

    @property
    def unknown_ns(self) -> int:
        """When it has had no value for too long."""
        windows = [figure.window_ns or 0 for figure in self.plan.condition.figures]
        return self.known_ns + max(windows, default=0) + self.plan.blind_ns


class Interlocks:
    """The interlocks in force. One thread at a time; times on the clock.

    `trip` is called once. `tried_ns`: when each channel was last read, whatever it gave.
    """

    def __init__(self, channels: Sequence[Channel], trip: Callable[[Trip], None]) -> None:
        self._channels = channels
        self._trip = trip
        self._watched: list[_Watched] = []
        # By channel, over all shots: the last valid reading, and when it was made, or the watch begun.
        self._values: dict[int, Any] = {}
        self._valid_ns: dict[int, int] = {}
        self.tripped = False
        self.tried_ns: dict[int, int] = {}
        self.polls: Mapping[int, int] = {}
        self.channels: frozenset[int] = frozenset()  # that any of them hangs on

    def use(self, plans: Sequence[InterlockPlan], now_ns: int) -> None:
        """Put those of a shot in force; one that says the same as before goes on where it was."""
        before = {watched.plan.name: watched for watched in self._watched}
        self.channels = frozenset(channel for plan in plans for channel in plan.condition.channels)
        for channel in self.channels:
            self._valid_ns.setdefault(channel, now_ns)
        self._watched = [self._carried_on(plan, before.get(plan.name), now_ns) for plan in plans]
        polls: dict[int, int] = {}
        for plan in plans:
            for channel, period_ns in plan.polls.items():
                polls[channel] = min(period_ns, polls.get(channel, period_ns))
        self.polls = polls

    def _carried_on(self, plan: InterlockPlan, before: _Watched | None, now_ns: int) -> _Watched:
        condition = plan.condition
        if before is None or before.plan.condition.figures != condition.figures:
            # A look-back that begins anew in each shot does not make an unknown condition known.
            known_ns = now_ns if before is None else before.known_ns
            return _Watched(plan, History(condition.figures, self._channels), known_ns)
        if before.plan.condition == condition:
            return _Watched(plan, before.history, before.known_ns, before.since_ns)
        watched = _Watched(plan, before.history, before.known_ns)
        # What was read last may be allowed at one point of the sweep and not at the next.
        self._judge(watched, now_ns)
        return watched

    def take(self, observation: Observation) -> None:
        """Look at a reading."""
        channel, at_ns, value = observation
        self.tried_ns[channel] = at_ns
        if not has_value(value):
            return
        self._valid_ns[channel], self._values[channel] = at_ns, value
        for watched in self._watched:
            if channel in watched.plan.condition.channels:
                watched.history.add(channel, at_ns, value)
                self._judge(watched, at_ns)

    def _judge(self, watched: _Watched, at_ns: int) -> None:
        holds = watched.history.holds(watched.plan.condition)
        if holds is not None:
            watched.known_ns = at_ns
        if holds is False:
            watched.since_ns = None
        elif holds:
            watched.since_ns = at_ns if watched.since_ns is None else watched.since_ns
            self._check_hold(watched, at_ns)

    def look(self, now_ns: int) -> None:
        """Look at the time."""
        for watched in self._watched:
            self._check_hold(watched, now_ns)
            blind_ns = watched.plan.blind_ns
            for channel in watched.plan.condition.channels:
                if now_ns >= self._valid_ns[channel] + blind_ns:
                    name = self._channels[channel].name
                    self._tripped(watched, f"no valid reading of {name} for {blind_ns / 1e9:g} s")
            if now_ns >= watched.unknown_ns:
                self._tripped(watched, _no_value(watched, now_ns))

    @property
    def due_ns(self) -> int | None:
        """When to look at the time, if no reading comes before."""
        if self.tripped:
            return None
        dues = [
            self._valid_ns[channel] + watched.plan.blind_ns
            for watched in self._watched
            for channel in watched.plan.condition.channels
        ]
        dues += [
            watched.since_ns + watched.plan.hold_ns
            for watched in self._watched
            if watched.since_ns is not None
        ]
        dues += [watched.unknown_ns for watched in self._watched]
        return min(dues, default=None)

    def _check_hold(self, watched: _Watched, now_ns: int) -> None:
        since_ns, plan = watched.since_ns, watched.plan
        if since_ns is not None and now_ns >= since_ns + plan.hold_ns:
            self._tripped(watched, f"{plan.condition.text} ({self._readings(watched)})")

    def _readings(self, watched: _Watched) -> str:
        """The newest readings, as a person wants them."""
        told = {self._channels[channel].name: self._told(channel) for channel in self._known(watched)}
        if len(told) == 1:
            return f"it was {next(iter(told.values()))}"
        return ", ".join(f"{name} was {value}" for name, value in told.items())

    def _known(self, watched: _Watched) -> list[int]:
        return [channel for channel in watched.plan.condition.channels if channel in self._values]

    def _told(self, channel: int) -> str:
        value, unit = self._values[channel], self._channels[channel].attribute.unit
        if isinstance(value, bool | str):
            return str(value).lower() if isinstance(value, bool) else value
        return f"{value:.6g} {unit.text}" if unit is not None and unit.text else f"{value:.6g}"

    def _tripped(self, watched: _Watched, why: str) -> None:
        if self.tripped:
            return
        self.tripped = True
        name = watched.plan.name
        values = {self._channels[channel].name: self._values[channel] for channel in self._known(watched)}
        self._trip(Trip(name, f"interlock {name}: {why}", values))


def _no_value(watched: _Watched, now_ns: int) -> str:
    """Why a condition is unknown although its channels are read: mostly a window shorter than a poll."""
    silent_s = (now_ns - watched.known_ns) / 1e9
    return f"{watched.plan.condition.text} has had no value for {silent_s:.3g} s: too few readings come"
