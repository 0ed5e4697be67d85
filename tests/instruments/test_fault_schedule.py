"""Faults of simulated instruments: what a run makes of them, in virtual time."""

from pathlib import Path
from textwrap import dedent, indent

import polars as pl
import pytest
from tests.instruments._stations import FURNACE, Lab, marked, only, resolve, sound

import shotlane
from shotlane import Outcome
from shotlane.analysis import LoadedRun
from shotlane.instruments import InstrumentError, build_pool
from shotlane.instruments.definition._fault_rule import FaultRule
from shotlane.instruments.simulation._fault_schedule import FaultSchedule

S = 1_000_000_000
STATION = """
station: bench
instruments:
  furnace:
    instrument: furnace
    resource: sim://
    timeout: 500 ms
    faults:
{faults}
  other: {{instrument: furnace, resource: 'sim://'}}
"""
SEQUENCE = """
language: 1
sequence: s
station: bench
timeline:
  - heat: 10 s
lanes:
  furnace.setpoint: {set: 60 degC}
  furnace.temperature: {record: 1 Hz, max_missing: 0.5}
  other.temperature: {record: 1 Hz}
"""


def station(*faults: str) -> str:
    return STATION.format(faults=indent("\n".join(f"- {{{line}}}" for line in faults), " " * 6))


def ran(folder: Path, *faults: str, more: str = "", seed: int | None = None) -> LoadedRun:
    (folder / "stations").mkdir(exist_ok=True)
    (folder / "stations" / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    (folder / "stations" / "bench.yaml").write_text(station(*faults), encoding="utf-8")
    path = folder / "s.yaml"
    path.write_text(SEQUENCE + dedent(more), encoding="utf-8")
    return shotlane.run(path, virtual_time=True, seed=seed).load()


def tally(run: LoadedRun, channel: str) -> dict[str, int]:
    (row,) = run.tallies().filter(pl.col("channel") == channel).to_dicts()
    assert row["planned"] == sum(row[key] for key in ("ok", "late", "missed", "failed", "unreached"))
    return row


def lab(folder: Path, *faults: str) -> Lab:
    made = Lab(sound(station(*faults), folder))

    def pass_ns(duration_ns: int) -> None:
        made.now_ns += duration_ns

    made.pool = build_pool(made.resolved, now_ns=made.clock, notify=made.notify, pass_ns=pass_ns)
    made.pool.open(["furnace"])
    return made


def fault_of(made: Lab, name: str = "temperature") -> str:
    with pytest.raises(InstrumentError) as caught:
        made.value("furnace", name)
    return caught.value.fault


def test_a_lost_answer_is_asked_for_again_and_takes_its_time(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: drop, request: 1")
    assert made.value("furnace", "temperature") == 20.0
    assert made.now_ns == S // 2
    ((_, _, fields),) = [event for event in made.events if event[1] == "exchange.repeated"]
    assert fields["fault"] == "timeout"
    assert "a simulated fault" in fields["message"]


@pytest.mark.parametrize(
    ("fault", "class_"),
    [("busy", "refused"), ("hang_up", "disconnected"), ("garble", "garbled"), ("timeout", "timeout")],
)
def test_each_fault_is_of_the_class_that_a_wire_gives(fault: str, class_: str, tmp_path: Path) -> None:
    assert fault_of(lab(tmp_path, f"fault: {fault}, request: 1, count: 2")) == class_


def test_a_late_answer_is_late_within_the_timeout_and_lost_beyond(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: late, by: 200 ms, request: 1", "fault: late, by: 2 s, request: 2, count: 2")
    made.value("furnace", "temperature")
    assert made.now_ns == S // 5
    assert fault_of(made) == "timeout"


def test_who_hangs_up_finds_it_as_it_was_and_who_restarts_does_not(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: hang_up, request: 2", "fault: restart, request: 4")
    made.pool.write("furnace", "setpoint", 60.0)
    assert fault_of(made, "setpoint") == "disconnected"
    assert made.value("furnace", "setpoint") == 60.0
    assert fault_of(made, "setpoint") == "disconnected"
    assert made.value("furnace", "setpoint") == 20.0
    assert made.value("furnace", "mode") == "heat"  # the set-up was sent again


def test_a_command_whose_answer_is_lost_was_carried_out(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: drop, request: 1, of: restart")
    with pytest.raises(InstrumentError):
        made.pool.call("furnace", "restart", {"level": 3})
    assert made.value("furnace", "count") == 3


def test_what_is_off_answers_nobody_until_it_is_on_again(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: death, at: 1 s, for: 5 s")
    made.value("furnace", "temperature")
    made.now_ns = 2 * S
    assert fault_of(made) == "timeout"
    made.now_ns = 7 * S
    assert made.value("furnace", "temperature") == 20.0


def test_what_is_off_cannot_be_opened(tmp_path: Path) -> None:
    made = lab(tmp_path, "fault: restart, at: 0 s, for: 5 s")
    assert fault_of(made) == "disconnected"
    assert fault_of(made) == "timeout"
    made.now_ns = 6 * S
    assert made.value("furnace", "temperature") == 20.0


def test_a_run_goes_on_over_lost_readings_and_counts_them(tmp_path: Path) -> None:
    run = ran(tmp_path, "fault: busy, at: 3 s, for: 2 s, of: temperature")
    row = tally(run, "furnace.temperature")
    assert (row["failed"], row["ok"]) == (2, row["planned"] - 2)
    assert tally(run, "other.temperature")["ok"] == 10
    assert run.outcome is Outcome.DONE
    assert "faults" in shotlane.runs(tmp_path / "data" / "shotlane.db")["stamps"][0]


def test_a_port_that_waits_holds_up_no_other(tmp_path: Path) -> None:
    run = ran(tmp_path, "fault: timeout, at: 2 s, for: 3 s")
    assert tally(run, "other.temperature")["ok"] == 10
    assert tally(run, "furnace.temperature")["ok"] < 10


def test_a_dead_instrument_ends_the_run_and_the_rest_is_made_safe(tmp_path: Path) -> None:
    run = ran(tmp_path, "fault: death, at: 2.5 s")
    assert run.outcome is Outcome.ERRORED
    assert sum(tally(run, "furnace.temperature")[key] for key in ("ok", "late")) == 3
    safe = [event for event in run.events().to_dicts() if event["type"].startswith("safe-state")]
    assert {event["type"] for event in safe} >= {"safe-state.failed"}


def test_a_restart_is_overcome_by_another_attempt(tmp_path: Path) -> None:
    more = "retry: {attempts: 2, on: [disconnected]}"
    run = ran(tmp_path, "fault: restart, at: 3.5 s", more=more)
    assert run.outcome is Outcome.DONE
    assert run.shots()["attempts"].to_list() == [2]


def test_a_point_that_fails_in_every_attempt_is_left_out_and_the_next_one_runs(tmp_path: Path) -> None:
    more = "retry: {attempts: 2, on: [refused], then: skip}\nsweep:\n  - x: [1, 2]\nparameters: {x: 1}\n"
    lines = [f"fault: busy, request: {number}, of: setpoint" for number in (1, 3)]
    run = ran(tmp_path, *lines, more=more)
    assert run.shots()["outcome"].to_list() == ["errored", "done"]


def test_a_dead_instrument_does_not_use_up_a_sweep_of_points_that_may_be_left_out(tmp_path: Path) -> None:
    more = "retry: {then: skip}\nsweep:\n  - x: [1, 2, 3, 4, 5, 6, 7, 8, 9]\nparameters: {x: 1}\n"
    run = ran(tmp_path, "fault: death, at: 12 s", more=more)
    assert run.shots()["outcome"].to_list() == ["done", "errored", "errored", "errored"]


def test_chance_is_the_same_with_the_same_seed_and_another_with_another(tmp_path: Path) -> None:
    line = "fault: busy, probability: 0.3, of: temperature"
    first, again, other = (ran(tmp_path, line, seed=seed).samples()["status"].to_list() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert "failed" in first


def test_a_rule_meets_as_many_requests_as_it_says() -> None:
    schedule = FaultSchedule(
        [FaultRule("busy", request=2, count=2), FaultRule("garble", at_ns=5, count=1)], 0, "a"
    )
    schedule.begin(100)
    shown = [schedule.next(["x"], now) for now in (100, 101, 102, 103, 105, 106)]
    assert [one and one.kind for one in shown] == [None, "busy", "busy", None, "garble", None]


@pytest.mark.parametrize(
    ("line", "what", "place"),
    [
        ("fault: timeout", "nothing says when", "fault"),
        ("fault: timeout, at: 1 s, request: 2", "it says `at` and `request`", "request"),
        ("fault: late, at: 1 s", "a late answer says how late", "late"),
        ("fault: busy, at: 1 s, by: 1 s", "`by` belongs to late answers", "by"),
        ("fault: busy, request: 1, for: 1 s", "`for` belongs to", "for"),
        ("fault: busy, request: 1, of: temperatur", "no attribute or command 'temperatur'", "temperatur"),
        ("fault: busy, at: 1 K", "'1 K' is a temperature", "1 K"),
    ],
)
def test_a_wrong_line_is_told_at_its_place(line: str, what: str, place: str, tmp_path: Path) -> None:
    _, report = resolve(station(line), tmp_path)
    item = only(report)
    assert (item.code, what in item.message) == ("STA171", True)
    assert marked(item).startswith("{" if place == "fault" else place)


def test_a_misspelt_fault_is_told_with_the_right_word(tmp_path: Path) -> None:
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    path = tmp_path / "bench.yaml"
    path.write_text(station("fault: tiemout, at: 1 s"), encoding="utf-8")
    item = only(shotlane.check([path]))
    assert "timeout" in (item.help or "")


def test_a_real_instrument_shows_no_faults_and_check_says_so(tmp_path: Path) -> None:
    text = station("fault: busy, at: 1 s").replace("sim://", "modbus+tcp://127.0.0.1:1", 1)
    resolved, report = resolve(text, tmp_path)
    assert only(report).code == "STA170"
    assert resolved.definitions["furnace"].faults == ()
    assert sound(text, tmp_path, mock=True).definitions["furnace"].faults
