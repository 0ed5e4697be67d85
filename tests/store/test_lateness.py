"""How late every channel was in every shot: quantiles out of the rows, beside the counts."""

from typing import Any

from tests.store import lab
from tests.store.test_views import _rows

from shotlane.records import (
    ActionKind,
    ActionRow,
    AttemptEnd,
    AttemptStart,
    Outcome,
    ShotEnd,
    Status,
    Tally,
)
from shotlane.store import open_recorder


def _reading(tick: int, late_ns: int | None, status: Status = Status.OK) -> Any:
    requested = None if late_ns is None else tick * lab.MS + late_ns
    return lab.sample(0, tick, 1.0, target_ns=tick * lab.MS, requested_ns=requested, status=status)


def _call(number: int, late_ns: int) -> ActionRow:
    kind, command = ActionKind.PLANNED, "balance.tare()"
    return ActionRow(number, kind, None, command, 0, late_ns, late_ns + 1, None, Status.OK)


def record_latenesses(url: str) -> None:
    """100 readings that are 1 to 100 us late and one that failed, three sets, a set-up, two calls."""
    readings = [_reading(tick, (tick + 1) * 1000) for tick in range(100)]
    readings.append(_reading(100, 9_000_000, Status.FAILED))
    sets = [lab.setting(n, 1.0, target_ns=0, requested_ns=late) for n, late in enumerate((5000, 7000, 6000))]
    setup = lab.setting(3, 1.0, target_ns=0, requested_ns=1_000_000, kind=ActionKind.SETUP)
    actions = [*sets, setup, _call(4, 2000), _call(5, 3000)]
    tallies = (
        Tally("furnace.temperature", "readings", 101, 100, 0, 1, 0, 0, 0),
        Tally("furnace.setpoint", "actions", 3, 3, 0, 0, 0, 0, 0),
        Tally("balance", "actions", 2, 2, 0, 0, 0, 0, 0),
    )
    with open_recorder(url) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=1))
        lab.begin_shot(recorder, 1)
        buffer = recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS))
        buffer.samples.extend(readings)
        buffer.actions.extend(actions)
        recorder.end_attempt(AttemptEnd(1, 1, lab.START_NS, lab.START_NS, Outcome.DONE, None, tallies))
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 1))
        lab.end_run(recorder)


def test_lateness_of_each_channel_and_shot_stands_in_a_view(store_url: str) -> None:
    record_latenesses(store_url)
    query = "SELECT * FROM lateness_view WHERE run = 1 AND shot = 1"
    found = {row["channel"]: row for row in _rows(store_url, query)}
    told = {
        name: tuple(row[key] for key in ("planned", "started", "p50_ms", "p99_ms", "max_ms"))
        for name, row in found.items()
    }
    assert told == {
        "furnace.temperature": (101, 100, 0.05, 0.099, 0.1),
        "furnace.setpoint": (3, 3, 0.006, 0.007, 0.007),
        "balance": (2, 2, 0.002, 0.003, 0.003),
    }


def test_a_channel_of_which_nothing_was_started_has_no_lateness(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        lab.record_run(recorder, shots=1, rows=lambda _: [_reading(0, None, Status.MISSED)])
    (row,) = _rows(store_url, "SELECT started, p50_ms, max_ms FROM lateness_view")
    assert row == {"started": 0, "p50_ms": None, "max_ms": None}
