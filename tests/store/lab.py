"""A small run, recorded the way execution records one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from shotlane.records import (
    ActionKind,
    ActionRow,
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    ChannelRecord,
    Event,
    Fault,
    Outcome,
    Recorder,
    ResultRow,
    RunEnd,
    RunStart,
    SampleRow,
    ShotEnd,
    ShotStart,
    Status,
    StepRecord,
    Tally,
)

DAY_NS = 86_400_000_000_000
START_NS = 20_000 * DAY_NS + 123_456_789  # 2024-10-04T00:00:00.123456789Z
MS = 1_000_000
S = 1_000_000_000

CHANNELS = (
    ChannelRecord(0, "furnace.temperature", "float", "degC"),
    ChannelRecord(1, "furnace.count", "int", None),
    ChannelRecord(2, "gas.shutoff", "bool", None),
    ChannelRecord(3, "gas.name", "option", None),
    ChannelRecord(4, "scope.trace", "array", "V"),
    ChannelRecord(5, "furnace.setpoint", "float", "degC"),
)
UNITS = {"T_soak": "degC", "flow": "cm**3/min", "background": None, "gas": None}


def run_start(**changes: Any) -> RunStart:
    values: dict[str, Any] = {
        "sequence": "furnace-ramp",
        "station": "demo",
        "started_utc_ns": START_NS,
        "shots_planned": 3,
        "plan_digest": "d0",
        "channels": CHANNELS,
        "parameter_units": UNITS,
        "tags": ("commissioning",),
        "stamps": ("mocked",),
        "documents": {"furnace-ramp.yaml": "sequence: furnace-ramp\n"},
        "environment": {"python": "3.12"},
    }
    return RunStart(**(values | changes))


def parameters(shot: int) -> dict[str, Any]:
    return {"T_soak": 20.0 * shot + 20, "flow": 10.5, "background": shot % 2 == 0, "gas": "He"}


def sample(channel: int, tick: int, value: Any, **changes: Any) -> SampleRow:
    target = tick * 20 * MS
    row = SampleRow(channel, tick, target, target + 5_000, target + 900_000, value, Status.OK)
    return row._replace(**changes)


def setting(number: int, value: Any, **changes: Any) -> ActionRow:
    target = number * 10 * MS
    row = ActionRow(
        number, ActionKind.PLANNED, 5, None, target, target + 1_000, target + 2_000, value, Status.OK
    )
    return row._replace(**changes)


def tally(rows: Sequence[SampleRow], channel: int = 0) -> Tally:
    own = [row.status for row in rows if row.channel == channel]
    counts = [own.count(status) for status in Status]
    return Tally(CHANNELS[channel].name, "readings", sum(counts), *counts)


def begin_shot(recorder: Recorder, shot: int, values: Mapping[str, Any] | None = None) -> None:
    recorder.begin_shot(ShotStart(shot, parameters(shot) if values is None else values, f"d{shot}"))


FAULT = Fault("timeout", "no answer within 0.3 s", {"role": "furnace"})
STEPS = (StepRecord("heat", 0, 30 * MS), StepRecord("soak", 30 * MS, 100 * MS))


def record_attempt(
    recorder: Recorder,
    shot: int,
    rows: Iterable[SampleRow] = (),
    actions: Iterable[ActionRow] = (),
    *,
    attempt: int = 1,
    fault: Fault | None = None,
    results: tuple[ResultRow, ...] = (),
) -> AttemptBuffer:
    began = START_NS + shot * S + (attempt - 1) * 100 * MS
    buffer = recorder.begin_attempt(AttemptStart(shot, attempt, began, STEPS))
    buffer.samples.extend(rows)
    buffer.actions.extend(actions)
    outcome = Outcome.DONE if fault is None else Outcome.ERRORED
    tallies = (tally(list(rows)),) if isinstance(rows, list) else ()
    times = (began + 10 * MS, began + 60 * MS)
    recorder.end_attempt(AttemptEnd(shot, attempt, *times, outcome, fault, tallies, results))
    return buffer


def record_shot(
    recorder: Recorder,
    shot: int,
    rows: Iterable[SampleRow] = (),
    actions: Iterable[ActionRow] = (),
    values: Mapping[str, Any] | None = None,
) -> None:
    begin_shot(recorder, shot, values)
    record_attempt(recorder, shot, rows, actions)
    recorder.end_shot(ShotEnd(shot, Outcome.DONE, 1))


def end_run(recorder: Recorder, outcome: Outcome = Outcome.DONE, reason: str | None = None) -> None:
    recorder.end_run(RunEnd(START_NS + 60 * S, outcome, reason, {"shots": 3}))


def four_readings(shot: int) -> list[SampleRow]:
    return [sample(0, tick, shot + tick / 4) for tick in range(4)]


def record_run(
    recorder: Recorder,
    shots: int = 3,
    rows: Callable[[int], list[SampleRow]] = four_readings,
    **changes: Any,
) -> int:
    """A whole run of good shots; returns its number."""
    number = recorder.begin_run(run_start(shots_planned=shots, **changes))
    recorder.event(Event("run.started", START_NS, {"shots": shots}))
    for shot in range(1, shots + 1):
        record_shot(recorder, shot, rows(shot), [setting(0, 25.0), setting(1, 25.9)])
    recorder.event(Event("run.ended", START_NS + S, {"outcome": "done"}))
    end_run(recorder)
    return number
