"""What runs live, from the command line: plans, pictures, comparisons, saved plans, questions."""

import os
import pty
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import shotlane
from shotlane.cli._main import main

ROOT = Path(__file__).parents[2]
TEXT = """\
sequence: live
station: demo
parameters: {T: 60 degC}
timeline:
  - heat: 0.5 s
  - settle: {until: abs(furnace.temperature - T) < 1 K, for: 0.1 s, timeout: 5 s}
  - soak: 0.5 s
lanes:
  furnace.setpoint: {set: T, read: {soak: {at: start}}}
  furnace.temperature: {record: 20 Hz}
results:
  T_mean: mean(furnace.temperature, soak)
  top: {value: max(furnace.temperature) - T, high: 2 K}
interlocks:
  too_hot: {when: furnace.temperature > 150 degC, for: 1 s}
"""
ASKED = """\
sequence: asked
station: demo
ask: {serial: {prompt: Which unit?, pattern: '[A-Z]{2}[0-9]+'}}
timeline: [{weigh: 0.2 s}]
lanes: {balance.mass: {record: 20 Hz}}
"""
PURGE = "sequence: purge\ntimeline: [{flush: 0.2 s}]\nlanes: {gas.flow: {record: 20 Hz}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stations", tmp_path / "stations")
    (tmp_path / "live.yaml").write_text(TEXT)
    (tmp_path / "asked.yaml").write_text(ASKED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(arguments) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_plan_says_what_ends_steps_what_passes_and_what_trips(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, "plan", "live.yaml")
    assert "1 shot of 1.1..6 s, at most 6 s in all" in shown
    assert "until abs(furnace.temperature - T) < 1 K for 100 ms  5 s, then fails" in shown
    assert re.search(r"top +max\(furnace.temperature\) - T +K +<= 2", shown)
    assert re.search(r"sequence.too_hot +furnace.temperature > 150 degC +2 s +5 s", shown)


def test_the_picture_in_the_terminal_marks_the_step_whose_length_is_open(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert re.search(r"\|heat +\|settle~+\|soak", said(capsys, "plan", "live.yaml"))


def test_without_a_bound_a_plan_says_at_least(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "live.yaml").write_text(TEXT.replace(", timeout: 5 s", ""))
    shown = said(capsys, "plan", "live.yaml")
    assert "1 shot of at least 1.1 s, at least 1.1 s in all" in shown
    assert re.search(r"settle~+\|soak", shown)


@pytest.mark.parametrize("suffix", ["svg", "html"])
def test_a_picture_hatches_the_step_whose_length_is_open(
    project: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    said(capsys, "plan", "live.yaml", "--plot", f"live.{suffix}")
    text = (project / f"live.{suffix}").read_text()
    assert "url(#open)" in text
    assert "hatched steps are open-ended" in text
    if suffix == "svg":
        ET.fromstring(text)


def test_a_saved_plan_with_everything_live_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "plan", "live.yaml", "--save", "live.plan")
    assert (
        said(capsys, "plan", "live.plan").split("digest")[1]
        == said(capsys, "plan", "live.yaml").split("digest")[1]
    )
    assert "run 1 passed" in said(capsys, "run", "live.plan", "--mock", "--virtual-time")


def test_a_saved_plan_is_refused_when_the_station_got_an_interlock(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "plan", "live.yaml", "--save", "live.plan")
    with (project / "stations" / "demo.yaml").open("a") as station:
        station.write("\ninterlocks: {too_hot: furnace.temperature > 180 degC}\n")
    shown = said(capsys, "run", "live.plan", "--mock", "--virtual-time", status=2)
    assert "RUN012 interlocks of station 'demo' changed" in shown


def test_a_comparison_tells_limits_and_times(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "other.yaml").write_text(
        TEXT.replace("high: 2 K", "high: 3 K").replace("for: 0.1 s", "for: 0.2 s")
    )
    shown = said(capsys, "diff", "live.yaml", "other.yaml", status=1)
    assert "results.top.high: 2 K -> 3 K" in shown
    assert "the end of step 'settle' differs" in shown
    assert "result 'top' differs" in shown


def test_a_step_is_explained_without_a_length_that_nobody_knows(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle = said(capsys, "explain", "live.yaml", "settle")
    assert "from 0.5 s of the shot on, as long as it takes, at most 5 s" in settle
    assert "T = 60 degC" in settle
    assert "from 0 s to 0.5 s behind 'settle'" in said(capsys, "explain", "live.yaml", "soak")


def test_a_label_is_not_asked_for_where_nobody_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "run", "asked.yaml", "--virtual-time", status=2)
    assert "RUN008 'serial' must be answered before a run: Which unit?" in shown
    assert not (project / "data").exists()
    assert "1 of 1 shot done" in said(capsys, "run", "asked.yaml", "--virtual-time", "-p", "serial=AB1")


def test_a_plan_with_a_placeholder_is_shown_and_not_saved(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "asks       serial: Which unit?" in said(capsys, "plan", "asked.yaml")
    assert "RUN008" in said(capsys, "plan", "asked.yaml", "--save", "asked.plan", status=2)
    assert not (project / "asked.plan").exists()


def test_python_is_told_what_must_be_answered(project: Path) -> None:
    with pytest.raises(shotlane.DocumentError, match="RUN008") as caught:
        shotlane.run("asked.yaml", virtual_time=True)
    assert caught.value.diagnostics[0].help == "give parameters={'serial': ANSWER}"


def test_a_person_at_a_terminal_is_asked_until_the_answer_fits(project: Path) -> None:
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-c",
        "import sys; from shotlane.cli import run_sequence as run; sys.exit(run())",
    ]
    arguments = ["asked.yaml", "--virtual-time", "-q"]
    with subprocess.Popen([*command, *arguments], stdin=theirs, stderr=theirs, cwd=project) as child:
        os.close(theirs)
        os.write(ours, b"12\nAB12\n")
        shown = _read_all(ours)
    assert child.returncode == 0, shown
    assert shown.count("Which unit?") == 2
    assert "the answer must match [A-Z]{2}[0-9]+" in shown
    assert shotlane.load(1).shots()["serial"].to_list() == ["AB12"]


def _read_all(terminal: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is gone
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def test_what_comes_before_and_after_are_runs_of_their_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "purge.yaml").write_text(PURGE)
    (project / "cool.yaml").write_text(PURGE.replace("purge", "cool-down"))
    (project / "live.yaml").write_text(TEXT + "before: purge.yaml\nafter: cool.yaml\n")
    shown = said(capsys, "run", "live.yaml", "--virtual-time")
    assert "before     run 1 of purge done" in shown
    assert "run 2 passed" in shown
    assert "after      run 3 of cool-down done" in shown


def test_what_comes_before_is_seen_and_its_question_answered_at_the_terminal(project: Path) -> None:
    door = "sequence: door\ntimeline: [{wait: {ask: Close the door}}]\nlanes: {gas.flow: {record: 20 Hz}}\n"
    (project / "door.yaml").write_text(door)
    (project / "purge.yaml").write_text(PURGE + "before: door.yaml\n")
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-c",
        "import sys; from shotlane.cli import run_sequence; sys.exit(run_sequence())",
    ]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    arguments = ["purge.yaml", "-s", "demo"]
    with subprocess.Popen(
        [*command, *arguments], stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL,
        cwd=project, env=environment,
    ) as child:  # fmt: skip
        os.close(theirs)
        shown = ""
        while "? Close the door" not in shown:
            shown += os.read(ours, 4096).decode(errors="replace")
        os.write(ours, b"\n")
        _read_all(ours)
    assert "before: door shot 1/1" in shown
    assert child.returncode == 0
    assert shotlane.runs()["sequence"].to_list() == ["purge", "door"]


def test_what_goes_wrong_before_leaves_the_sequence_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = PURGE + "results: {flow: {value: mean(gas.flow), low: 40 cm**3/min}}\n"
    (project / "purge.yaml").write_text(failing)
    (project / "live.yaml").write_text(TEXT + "before: purge.yaml\n")
    shown = said(capsys, "run", "live.yaml", "--virtual-time", status=1)
    assert "left out   live: what runs before it went wrong" in shown
    assert shotlane.runs().height == 1


def test_faults_of_a_companion_are_told_in_its_own_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "purge.yaml").write_text(PURGE.replace("20 Hz", "20 K"))
    (project / "cool.yaml").write_text(PURGE + "sweep: [{repeat: 2}]\nbefore: purge.yaml\nstation: bench\n")
    (project / "live.yaml").write_text(TEXT + "before: purge.yaml\nafter: cool.yaml\n")
    shown = said(capsys, "check", "live.yaml", status=2)
    assert "purge.yaml:3:28 EXP040" in shown
    assert re.findall(r"cool.yaml:(\d):\d+ SEQ234", shown) == ["4", "5", "6"]
