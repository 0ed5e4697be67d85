"""`shotlane show` and `shotlane runs`: right for runs of every kind."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.cli import report_lab
from tests.store import lab

from shotlane.cli._main import main
from shotlane.records import Event, Outcome, ResultRow, ShotEnd
from shotlane.store import StoreRecorder, open_recorder

Say = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "lab.db")


@pytest.fixture
def recorder(store: str) -> Iterator[StoreRecorder]:
    with open_recorder(store) as found:
        yield found


@pytest.fixture
def said(store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a command prints about the store."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, status: int = 0) -> str:
        assert main([*arguments, "--store", store]) == status
        captured = capsys.readouterr()
        return captured.out + captured.err

    return run


def test_a_run_is_told_with_shots_results_and_verdicts(recorder: StoreRecorder, said: Say) -> None:
    report_lab.record_troubled_run(recorder, 6)
    told = said("show", "1")
    assert "run 1: furnace-ramp on demo: failed" in told
    assert re.search(r"^   4  (passed|failed) +(passed|failed) +2 +17 s +80 ", told, re.MULTILINE)
    assert "T_soak (degC)" in told
    assert re.search(r"^overshoot +K +[▁-█]+ +.*high 2; \d passed", told, re.MULTILINE)
    assert "fixed      flow = 20 cm**3/min" in told
    assert "readings of shot" in told
    assert "shot 4 attempt 1: timeout: no answer within 0.3 s" in told


def test_what_is_not_safe_is_the_first_line(recorder: StoreRecorder, said: Say) -> None:
    report_lab.record_troubled_run(recorder, 1)
    assert said("show").startswith("!!! NOT SAFE")


def test_counts_that_are_nought_have_no_column(recorder: StoreRecorder, said: Say) -> None:
    lab.record_run(recorder)
    header = next(line for line in said("show").splitlines() if line.startswith("channel"))
    assert header.split() == ["channel", "what", "unit", "planned", "ok"]


def test_a_run_without_readings_is_told(recorder: StoreRecorder, said: Say) -> None:
    lab.record_run(recorder, shots=1, rows=lambda _: [])
    told = said("show")
    assert "1 of 1 committed (1 done)" in told
    assert "readings of shot" not in told


def _record_starts(recorder: StoreRecorder, late_s: float) -> None:
    """Four shots every second, of which the third began late."""
    recorder.begin_run(lab.run_start())
    for shot, late in ((2, 0.0), (3, late_s), (4, 0.0)):
        fields = {"shot": shot, "interval_s": 1.0 + late, **({"late_s": late} if late else {})}
        kind = "cadence.missed" if late else "cadence.kept"
        recorder.event(Event(kind, lab.START_NS + shot * lab.S, fields))
    lab.end_run(recorder)


def test_starts_that_kept_the_cadence_and_those_that_did_not_are_counted(
    recorder: StoreRecorder, said: Say
) -> None:
    _record_starts(recorder, 0.25)
    told = "cadence    2 of 3 starts kept, p50 1 s apart, max 1.25 s; 1 missed, at most 250 ms late"
    assert told in said("show").replace("\n" + " " * 13, " ")
    assert json.loads(said("show", "--json"))["cadence"] == {
        "kept": 2,
        "missed": 1,
        "interval_p50_ns": 1_000_000_000,
        "interval_max_ns": 1_250_000_000,
        "late_max_ns": 250_000_000,
    }


def test_a_run_without_a_cadence_says_nothing_of_one(recorder: StoreRecorder, said: Say) -> None:
    lab.record_run(recorder)
    assert "cadence" not in said("show")
    assert json.loads(said("show", "--json"))["cadence"] is None


def test_a_run_of_which_no_shot_began_is_told(recorder: StoreRecorder, said: Say) -> None:
    recorder.begin_run(lab.run_start())
    lab.end_run(recorder, Outcome.ERRORED, "balance: nothing answers")
    told = said("show")
    assert "run 1: furnace-ramp on demo: errored" in told
    assert "why        balance: nothing answers" in told
    assert "no shot was begun" in told


def test_a_run_that_goes_on_is_told_as_far_as_it_is(recorder: StoreRecorder, said: Say) -> None:
    recorder.begin_run(lab.run_start(shots_planned=3))
    lab.record_shot(recorder, 1, lab.four_readings(1))
    lab.begin_shot(recorder, 2)
    recorder.event(Event("shot.started", lab.START_NS, {}))
    told = said("show")
    assert "run 1: furnace-ramp on demo: running" in told
    assert re.search(r"started    \S+ \S+, and goes on", told)
    assert "1 of 3 committed (1 done)" in told


def test_a_run_whose_program_died_says_how_to_go_on(store: str, said: Say) -> None:
    with ExitStack() as stack:
        recorder = stack.enter_context(open_recorder(store))
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, lab.four_readings(1))
    told = said("show")
    assert "terminated (runner died)" in told
    assert "go on      shotlane resume 1" in told


def test_of_a_thousand_shots_the_bad_ones_are_told(recorder: StoreRecorder, said: Say) -> None:
    recorder.begin_run(lab.run_start(shots_planned=1000))
    for shot in range(1, 1001):
        lab.begin_shot(recorder, shot)
        bad = shot in (500, 700)
        figure = ResultRow("height", float(shot), "V", None, 5000.0, None, "passed")
        lab.record_attempt(recorder, shot, results=(figure,))
        recorder.end_shot(ShotEnd(shot, Outcome.ERRORED if bad else Outcome.DONE, 1))
    lab.end_run(recorder, Outcome.ERRORED)
    told = said("show")
    shown = [int(line.split()[0]) for line in told.splitlines() if re.match(r" *\d+  (done|errored)", line)]
    assert shown == [*range(1, 13), 500, 700, 998, 999, 1000]
    assert "... and 983 more" in told


def test_limits_that_are_not_the_same_in_all_shots_are_said_to_vary(
    recorder: StoreRecorder, said: Say
) -> None:
    report_lab.record_run_with_varying_limits(recorder)
    told = said("show")
    assert "limits vary: low 48..68, high 90; 2 passed, 1 failed" in " ".join(told.split())


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_wider_than_the_terminal_or_broken_within_a_word(
    recorder: StoreRecorder, said: Say, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    report_lab.record_troubled_run(recorder, 4)
    wide = said("show").split()
    monkeypatch.setenv("COLUMNS", str(width))
    told = said("show")
    table_lines = [line for line in told.splitlines() if not line.startswith("  !!")]
    assert max(map(len, table_lines)) <= width
    words = {word for word in told.split() if word.isascii()}
    assert not words - {*wide, *("-" * n for n in range(1, 99))}


def test_the_same_for_programs(recorder: StoreRecorder, said: Say) -> None:
    report_lab.record_troubled_run(recorder, 5)
    told = json.loads(said("show", "--json"))
    assert (told["run"], told["outcome"], told["stamps"]) == (1, "failed", ["mocked", "dirty"])
    assert told["units"]["overshoot"] == "K"
    assert {shot["verdict"] for shot in told["shots"]} <= {"passed", "failed"}
    assert len(told["results"]) == 10


CASES: list[tuple[tuple[str, ...], list[int]]] = [
    ((), [2, 1]),
    (("--name", "furnace*"), [1]),
    (("--tag", "commissioning"), [2, 1]),
    (("--outcome", "failed", "--outcome", "aborted"), [2]),
    (("--since", "2 d"), []),
    (("--until", "2024-10-06T12:00"), [2, 1]),
    (("--parameter", "T_soak=313.15 K"), [2, 1]),
    (("--parameter", "T_soak=70 degC..90 degC"), [1]),
    (("--parameter", "T_soak", "-n", "1"), [2]),
    (("--parameter", "nothing"), []),
]


@pytest.mark.parametrize(("options", "runs"), CASES, ids=str)
def test_runs_are_found_from_the_command_line(
    recorder: StoreRecorder, said: Say, options: tuple[str, ...], runs: list[int]
) -> None:
    lab.record_run(recorder)
    recorder.begin_run(lab.run_start(sequence="gas", shots_planned=1))
    lab.record_shot(recorder, 1)
    lab.end_run(recorder, Outcome.FAILED)
    found: list[dict[str, Any]] = json.loads(said("runs", *options, "--json"))
    assert [run["run"] for run in found] == runs
    if not runs:
        assert said("runs", *options) == "no such runs\n"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("T_soak=10 kg", "shotlane: no such run has T_soak in a unit like kg: it is in degC\n"),
        ("T_soak=1 kg..2 kg", "shotlane: no such run has T_soak in a unit like kg: it is in degC\n"),
        ("T_soak=300 degF", ""),
        ("gas=5 kg", ""),
    ],
)
def test_a_parameter_of_another_dimension_is_told(
    recorder: StoreRecorder, sqlite_url: str, capsys: pytest.CaptureFixture[str], asked: str, told: str
) -> None:
    lab.record_run(recorder)
    assert main(["runs", "--parameter", asked, "--store", sqlite_url]) == 0
    assert capsys.readouterr() == ("no such runs\n", told)


def test_a_condition_that_cannot_be_meant_is_refused(recorder: StoreRecorder, said: Say) -> None:
    lab.record_run(recorder)
    assert "there is no outcome 'good'" in said("runs", "--outcome", "good", status=2)
    assert "'tomorrow' is no time" in said("runs", "--since", "tomorrow", status=2)
