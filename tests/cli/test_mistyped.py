"""What is told when a command line or an address is nearly right."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shotlane.cli import main, run_sequence
from shotlane.instruments.definition._resource import ResourceError, parse_resource

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the examples, with an instrument document beside the stations."""
    for name in ("stations", "sequences"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / "stations" / "gauge.yaml").write_text("instrument: gauge\nprotocol: ascii\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_instrument_document_is_not_offered_as_a_station(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sequence(["sequences/furnace-ramp.yaml", "-s", "nowhere"]) == 2
    assert "stations of this project: atoms, bench, demo\n" in capsys.readouterr().err


def test_a_coulomb_on_the_command_line_is_explained(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sequence(["sequences/furnace-ramp.yaml", "-p", "T_soak=50 C"]) == 2
    told = capsys.readouterr().err
    assert "degrees Celsius are written degC: 50 degC (the sequence says 60 degC)" in told


def test_a_store_that_is_a_folder_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sequences/furnace-ramp.yaml", "--virtual-time", "-q", "--store", str(project)]
    assert run_sequence(arguments) == 2
    assert f"is a folder (write {project / 'shotlane.db'})" in capsys.readouterr().err


def test_a_run_is_shown_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["show", "furnace-ramp"])
    assert "'furnace-ramp' is no run number; `shotlane runs` lists them" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["COM3", "/dev/ttyUSB0?baudrate=9600"])
def test_the_bare_name_of_a_serial_port_gets_its_scheme(text: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resource(text, "gauge", tmp_path)
    assert caught.value.help == f"write `serial://{text}`"
    parse_resource(f"serial://{text}", "gauge", tmp_path)


def test_a_second_bench_names_the_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        places = ["--link", str(tmp_path / "gas"), "--log", str(tmp_path / "log")]
        command = [sys.executable, "-m", "shotlane.testing.bench", "--port", port, *places]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert f"port {port} is in use" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "-n", "0"],
        ["runs", "-n", "-3"],
        ["runs", "-n", "many"],
        ["instruments", "watch", "demo", "--mock", "-n", "0"],
        ["simulate", "demo", "--port", "-5"],
        ["simulate", "demo", "--port", "70000"],
    ],
)
def test_a_number_that_means_nothing_is_a_mistake_of_the_argument(
    arguments: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"'{arguments[-1]}' is no " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (
            "XYZ",
            "'XYZ' is no code, and there is no file 'XYZ'; write a code such as SEQ213, or a sequence and",
        ),
        ("ZZZ999", "'ZZZ999' is no code; a code is written like SEQ213"),
    ],
)
def test_what_cannot_be_explained_is_told_in_a_sentence(
    what: str, told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", what]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["run", "check", "plan"])
def test_a_parameter_is_given_once(verb: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-p", "T_soak=50 degC", "-p", "T_soak=55 degC"]
    assert main([verb, "sequences/furnace-ramp.yaml", *arguments]) == 2
    told = capsys.readouterr().err
    assert "RUN014 'T_soak' is given twice, first as 50 degC" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--wait", "5"], "--wait 5: that is no length of time"),
        (["--wait-for-store", "long"], "--wait-for-store long: that is no length of time"),
        (["--store", "foo://x"], "a store cannot live in `foo`"),
        (["--store", "/nonexistent/x.db"], "there is no folder /nonexistent"),
    ],
)
def test_a_wrong_argument_is_told_before_anything_of_the_run(
    arguments: list[str], told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sequence(["sequences/furnace-ramp.yaml", "--virtual-time", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
