"""Two logs of one attempt side by side: what was recorded, and what was made again.

Commands are compared port by port in their order, with value and planned time; readings by channel, number
and planned time. Of an attempt that was cut short, what the journal does not tell was not reached.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.archives._journal import AttemptLog, Command
from shotlane.execution import Made
from shotlane.plan import Plan, ShotPlan
from shotlane.records import ActionKind, ActionRow, ChannelRecord, SampleRow
from shotlane.store import action_rows

_Stream = tuple[int, str]
_Count = Mapping[tuple[str, str], tuple[int, int, int]]
_KINDS = {ActionKind.SETUP: "set-up", ActionKind.SAFE: "safe state"}


@dataclass(frozen=True, slots=True)
class Departure:
    """Where what would be sent departs from what was recorded. `lane` and `step`: None where it has none."""

    shot: int
    attempt: int
    lane: str | None
    step: str | None
    message: str


class LogDigest:
    """SHA-256 over command logs, one attempt after the other."""

    def __init__(self) -> None:
        self._whole = sha256()

    def add(self, streams: Mapping[_Stream, Sequence[Command]], readings: NDArray[np.int64]) -> None:
        """Take the log of one attempt."""
        for stream in sorted(streams):
            told = [[int(one.kind), *_key(one)] for one in streams[stream]]
            self._whole.update(json.dumps([stream, told], separators=(",", ":")).encode())
        self._whole.update(readings.astype("<i8").tobytes())

    @property
    def digest(self) -> str:
        """Of all that was taken."""
        return self._whole.hexdigest()


class LogComparison:
    """Compares attempts of a run. `channels`: those of the run, of which the plan's come first."""

    def __init__(self, plan: Plan, channels: Sequence[ChannelRecord]) -> None:
        self._plan = plan
        self._channels = channels
        self.recorded, self.made = LogDigest(), LogDigest()
        self.commands = self.readings = 0

    def departures(self, log: AttemptLog, made: Made, shot: ShotPlan) -> list[Departure]:
        """What differs in an attempt, the earliest first."""
        ports = {
            call.role: name
            for segment in shot.segments
            for name, port in segment.ports.items()
            for call in port.calls
        }
        again = _commands(made.actions)
        recorded, replayed = self._streams(log.commands, ports), self._streams(again, ports)
        for stream in self._open_streams(log, replayed):
            replayed[stream] = replayed[stream][: len(recorded.get(stream, ()))]
        readings = self._reached(log, _readings(made.samples))
        self.recorded.add(recorded, log.readings)
        self.made.add({name: rows for name, rows in replayed.items() if rows}, readings)
        self.commands += len(log.commands)
        self.readings += len(log.readings)
        told = [*self._of_commands(log, recorded, replayed), *self._of_readings(log, readings)]
        if not told:
            told = list(self._of_counts(log, made))
        if told and made.fault is not None and log.whole:
            told.insert(
                0, _departure(log, None, None, f"made again, it ends with a fault: {made.fault.message}")
            )
        return told

    def _streams(self, commands: Iterable[Command], ports: Mapping[str, str]) -> dict[_Stream, list[Command]]:
        """Commands by what keeps their order: a port, a table, or in the safe state an instrument."""
        found: defaultdict[_Stream, list[Command]] = defaultdict(list)
        for command in commands:
            found[int(command.kind), self._place(command, ports)].append(command)
        return dict(found)

    def _place(self, command: Command, ports: Mapping[str, str]) -> str:
        role = self._lane(command).partition(".")[0]
        if command.kind is ActionKind.SAFE:
            return role
        if command.channel is None:
            return f"port {ports.get(role, role)}"
        channel = self._plan.channels[command.channel]
        return f"table of {role}" if channel.programmed else f"port {channel.port}"

    def _open_streams(self, log: AttemptLog, replayed: Mapping[_Stream, list[Command]]) -> list[_Stream]:
        """Of which the record may hold the beginning only."""
        return [
            (kind, place)
            for kind, place in replayed
            if (kind == ActionKind.SETUP and not log.has_origin)
            or (kind == ActionKind.PLANNED and not log.whole and place.startswith("table "))
            or (kind == ActionKind.SAFE and log.outcome is None)
        ]

    def _reached(self, log: AttemptLog, readings: NDArray[np.int64]) -> NDArray[np.int64]:
        """Without frames of tables that were stopped."""
        if log.whole:
            return readings
        frames = [index for index, channel in enumerate(self._plan.channels) if channel.triggered]
        known = np.isin(readings[:, 0], log.readings[:, 0])
        return readings[known | ~np.isin(readings[:, 0], frames)]

    def _of_commands(
        self,
        log: AttemptLog,
        recorded: Mapping[_Stream, Sequence[Command]],
        replayed: Mapping[_Stream, Sequence[Command]],
    ) -> Iterator[Departure]:
        for stream in sorted({*recorded, *replayed}):
            then, now = recorded.get(stream, ()), replayed.get(stream, ())
            if list(then) == list(now):
                continue
            found = list(self._missing(log, then, now))
            yield from found
            if not found:
                first = next(one for one, other in zip(then, now, strict=True) if one != other)
                told = f"{stream[1]} got the same commands in another order"
                yield _departure(log, self._lane(first), self._step(log, first.target_ns), told)

    def _missing(
        self, log: AttemptLog, then: Sequence[Command], now: Sequence[Command]
    ) -> Iterator[Departure]:
        """What only one of the two has; of one lane and instant, together."""
        sides = [Counter(then) - Counter(now), Counter(now) - Counter(then)]
        places: dict[tuple[int, str], tuple[list[Command], list[Command]]] = {}
        for side, counter in enumerate(sides):
            for command in counter.elements():
                place = (command.target_ns or 0, self._lane(command))
                places.setdefault(place, ([], []))[side].append(command)
        for (_, lane), (old, new) in sorted(places.items()):
            first = (old or new)[0]
            told = f"recorded {self._told(old)}, made again {self._told(new)}"
            yield _departure(log, lane, self._step(log, first.target_ns), f"{_when(first)}: {told}")

    def _told(self, commands: Sequence[Command]) -> str:
        return ", ".join(self._one(command) for command in commands) or "nothing"

    def _one(self, command: Command) -> str:
        if command.channel is None:
            return str(command.command)
        unit = self._channels[command.channel].unit
        value = command.text if command.value is None else f"{command.value:.12g}"
        return f"{value}" if unit is None else f"{value} {unit}"

    def _lane(self, command: Command) -> str:
        if command.channel is None:
            return str(command.command).partition(".")[0]
        return self._channels[command.channel].name

    def _step(self, log: AttemptLog, at_ns: int | None) -> str | None:
        if at_ns is None:
            return None
        return next((name for name, (start, end) in log.steps.items() if start <= at_ns < end), None)

    def _of_readings(self, log: AttemptLog, readings: NDArray[np.int64]) -> Iterator[Departure]:
        if np.array_equal(log.readings, readings):
            return
        then = {tuple(row) for row in log.readings.tolist()}
        now = {tuple(row) for row in readings.tolist()}
        for channel in sorted({row[0] for row in then ^ now}):
            own = [sorted(row for row in rows if row[0] == channel) for rows in (then - now, now - then)]
            first = min(row[2] for rows in own for row in rows)
            told = (
                f"from {first / 1e9:.9g} s on, {len(own[0])} of its readings are only recorded, "
                f"and {len(own[1])} are only made again"
            )
            yield _departure(log, self._channels[channel].name, self._step(log, first), told)

    def _of_counts(self, log: AttemptLog, made: Made) -> Iterator[Departure]:
        """Rows that are neither recorded nor counted as left out."""
        if not log.whole:
            return
        rows = Counter((self._lane(one), "actions") for one in log.commands if one.kind is ActionKind.PLANNED)
        rows += Counter({(self._channels[index].name, "readings"): n for index, n in _numbers(log.readings)})
        for tally in made.tallies:
            planned, unreached, dropped = log.counts.get((tally.channel, tally.what), (0, 0, 0))
            told = rows[tally.channel, tally.what]
            if planned != tally.planned:
                text = f"{planned} {tally.what} were planned by its record, and {tally.planned} are"
                yield _departure(log, tally.channel, None, text)
            elif told != planned - unreached - dropped:
                text = (
                    f"{planned - unreached - dropped} {tally.what} were made by its record, which has {told}"
                )
                yield _departure(log, tally.channel, None, text)


def _numbers(readings: NDArray[np.int64]) -> list[tuple[int, int]]:
    channels, counts = np.unique(readings[:, 0], return_counts=True)
    return list(zip(channels.tolist(), counts.tolist(), strict=True))


def _key(command: Command) -> tuple[object, ...]:
    return (command.channel, command.command, command.target_ns, command.value, command.text)


def _when(command: Command) -> str:
    if command.target_ns is None:
        return _KINDS[command.kind]
    return f"at {command.target_ns / 1e9:.9g} s"


def _departure(log: AttemptLog, lane: str | None, step: str | None, message: str) -> Departure:
    return Departure(log.shot, log.attempt, lane, step, message)


def _commands(actions: Iterable[ActionRow]) -> list[Command]:
    """Commands as they would be archived, in the order they were made."""
    rows: list[tuple[Any, ...]] = []
    action_rows(0, sorted(actions, key=lambda row: row.number), rows)
    return [_command(*row) for row in rows]


def _command(
    _key: object, _number: object, kind: int, channel: int | None, command: str | None, target_ns: int,
    _requested: object, _received: object, value: float | None, text: str | None, *_: object,
) -> Command:  # fmt: skip
    at_ns = target_ns if kind == ActionKind.PLANNED else None
    what = (None, None) if channel is None else (value, text)
    return Command(ActionKind(kind), channel, command, at_ns, *what)


def _readings(samples: Sequence[SampleRow]) -> NDArray[np.int64]:
    rows = np.array([row[:3] for row in samples], dtype=np.int64).reshape(-1, 3)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]
