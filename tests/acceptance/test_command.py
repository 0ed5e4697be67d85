"""The commands as a person and a script meet them: exit status, pipes, JSON, stores, words."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.acceptance.lab import SHORT, Lab, finish

from shotlane.testing import Bench

QUICK = ("--virtual-time",)


def test_a_run_tells_plan_result_and_the_line_that_loads_it(lab: Lab) -> None:
    done = lab.run(*QUICK)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(
        "short on demo (simulated, in virtual time): 5 shots of 150 ms, 750 ms in all\n"
    )
    assert "run 1 done: 5 of 5 shots done" in done.out
    (line,) = [line for line in done.out.splitlines() if line.startswith("  load ")]
    code = line.removeprefix("  load").strip() + "; print(run.samples().height)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=lab.folder, capture_output=True, text=True)
    assert int(loaded.stdout) == lab.count("sample") > 0, loaded.stderr


def test_the_line_that_loads_works_with_a_store_of_its_own(lab: Lab) -> None:
    done = lab.run(*QUICK, "--store", lab.folder / "else where.db")
    code = done.out.partition("  load")[2].strip()
    subprocess.run([sys.executable, "-c", code], cwd=lab.folder.parent, check=True)
    assert not lab.store.exists()


def test_a_pipe_gets_no_bar_and_no_colours(lab: Lab) -> None:
    done = lab.run("-p", "T=40 degC", stderr=subprocess.STDOUT)
    assert "\x1b" not in done.out
    assert "\r" not in done.out


def test_json_is_one_value_and_nothing_else(lab: Lab) -> None:
    done = lab.run(*QUICK, "--json")
    assert (done.status, done.err) == (0, "")
    assert (done.json["outcome"], done.json["shots_done"], done.json["run"]) == ("done", 5, 1)
    for arguments in (["runs"], ["show"], ["show", "1"]):
        assert lab.do("shotlane", *arguments, "--json").json
    plan = lab.do("shotlane", "plan", "sequences/short.yaml", "--json")
    assert plan.json["shots"] == 5
    assert plan.json["digest"] == done.json["digest"]
    assert lab.do("shotlane", "plan", "sequences/short.yaml", "--shot", "2", "--json").json["shot"] == 2
    assert lab.do("shotlane", "check", "sequences", "stations", "--json").json == []


@pytest.mark.parametrize("wrong", [["-p", "nonsense"], ["-s", "nowhere"]])
def test_json_stays_json_when_something_is_wrong(lab: Lab, wrong: list[str]) -> None:
    done = lab.run("--json", *wrong)
    assert (done.status, done.err) == (2, "")
    assert {item["severity"] for item in done.json} == {"error"}


def test_json_of_a_missing_file_and_of_a_bad_store_is_json(lab: Lab) -> None:
    assert lab.run("--json", file="missing.yaml").json[0]["severity"] == "error"
    done = lab.run("--json", "--store", "mysql://u:hidden@h/d")
    assert done.status == 2
    assert "hidden" not in done.text


def test_quiet_says_nothing_when_all_went_well(lab: Lab) -> None:
    assert lab.run(*QUICK, "-q").text == ""
    assert lab.run(*QUICK, "-q", "-p", "X=1").err != ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "sok=1 s"], ["'sok'", "did you mean 'soak'"]),
        (["-p", "soak"], ["no NAME=VALUE"]),
        (["-p", "soak=3 kg"], ["a time"]),
        (["-p", "soak=3 +"], ["-p", "^"]),
        (["-p", "soak=3"], ["s"]),
        (["-p", "T=900 degC"], ["900 degC", "200 degC"]),
        (["-p", "soak=-1 s"], ["soak"]),
        (["-s", "dmeo"], ["no station 'dmeo'", "did you mean 'demo'"]),
        (["-s", "stations/nowhere.yaml"], ["nowhere"]),
        (["--virtual-time", "-s", "bench"], ["furnace, gas", "--mock"]),
    ],
)
def test_wrong_arguments_are_told_and_nothing_is_touched(
    lab: Lab, arguments: list[str], words: list[str]
) -> None:
    done = lab.run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert [word for word in words if word not in done.err] == []
    assert "Traceback" not in done.err
    assert not (lab.folder / "data").exists()


def test_a_swept_parameter_that_is_given_is_fixed_with_a_note(lab: Lab) -> None:
    done = lab.run(*QUICK, "-p", "T=41 degC")
    assert "warning: 'T' is given on the command line" in done.err
    assert "1 of 1 shot done" in done.out
    (row,) = lab.rows("SELECT value, unit FROM parameter_view WHERE name = 'T'")
    assert tuple(row) == (41.0, "degC")


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("run-sequence", "missing.yaml"),
        ("run-sequence", "sequences"),
        ("run-sequence", "sequences/empty.yaml"),
        ("run-sequence", "sequences/binary.yaml"),
        ("shotlane check", "missing.yaml"),
        ("shotlane check", "sequences/binary.yaml"),
        ("shotlane plan", "sequences"),
    ],
)
def test_files_that_cannot_be_read_are_told(lab: Lab, command: str, file: str) -> None:
    lab.write("", "sequences/empty.yaml")
    (lab.folder / "sequences" / "binary.yaml").write_bytes(b"\x00\xff\xfe\x80" * 10)
    done = lab.do(*command.split(), file)
    assert (done.status, Path(file).name in done.err) == (2, True)
    assert "Traceback" not in done.text


def test_a_folder_that_may_not_be_written_is_told(lab: Lab) -> None:
    (lab.folder / "data").write_text("a file where a folder should be")
    done = lab.run(*QUICK)
    assert "Traceback" not in done.text
    assert (done.status, "data" in done.err) == (2, True)


def test_a_store_that_is_none_is_told(lab: Lab) -> None:
    path = lab.write("this is no database, whatever its name says\n" * 100, "broken.db")
    before = path.read_bytes()
    for done in (
        lab.run(*QUICK, "--store", path),
        lab.do("shotlane", "runs", "--store", path),
        lab.do("shotlane", "show", "--store", path),
    ):
        assert "Traceback" not in done.text
        assert (done.status, "broken.db" in done.err) == (2, True)
    assert path.read_bytes() == before


def test_the_password_of_a_dead_database_is_never_shown(lab: Lab) -> None:
    url = "postgresql://operator:s3cr%23et@127.0.0.1:1/lab"
    for done in (lab.run(*QUICK, "--store", url), lab.do("shotlane", "runs", "--store", url)):
        assert done.status == 2
        assert "127.0.0.1" in done.err
        assert "s3cr" not in done.text
        assert "Traceback" not in done.text


def test_reading_verbs_make_no_store(lab: Lab) -> None:
    for verb in ("runs", "show"):
        done = lab.do("shotlane", verb)
        assert (done.status, "Traceback" in done.text) == (2, False)
    assert not lab.store.exists()


def test_a_run_that_does_not_exist_is_told(lab: Lab) -> None:
    lab.run(*QUICK)
    done = lab.do("shotlane", "show", "7")
    assert (done.status, "7" in done.err) == (2, True)


@pytest.mark.parametrize(
    "arguments", ["plan sequences/furnace-ramp.yaml --shot 1", "schema sequence", "show"]
)
def test_a_reader_that_leaves_is_no_fault(lab: Lab, arguments: str) -> None:
    lab.run(*QUICK)
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = lab.start("shotlane", *arguments.split(), stdout=write_end)
    os.close(write_end)
    done = finish(process)
    assert (done.status, done.err) == (0, "")


def test_a_run_whose_reader_leaves_is_run_and_stored_all_the_same(lab: Lab) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = lab.start("run-sequence", "sequences/short.yaml", *QUICK, stdout=write_end)
    os.close(write_end)
    done = finish(process)
    assert (lab.outcome(), done.status) == ("done", 0)
    assert done.err == ""


@pytest.mark.parametrize("settings", [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_an_ascii_terminal_breaks_nothing(lab: Lab, settings: dict[str, str]) -> None:
    lab.environment.update(settings)
    lab.write(
        SHORT.replace("sequence: short", "sequence: kälte\ndescription: Prüfung µ"), "sequences/kälte.yaml"
    )
    done = lab.run(*QUICK, file="sequences/kälte.yaml")
    assert (done.status, "Traceback" in done.text) == (0, False)
    for arguments in (["plan", "sequences/kälte.yaml"], ["show"], ["runs"]):
        done = lab.do("shotlane", *arguments)
        assert (done.status, "Traceback" in done.text) == (0, False), done.text


def test_exit_status_2_for_wrong_options_and_0_for_help(lab: Lab) -> None:
    assert lab.do("run-sequence").status == 2
    assert lab.do("run-sequence", "--nonsense").status == 2
    assert lab.do("shotlane", "nonsense").status == 2
    help_ = lab.do("run-sequence", "--help")
    assert (help_.status, "exit status" in help_.out) == (0, True)
    assert lab.do("shotlane", "--version").out.startswith("shotlane ")


@pytest.mark.parametrize("command", ["run-sequence --help", "shotlane --help"])
def test_help_imports_nothing_heavy(lab: Lab, command: str) -> None:
    lab.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    done = lab.do(*command.split())
    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "argparse" in imported
    assert (
        imported & {"polars", "sqlalchemy", "pydantic", "numpy", "pint", "rich", "serial", "pymodbus"}
        == set()
    )


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_looking_imports_neither_hardware_nor_database(lab: Lab, verb: str) -> None:
    lab.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    done = lab.do("shotlane", verb, "sequences/short.yaml", "-s", "bench")
    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert imported & {"polars", "sqlalchemy", "serial", "pymodbus"} == set()


def test_two_runs_at_once_share_a_store(lab: Lab) -> None:
    processes = [lab.start("run-sequence", "sequences/short.yaml", *QUICK, "-q") for _ in range(2)]
    assert [finish(process).text for process in processes] == ["", ""]
    assert lab.count("run WHERE outcome = 'done'") == 2
    assert lab.count("sample") == 2 * lab.rows("SELECT count(*) FROM sample_view WHERE run = 1")[0][0]


def test_settings_of_the_project_are_used(lab: Lab) -> None:
    lab.write(SHORT.replace("station: demo\n", ""))
    assert "no station is named" in lab.run(*QUICK).err
    lab.write("station: demo\ndata: measured\n", "shotlane.yaml")
    assert lab.run(*QUICK).status == 0
    assert (lab.folder / "measured" / "shotlane.db").is_file()
    assert "1/1" not in lab.do("shotlane", "runs").out
    lab.write("statoin: demo\n", "shotlane.yaml")
    assert "did you mean 'station'" in lab.run(*QUICK).err


@pytest.mark.real_time
def test_mock_touches_no_instrument(bench_lab: Lab, bench: Bench) -> None:
    done = bench_lab.run("-s", "bench", "--mock", "--virtual-time")
    assert (done.status, bench.requests()) == (0, [])
    (row,) = bench_lab.rows("SELECT stamps FROM run")
    assert {"mocked", "virtual-time"} <= set(json.loads(row["stamps"]))


@pytest.mark.real_time
@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_the_bar_fits_a_narrow_terminal(lab: Lab) -> None:
    screen = lab.folder / "screen"
    tmux = ["tmux", "-L", f"shotlane-{os.getpid()}"]
    scripts = Path(sys.executable).parent
    command = f"{scripts}/run-sequence sequences/furnace-ramp.yaml -p 'T_soak=40 degC' -p 'flow=10 cm**3/min'"
    subprocess.run(
        [*tmux, "new-session", "-d", "-x", "60", "-y", "20", f"{command}; sleep 5"],
        cwd=lab.folder,
        check=True,
    )
    try:
        drawn = ""
        deadline = time.monotonic() + 60
        while "shot 1/1" not in drawn and time.monotonic() < deadline:
            time.sleep(0.1)
            shot = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True)
            drawn = shot.stdout
        screen.write_text(drawn)
        bars = [line for line in drawn.splitlines() if line.startswith("shot 1/1")]
        assert len(bars) == 1, drawn
        assert "left" in bars[0]
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def test_json_in_an_ascii_pipe_is_still_true(lab: Lab) -> None:
    lab.environment["PYTHONIOENCODING"] = "ascii"
    lab.write(SHORT.replace("sequence: short", "sequence: kälte"))
    assert lab.run(*QUICK, "--json").json["sequence"] == "kälte"
