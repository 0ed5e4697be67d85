"""`shotlane events`: past events in words and as JSON, and following a run of another process."""

import json
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from tests.store import lab

from shotlane.cli._event_lines import EventLines
from shotlane.cli._main import main
from shotlane.records import Event, LoggedEvent
from shotlane.store import SessionStart, StoreRecorder, open_log, open_recorder

Say = Callable[..., tuple[str, str]]
SHOTLANE = Path(sysconfig.get_path("scripts")) / "shotlane"


@pytest.fixture
def say(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> Say:
    """What the command prints about the store, to both of its outputs."""

    def run(*arguments: str, status: int = 0) -> tuple[str, str]:
        assert main(["events", *arguments, "--store", sqlite_url]) == status
        captured = capsys.readouterr()
        return captured.out, captured.err

    return run


@contextmanager
def following(store: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [str(SHOTLANE), "events", "-f", "--store", store, *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def output(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def event(type_: str, shot: int | None = None, attempt: int | None = None, **fields: object) -> Event:
    return Event(type_, lab.START_NS, fields, shot, attempt)


def small_run(recorder: StoreRecorder) -> None:
    recorder.begin_run(lab.run_start())
    recorder.event(event("run.started", sequence="furnace-ramp", station="demo", shots=1))
    recorder.event(event("instrument.opened", role="gas", resource="sim://", driver="SimulatedDriver"))
    recorder.event(event("attempt.started", 1, 2))
    recorder.event(event("laser.unlocked", 1, by="ada"))
    recorder.event(event("run.ended", outcome="aborted", reason="too hot"))
    lab.end_run(recorder)


def test_the_newest_run_is_told_in_words(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder)
        small_run(recorder)
    out, err = say()
    day, *lines = out.splitlines()
    assert re.fullmatch(r"2024-10-0\d", day)
    shown = [re.split(r"\s{2,}", line, maxsplit=3) for line in lines]
    assert [row[1:] for row in shown] == [
        ["run.started", "furnace-ramp on demo, 1 shots"],
        ["instrument.opened", "gas opened at sim:// (SimulatedDriver)"],
        ["1 (2)", "attempt.started", "attempt begins"],
        ["1", "laser.unlocked", "by ada"],
        ["run.ended", "run aborted: too hot"],
    ]
    assert err == ""


def test_types_and_roles_choose_events(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
    out, _ = say("1", "--type", "run", "--type", "instrument.opened", "--role", "gas")
    assert out.count("\n") == 2
    assert "instrument.opened" in out


def test_a_type_that_this_version_does_not_know_is_told_and_looked_for(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
    out, err = say("--type", "laser", "--type", "interlok.*")
    assert "laser.unlocked" in out
    assert "this version knows no events of type 'interlok'; did you mean 'interlock'?" in err


def test_json_has_a_line_for_every_event_with_all_that_is_known(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
    found = [json.loads(line) for line in say("1", "--json")[0].splitlines()]
    assert [one["type"] for one in found][-1] == "run.ended"
    assert found[-1]["fields"] == {"outcome": "aborted", "reason": "too hot"}
    assert found[-1]["words"] == "run aborted: too hot"
    assert found[-1]["time"] == "2024-10-04T00:00:00.123456789Z"
    assert [one["number"] for one in found] == [2, 3, 4, 5, 6]


def test_a_session_is_told_with_the_runs_inside_of_it(sqlite_url: str, say: Say) -> None:
    with (
        open_log(sqlite_url, session=SessionStart(kind="station", station="bench")) as log,
        open_recorder(sqlite_url, session=SessionStart(parent=log.session)) as recorder,
    ):
        small_run(recorder)
    out, _ = say(str(log.session))
    assert "at station bench" in out
    assert "furnace-ramp on demo" in out


def test_since_goes_over_all_runs_and_says_whose_they_are(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
        small_run(recorder)
    out, _ = say("--since", "2024-10-01", "--type", "run.ended")
    assert [line.split()[1:3] for line in out.splitlines()[1:]] == [["run", "1"], ["run", "2"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["7"], "there is no run 7"),
        ([str(1 << 60)], f"there is no session {1 << 60}"),
        (["--since", "soon"], "'soon' is no time"),
    ],
)
def test_what_is_not_there_or_not_understood_is_told(
    sqlite_url: str, say: Say, arguments: list[str], message: str
) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
    _, err = say(*arguments, status=2)
    assert message in err


def test_what_an_instrument_says_is_one_line_and_no_control_codes(sqlite_url: str, say: Say) -> None:
    with open_log(sqlite_url) as log:
        log.append(event("note.added", text="a\nb \x1b[2Jc\x07 µ", by="somebody"))
    out, _ = say(str(log.session), "--type", "note")
    assert "a b ?[2Jc? µ" in out
    assert len(out.splitlines()) == 2
    out, _ = say(str(log.session), "--type", "note", "--json")
    assert json.loads(out)["fields"]["text"] == "a\nb \x1b[2Jc\x07 µ"


def test_a_terminal_gets_colours_unless_they_are_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    tripped = LoggedEvent("interlock.tripped", 0, {"message": "too hot"}, 3, 1, 1, 1, 1)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31minterlock.tripped" in EventLines(everywhere=False).lines(tripped)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(EventLines(everywhere=False).lines(tripped))


@pytest.mark.parametrize("backend", ["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def test_following_a_run_prints_it_as_it_happens_and_ends_with_it(
    backend: str, request: pytest.FixtureRequest
) -> None:
    store = request.getfixturevalue(backend)
    with open_recorder(store) as recorder:
        run = recorder.begin_run(lab.run_start())
        recorder.event(event("run.started", sequence="furnace-ramp", station="demo", shots=1))
        with following(store, str(run), "--json") as process:
            lines = output(process)
            assert json.loads(lines.readline())["type"] == "run.started"
            recorder.event(event("run.paused", reason="tea"))
            assert json.loads(lines.readline())["words"] == "paused: tea"
            recorder.event(event("run.ended", outcome="done", reason=None))
            lab.end_run(recorder)
            assert json.loads(lines.readline())["type"] == "run.ended"
            assert (lines.readline(), process.wait(20)) == ("", 0)


def test_ctrl_c_ends_following_well(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log, following(sqlite_url, str(log.session)) as process:
        output(process).readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_following_ends_when_its_reader_has_gone_while_nothing_happens(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log, following(sqlite_url, str(log.session)) as process:
        output(process).readline()
        output(process).close()
        assert process.wait(20) == 0
        process.stdout = None


def test_following_a_run_whose_process_was_killed_ends_and_says_so(
    sqlite_url: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying(sqlite_url) as runner:
        assert output(runner).readline() == "1\n"
        runner.kill()
    monkeypatch.setattr("shotlane.store._event_tail._GUARD_S", 0.0)
    out, err = say("-f", "1")
    assert "paused: tea" in out
    assert "run 1 is terminated (runner died)" in err


DYING = """
import sys, time
from shotlane.records import Event
from shotlane.store import open_recorder
from tests.store import lab

recorder = open_recorder(sys.argv[1])
run = recorder.begin_run(lab.run_start())
recorder.event(Event("run.paused", time.time_ns(), {"reason": "tea"}))
lab.record_shot(recorder, 1)
print(run, flush=True)
time.sleep(60)
"""


@contextmanager
def dying(store: str) -> Iterator["subprocess.Popen[str]"]:
    """The process of a run, for somebody to kill."""
    command = [sys.executable, "-c", DYING, store]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_roles_that_nothing_is_of_are_told_with_those_that_there_are(sqlite_url: str, say: Say) -> None:
    with open_recorder(sqlite_url) as recorder:
        small_run(recorder)
    told = "shotlane: no such event is of 'gsa'; roles here: gas\n"
    assert say("1", "--role", "gsa") == ("", told)
    assert say("--role", "gsa", "--json") == ("", told)
    assert say("1", "--role", "gas")[1] == ""
