"""Runs to look at: with everything that can go wrong, and of any size."""

import math
import random
from typing import Any

from tests.store import lab

from shotlane.records import (
    ActionKind,
    ActionRow,
    AttemptEnd,
    AttemptStart,
    ChannelRecord,
    Event,
    Fault,
    Outcome,
    Recorder,
    ResultRow,
    RunEnd,
    SampleRow,
    ShotEnd,
    ShotStart,
    Status,
    StepRecord,
    Tally,
)

MS, S = lab.MS, lab.S
CHANNELS = (
    ChannelRecord(0, "furnace.setpoint", "float", "degC"),
    ChannelRecord(1, "furnace.temperature", "float", "degC"),
    ChannelRecord(2, "gas.shutoff", "bool", None),
    ChannelRecord(3, "gas.gas", "option", None),
    ChannelRecord(4, "scope.trace", "array", "V"),
    ChannelRecord(5, "balance.mass", "float", "g"),
)
STEPS = (StepRecord("heat", 0, 2 * S), StepRecord("soak", 2 * S, 5 * S), StepRecord("<cool>", 5 * S, 8 * S))
EVIL = "<script>alert('x')</script> & \"more\""


def _temperature(at_s: float, soak: float) -> float:
    if at_s < 5:
        return 25 + (soak - 25) * (1 - math.exp(-at_s / 0.8))
    return 25 + (soak - 25) * math.exp(-(at_s - 5) / 1.5)


def _samples(chance: random.Random, soak: float, until_s: float, period_s: float) -> list[SampleRow]:
    rows = []
    for tick in range(int(until_s / period_s)):
        target = round(tick * period_s * S)
        late_ns = int(chance.lognormvariate(9.5, 1.2))
        status = Status.LATE if late_ns > period_s * S / 2 else Status.OK
        value: float | None = _temperature(tick * period_s, soak) + chance.gauss(0, 0.4)
        if chance.random() < 0.004:
            status, value = Status.FAILED, None
        rows.append(
            SampleRow(1, tick, target, target + late_ns, target + late_ns + 80_000, value, status, None)
        )
    return rows


def _actions(soak: float) -> list[ActionRow]:
    def one(number: int, channel: int | None, at_s: float, value: Any, **more: Any) -> ActionRow:
        at = round(at_s * S)
        row = ActionRow(
            number, ActionKind.PLANNED, channel, None, at, at + 9_000, at + 80_000, value, Status.OK
        )
        return row._replace(**more)

    ramp = [one(10 + n, 0, n * 0.1, 25 + (soak - 25) * n / 20) for n in range(21)]
    return [
        one(0, 0, -0.02, 25.0, kind=ActionKind.SETUP),
        one(1, 2, -0.01, True, kind=ActionKind.SETUP),
        one(2, 3, -0.005, "He", kind=ActionKind.SETUP),
        one(3, None, 0.0, None, command="balance.tare()"),
        *ramp,
        one(40, 2, 2.0, False),
        one(41, 3, 2.0, f"Ar {EVIL}"),
        one(42, 0, 5.0, 25.0),
        one(43, 2, 5.0, True),
        one(44, 0, 8.0, 20.0, kind=ActionKind.SAFE),
    ]


def _tallies(rows: list[SampleRow], planned: int) -> tuple[Tally, ...]:
    counts = [sum(row.status is status for row in rows) for status in Status]
    counts[Status.UNREACHED] = planned - len(rows)
    return (
        Tally("furnace.temperature", "readings", planned, *counts),
        Tally("furnace.setpoint", "actions", 22, 22, 0, 0, 0, 0, 0),
    )


def begin(recorder: Recorder, shots: int, **changes: Any) -> int:
    start = lab.run_start(
        shots_planned=shots,
        channels=CHANNELS,
        description=f"Soak at several temperatures. {EVIL}",
        stamps=("mocked", "dirty"),
        parameter_units={"T_soak": "degC", "flow": "cm**3/min", "serial": None},
        documents={
            "sequences/furnace.yaml": f"sequence: furnace-ramp  # {EVIL}\ntimeline:\n  - heat: 2 s\n",
            "stations/demo.yaml": "station: demo\n",
        },
        environment={"shotlane": "0.1.0", "python": "3.12.1", "git": {"commit": "90663f6", "dirty": True}},
    )
    number = recorder.begin_run(start.__class__(**{**_fields(start), **changes}))
    for role in ("furnace", "gas"):
        fields = {"role": role, "resource": f"tcp://127.0.0.1:50{len(role)}", "driver": "DialogueDriver"}
        recorder.event(Event("instrument.opened", lab.START_NS, fields))
        identity = {"manufacturer": "Watlow", "model": f"PM6 {EVIL}", "serial": "A-1234", "firmware": None}
        recorder.event(Event("instrument.identified", lab.START_NS, {"role": role, "identity": identity}))
    return number


def _fields(start: Any) -> dict[str, Any]:
    return {name: getattr(start, name) for name in start.__slots__}


def record_shot(
    recorder: Recorder, shot: int, soak: float, period_s: float = 0.02, *, faulty: bool = False
) -> None:
    """A shot of 8 s; a faulty one loses its thermometer at 4 s in its first attempt."""
    chance = random.Random(shot)
    recorder.begin_shot(ShotStart(shot, {"T_soak": soak, "flow": 20.0, "serial": EVIL}, f"d{shot}"))
    for attempt in (1, 2) if faulty else (1,):
        began = lab.START_NS + (shot * 20 + attempt * 9) * S
        buffer = recorder.begin_attempt(AttemptStart(shot, attempt, began, STEPS))
        buffer.origin_utc_ns = began + 50 * MS
        broken = faulty and attempt == 1
        rows = _samples(chance, soak, 4.0 if broken else 8.0, period_s)
        buffer.samples.extend(rows)
        buffer.samples.append(SampleRow(5, 0, 8 * S, 8 * S + 9_000, 8 * S + 90_000, 1.25, Status.OK))
        buffer.samples.append(SampleRow(4, 0, 4 * S, 4 * S, 4 * S + 90_000, [[1.0, 2.0]], Status.OK))
        buffer.actions.extend(_actions(soak))
        overshoot = chance.gauss(soak / 50, 0.35)
        verdict = "passed" if overshoot < 2 else "failed"
        results = (
            ResultRow("T_mean", soak + chance.gauss(0, 0.2), "degC"),
            ResultRow("overshoot", overshoot, "K", None, 2.0, None, verdict),
        )
        fault = Fault("timeout", f"no answer within 0.3 s {EVIL}") if broken else None
        outcome = Outcome.ERRORED if broken else Outcome(verdict)
        ended = began + (4 if broken else 8) * S
        if fault is not None:
            told = {"role": "furnace", "fault": "timeout", "message": fault.message}
            recorder.event(Event("instrument.faulted", ended, told, shot, attempt))
            recorder.event(
                Event("retry.scheduled", ended, {"fault": "timeout", "delay_s": 0.2}, shot, attempt)
            )
        recorder.end_attempt(
            AttemptEnd(
                shot,
                attempt,
                buffer.origin_utc_ns,
                ended,
                outcome,
                fault,
                _tallies(rows, round(8 / period_s)),
                () if broken else results,
            )
        )
    recorder.end_shot(ShotEnd(shot, outcome, 2 if faulty else 1))


def record_run_with_varying_limits(recorder: Recorder) -> int:
    """A result with a limit of its own in every shot; the last shots were left."""
    number = recorder.begin_run(lab.run_start(shots_planned=5))
    for shot, outcome in enumerate(_ENDED, 1):
        lab.begin_shot(recorder, shot)
        verdict = "failed" if outcome is Outcome.FAILED else "passed"
        figure = ResultRow("T_mean", 40.0 + 10 * shot, "degC", 38.0 + 10 * shot, 90.0, None, verdict)
        lab.record_attempt(recorder, shot, results=(figure,) if shot <= 3 else ())
        recorder.end_shot(ShotEnd(shot, outcome, 1))
    lab.end_run(recorder, Outcome.ABORTED, "too hot")
    return number


_ENDED = (Outcome.PASSED, Outcome.FAILED, Outcome.PASSED, Outcome.TERMINATED, Outcome.ABORTED)
LATENESS = {
    "furnace.temperature": {"count": 400, "p50_ns": 12_000, "p99_ns": 240_000, "max_ns": 9_100_000},
    "furnace.setpoint": {"count": 22, "p50_ns": 9_000, "p99_ns": 31_000, "max_ns": 40_000},
}


def record_troubled_run(recorder: Recorder, shots: int = 24, *, period_s: float = 0.02) -> int:
    """Retries, failed verdicts, lost readings, an instrument left unsafe, and markup in every text."""
    number = begin(recorder, shots)
    for shot in range(1, shots + 1):
        record_shot(recorder, shot, 40.0 + 60 * shot / shots, period_s, faulty=shot % 9 == 4)
    end = lab.START_NS + (shots * 20 + 30) * S
    unsafe = {"role": "gas", "attribute": "shutoff", "message": f"no answer {EVIL}"}
    recorder.event(Event("safe-state.failed", end, {"reason": "the end of the run", **unsafe}))
    summary = {"attempts": shots + 3, "lateness": LATENESS, "unsafe": [unsafe]}
    recorder.end_run(RunEnd(end, Outcome.FAILED, f"3 verdicts failed {EVIL}", summary))
    return number
