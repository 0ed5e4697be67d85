"""What a person writes on the first day is understood, or refused with what to write instead."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import shotlane
import shotlane.testing
from shotlane.cli import main, run_sequence
from shotlane.instruments import declare_attribute

REPOSITORY = Path(__file__).parents[2]
MISTAKEN = "sequence: short\ntimelin:\n  - soak: 0.1 s\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("stations", "sequences"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "shotlane.yaml").write_text("station: demo\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_path_is_checked_as_one_path(project: Path) -> None:
    path = project / "sequences" / "mistaken.yaml"
    path.write_text(MISTAKEN)
    for given in (str(path), path, [str(path)]):
        assert [item.span.source.name for item in shotlane.check(given) if item.span] == [
            "sequences/mistaken.yaml"
        ]


def test_what_python_gave_is_called_an_argument_and_what_was_typed_an_option(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = (
        shotlane.run,
        shotlane.Experiment(project).run,
        shotlane.testing.run_virtual,
    )
    for run in ways:
        with pytest.raises(shotlane.DocumentError, match=r"^parameters\['T_soak'\]:1:1 EXP040 "):
            run("sequences/furnace-ramp.yaml", {"T_soak": "0.7 V"})
        with pytest.raises(
            shotlane.DocumentError, match=r"SEQ307 parameters\['T_soka'\]: there is no parameter"
        ):
            run("sequences/furnace-ramp.yaml", {"T_soka": "70 degC"})
        with pytest.raises(shotlane.DocumentError) as caught:
            run("sequences/furnace-ramp.yaml", {"T_soak": "70 degC", "flow": "0.7 V"})
        told = [item.message for item in caught.value.diagnostics]
        assert "'T_soak' is given as an argument, so its axis of 3 values is dropped" in told
    assert run_sequence(["sequences/furnace-ramp.yaml", "-p", "T_soak=70 degC", "-p", "flow=0.7 V"]) == 2
    told_there = capsys.readouterr().err
    assert "-p flow:1:1 EXP040 " in told_there
    assert "'T_soak' is given on the command line, so its axis of 3 values is dropped" in told_there


def test_the_text_of_an_error_is_what_the_command_line_says(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "sequences" / "mistaken.yaml").write_text(MISTAKEN)
    assert main(["check", "sequences/mistaken.yaml"]) == 2
    with pytest.raises(shotlane.DocumentError) as caught:
        shotlane.run("sequences/mistaken.yaml")
    assert "^^^^" in str(caught.value)
    assert "did you mean 'timeline'?" in str(caught.value)
    assert str(caught.value) in capsys.readouterr().err


def test_a_station_that_is_not_there_is_told_with_the_one_that_is_meant(project: Path) -> None:
    with pytest.raises(shotlane.DocumentError, match="did you mean 'demo'"):
        shotlane.connect("dmo")


def test_a_sequence_of_the_project_is_run_by_its_name_everywhere(project: Path) -> None:
    given = {"soak_time": "0.2 s"}
    runs = [shotlane.run("furnace-ramp", given, mock=True, virtual_time=True)]
    with shotlane.connect("demo", mock=True) as session:
        runs.append(session.run("furnace-ramp", given, virtual_time=True))  # type: ignore[arg-type]  # a protocol
    for run in runs:
        assert run.outcome is shotlane.Outcome.PASSED
        assert set(run.shots()["soak_time"]) == {0.2}
    assert run_sequence(["furnace-ramp", "--mock", "--virtual-time", "-q"]) == 0
    assert main(["check", "furnace-ramp"]) == 0


def test_a_sequence_that_is_not_there_is_told_with_the_one_that_is_meant(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in (["check"], ["plan"], ["run"], ["explain"]):
        assert main([*verb, "furnace-rmp"]) == 2
        assert "did you mean 'furnace-ramp'?" in capsys.readouterr().err, verb


def test_a_run_has_the_frames_of_what_load_gives(project: Path) -> None:
    run = shotlane.run("furnace-ramp", mock=True, virtual_time=True)
    loaded = run.load()
    assert repr(run) == f"<run 1 passed in {project / 'data' / 'shotlane.db'}>"
    for name in ("shots", "attempts", "samples", "wide", "results", "actions", "steps", "events"):
        assert getattr(run, name)().equals(getattr(loaded, name)())
    one = run.samples("furnace.temperature", parameters=True)
    assert one.equals(loaded.samples("furnace.temperature", parameters=True))
    assert run.wide(["furnace.temperature"], every=0.5).width == 5


def test_a_run_is_archived_by_its_number_or_as_itself(project: Path) -> None:
    run = shotlane.run("furnace-ramp", mock=True, virtual_time=True)
    assert shotlane.archive(1, "0.zip").run == 1
    assert shotlane.archive(run, "1.zip").run == 1
    assert shotlane.archive(run.load(), "2.zip").run == 1
    with pytest.raises(shotlane.ArchiveError, match="copy the archive"):
        shotlane.archive(shotlane.load("0.zip"), "again.zip")
    with pytest.raises(TypeError, match="the number of a run"):
        shotlane.archive("1", "again.zip")  # type: ignore[arg-type]  # the test


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("3", r"load\(3\)"),
        ("data/shotlane.db", "open_store"),
        ("postgresql://here/lab", "open_store"),
    ],
)
def test_what_is_no_archive_is_told_how_it_is_loaded(project: Path, given: str, told: str) -> None:
    with pytest.raises(shotlane.ArchiveError, match=told):
        shotlane.load(given)


def test_devices_that_nobody_entered_say_how(project: Path) -> None:
    with pytest.raises(AttributeError, match=r"with open_devices\(\.\.\.\) as devices"):
        shotlane.open_devices("demo", mock=True).read()


def test_one_instrument_is_named_without_a_list(project: Path) -> None:
    with shotlane.open_devices("demo", "furnace", mock=True) as devices:
        assert devices.names == ("furnace",)
    with shotlane.record("demo", names="furnace", mock=True, rate_hz=50, duration=0.1) as recording:
        assert {one.device for one in recording.channels} == {"furnace"}
        assert shotlane.pipe(recording, "out.csv").complete
    assert (project / "out.csv").read_text().count("\n") > 5
    with shotlane.connect("demo", mock=True) as session:
        session.start_instrument_server("furnace")
        assert list(session.instruments) == ["furnace"]


def test_one_address_and_one_option_are_named_without_a_list() -> None:
    assert len(shotlane.find_devices("tcp://127.0.0.1:1", timeout=0.05)) == 1
    assert declare_attribute("mode", options="auto").options == ("auto",)


def test_a_value_without_or_with_a_wrong_unit_is_told_what_to_write(project: Path) -> None:
    with shotlane.connect("demo", mock=True) as session:
        furnace = session.instrument("furnace")
        for wrong in ("60", "60 C"):
            with pytest.raises(ValueError, match="60 degC"):
                furnace.write("setpoint", wrong)


def test_a_number_with_its_unit_is_observed_as_a_number(project: Path) -> None:
    with shotlane.connect("demo", mock=True) as session:
        session.observe("room.T", "21 degC")
        session.observe("room.T", "69.8 degF")
        found = session.channel("room.T")
        assert found["value"].to_list() == pytest.approx([21.0, 21.0])
        assert set(found["unit"]) == {"degC"}
        with pytest.raises(ValueError, match="a series of numbers in this session, not 'warm'"):
            session.observe("room.T", "warm")
        session.observe("gas", "He")
        session.observe("gas", "5 m")  # one of its texts
        with pytest.raises(ValueError, match="no series of numbers"):
            session.observe("gas", 5.0, unit="m")


def test_a_verb_that_is_mistyped_is_told_with_the_one_that_is_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for given, meant in ((["chek"], "check"), (["instruments", "lst"], "list")):
        with pytest.raises(SystemExit) as caught:
            main(given)
        assert caught.value.code == 2
        assert f"did you mean '{meant}'?" in capsys.readouterr().err


def test_every_verb_tells_its_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    verbs = re.findall(r"^  ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(verbs) > 20
    for verb in verbs:
        with pytest.raises(SystemExit):
            main([verb, "--help"])
        assert "exit status: 0" in capsys.readouterr().out, verb


def test_who_is_in_no_project_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in (["runs"], ["instruments", "list", "demo"], ["run", "furnace-ramp"]):
        assert main(given) == 2
        assert f"no project is found at or above {tmp_path}" in capsys.readouterr().err, given


def test_a_report_overwrites_nothing_unless_it_is_forced(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shotlane.run("furnace-ramp", mock=True, virtual_time=True)
    kept = project / "notes.html"
    kept.write_text("mine")
    assert main(["show", "--html", "notes.html"]) == 2
    assert "--force overwrites it" in capsys.readouterr().err
    assert kept.read_text() == "mine"
    assert main(["show", "--html", "notes.html", "--force"]) == 0
    assert kept.read_text() != "mine"


def test_arguments_in_the_wrong_order_are_told_with_the_right_one(project: Path) -> None:
    wrong: Any = {"serial": "AB1"}
    experiment = shotlane.Experiment(project)
    with shotlane.connect("demo") as session:
        alone: list[Any] = [shotlane.run, shotlane.testing.run_virtual]
        for run in (*alone, experiment.run, experiment.submit, session.run):
            with pytest.raises(TypeError, match="the sequence comes first, then its parameters"):
                run(wrong, "furnace-ramp")
        with pytest.raises(TypeError, match="the key of an observation is text, and comes first"):
            session.observe(5, "key")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (3, "a retry policy is a mapping with the keys attempts, on, "),
        ({"tries": 3}, "a retry policy has no key 'tries'; "),
        ({"attempt": 3}, "no key 'attempt'; did you mean 'attempts'?"),
    ],
)
def test_what_is_no_retry_policy_is_refused_at_once(project: Path, policy: object, told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(told)):
        shotlane.Experiment(project, retry=policy)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["--save=NOFOLDER/x.plan", "--plot=NOFOLDER/x.svg"])
def test_a_folder_that_is_not_there_is_told_as_one(
    project: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "furnace-ramp", option]) == 2
    assert "there is no folder 'NOFOLDER' for 'x." in capsys.readouterr().err


@pytest.mark.parametrize("word", ["demo", "furnace-ramp", "furnace-ramp.yaml"])
def test_a_station_behind_a_sequence_is_told_its_option(
    project: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (main, run_sequence):
        verb = ["run"] if command is main else []
        with pytest.raises(SystemExit, match="2"):
            command([*verb, "gas-sweep", word])
        told = capsys.readouterr().err
        assert f"unrecognized arguments: {word}; a station is given with -s" in told
    with pytest.raises(SystemExit, match="2"):
        main(["run", "gas-sweep", "nothing"])
    assert capsys.readouterr().err.endswith("unrecognized arguments: nothing\n")
