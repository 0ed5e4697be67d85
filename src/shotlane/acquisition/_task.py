"""A task: what a component shall do by itself, for how long, and what it shall measure meanwhile.

Everything in it is looked at when it is submitted, before anything is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotlane.acquisition._handle import Handle
from shotlane.acquisition._record import RecordOptions
from shotlane.acquisition._sample import MeasuredChannel
from shotlane.acquisition._source import UnknownChannelError, chosen
from shotlane.diagnostics import did_you_mean
from shotlane.expression import parse_literal, parse_unit
from shotlane.instruments import ProgramTable, RefusedValueError, accepted, written_value
from shotlane.model import Attribute, ScalarValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a component shall do.

    `set`: parameters that are set first, in this order: numbers in their units, or texts such as "60 degC".
    `sample`: attributes that are read `every` so often, all that can be read without it, none of `[]`.
    `duration`: how long at most. Both in s, or as "10 ms". `program`: what an instrument that keeps time
    itself does by itself, in place of `sample`; its frames are collected at the end, and `duration` is that
    of the table. `name` is for people.
    """

    set: Mapping[str, ScalarValue] = field(default_factory=dict)
    sample: str | Iterable[str] | None = None
    every: float | str | None = None
    duration: float | str | None = None
    program: ProgramTable | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckedTask:
    """A task that can be done. `options`: when to read; `planned`: how many readings there will be."""

    task: Task
    sets: Sequence[tuple[str, ScalarValue]]
    channels: Sequence[MeasuredChannel]
    options: RecordOptions | None
    duration_s: float
    planned: int

    def elapsed_s(self, tick: int) -> float | None:
        """From its first tick to this one; None of frames, whose instants nobody knows."""
        return None if self.options is None else self.options.grid.offset_ns(tick) / 1e9


def check_task(task: Task, handle: Handle) -> CheckedTask:
    """Look at every part of a task. Raises `ValueError`, of which `UnknownChannelError` and others are."""
    sets = [(name, checked_value(handle, name, value)) for name, value in task.set.items()]
    if task.program is not None:
        return _programmed(task, handle, task.program, sets)
    if task.duration is None:
        raise ValueError("a task has a duration: how long it goes on at most")
    duration_s = _seconds("duration", task.duration)
    wanted = task.sample if task.sample is None or isinstance(task.sample, str) else list(task.sample)
    if wanted is not None and not wanted:
        return CheckedTask(task, sets, [], None, duration_s, 0)
    if task.every is None:
        raise ValueError("a task that samples says how often: every=0.1, in s, or every='100 ms'")
    channels = chosen(handle.channels, wanted, None)
    options = RecordOptions(period=_seconds("every", task.every), duration=duration_s)
    return CheckedTask(task, sets, channels, options, duration_s, len(channels) * (options.grid.ticks or 0))


def checked_value(handle: Handle, name: str, value: Any) -> ScalarValue:
    """A value as an attribute takes it. Raises `ValueError`."""
    attribute = _attribute(handle, name)
    try:
        return written_value(attribute, value)
    except RefusedValueError as error:
        told = f"{error.message}; {error.help}" if error.help else error.message
        raise ValueError(f"{handle.name}.{name}: {told}") from error


def _attribute(handle: Handle, name: str) -> Attribute:
    attribute = handle.attributes.get(name)
    if attribute is None:
        raise UnknownChannelError(f"{handle.name} has no '{name}'; {did_you_mean(name, handle.attributes)}")
    if not attribute.writable:
        raise ValueError(f"{handle.name}.{name} cannot be set")
    return attribute


def _programmed(
    task: Task, handle: Handle, table: ProgramTable, sets: Sequence[tuple[str, ScalarValue]]
) -> CheckedTask:
    if task.sample is not None or task.every is not None:
        raise ValueError("what runs a program of its own is collected at its end; leave out sample and every")
    if handle.time_step_ns is None:
        raise ValueError(f"{handle.name} does not keep time itself, and takes no program")
    duration_s = table.duration_ns / 1e9
    if task.duration is not None and _seconds("duration", task.duration) < duration_s:
        raise ValueError(f"the program takes {duration_s:g} s, longer than the duration {task.duration}")
    for name, edges in table.outputs.items():
        attribute = _attribute(handle, name)
        if (edges.times_ns < 0).any() or (edges.times_ns % handle.time_step_ns).any():
            raise ValueError(f"{handle.name}.{name}: edges lie beside the time step")
        for value in edges.values:
            try:
                accepted(attribute, value)
            except RefusedValueError as error:
                raise ValueError(f"{handle.name}.{name}: {error.message}") from error
    channels = chosen(handle.channels, list(table.frames), None) if table.frames else []
    return CheckedTask(task, sets, channels, None, duration_s, sum(table.frames.values()))


def _seconds(name: str, given: float | str) -> float:
    """A length of time as a number of seconds; further checks are those of a recording."""
    if isinstance(given, str):
        found = parse_literal(given)
        if found is None or found[1].dimension != parse_unit("s").dimension:
            raise ValueError(f"{name} is a length of time in s, or as '10 ms', not {given!r}")
        given = found[0]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        raise ValueError(f"{name} must be above 0 and finite, not {given!r}")
    return given
