"""Documents full of planted mistakes: told all at once, each at its line, and nothing is touched."""

import re
import select
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.lab import MISTAKES, Done, Lab

import shotlane

SEQUENCES = ["ten-mistakes.yaml", "ten-others.yaml"]


def planted(name: str) -> list[tuple[str, int]]:
    """File and line of every marked mistake."""
    lines = (MISTAKES / name).read_text().splitlines()
    return [(name, number) for number, line in enumerate(lines, 1) if "# mistake" in line]


def told(done: Done) -> list[tuple[str, int]]:
    """File and line of every diagnostic, in the order told."""
    places = re.findall(r"^(\S+?\.yaml):(\d+):\d+ [A-Z]+\d+ ", done.err, re.MULTILINE)
    return [(Path(file).name, int(line)) for file, line in places]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something on a port that notices whoever opens it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def wrong_lab(lab: Lab, listener: socket.socket) -> Lab:
    """A project that holds the wrong documents, with a station on a port that is watched."""
    for path in MISTAKES.glob("*.yaml"):
        shutil.copy(path, lab.folder / ("sequences" if path.name in SEQUENCES else "stations"))
    text = (lab.folder / "stations" / "demo.yaml").read_text()
    real = f"modbus+tcp://127.0.0.1:{listener.getsockname()[1]}"
    lab.write(text.replace("sim://", real, 1), "stations/demo.yaml")
    return lab


@pytest.mark.parametrize("name", SEQUENCES)
def test_ten_mistakes_are_ten_diagnostics_and_nothing_is_touched(
    wrong_lab: Lab, listener: socket.socket, name: str
) -> None:
    done = wrong_lab.run(file=f"sequences/{name}")
    assert told(done) == planted(name)
    assert len(planted(name)) == 10
    assert (done.status, done.out) == (2, "")
    assert not (wrong_lab.folder / "data").exists()
    assert select.select([listener], [], [], 0.0)[0] == []


def test_every_message_shows_the_line_with_a_caret_under_the_fault(wrong_lab: Lab) -> None:
    err = wrong_lab.run(file="sequences/ten-mistakes.yaml").err
    assert len(re.findall(r"^ +\d+ \| .*\n +\| +\^+$", err, re.MULTILINE)) == 10
    assert err.count("help: did you mean") == 2
    assert "10 errors" in err


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_every_verb_tells_the_same(wrong_lab: Lab, verb: str) -> None:
    done = wrong_lab.do("shotlane", verb, "sequences/ten-others.yaml")
    assert (done.status, told(done)) == (2, planted("ten-others.yaml"))


def test_json_tells_the_same_places(wrong_lab: Lab) -> None:
    done = wrong_lab.run("--json", file="sequences/ten-mistakes.yaml")
    assert done.status == 2
    assert [item["place"]["line"] for item in done.json] == [line for _, line in planted("ten-mistakes.yaml")]


def test_python_raises_one_error_with_all_of_them(wrong_lab: Lab) -> None:
    with pytest.raises(shotlane.DocumentError, match=r"ten-mistakes.yaml:4:1 ") as caught:
        shotlane.run(wrong_lab.folder / "sequences" / "ten-mistakes.yaml")
    text = str(caught.value).replace(f"{wrong_lab.folder}/", "")
    assert text in wrong_lab.run(file="sequences/ten-mistakes.yaml").err
    lines = [item.span.line for item in caught.value.diagnostics if item.span is not None]
    assert lines == [line for _, line in planted("ten-mistakes.yaml")]
    assert not (wrong_lab.folder / "data").exists()


def test_a_station_and_its_instruments_are_told_in_one_go(wrong_lab: Lab) -> None:
    done = wrong_lab.run("-s", "station-of-mistakes")
    assert told(done) == [*planted("broken-instrument.yaml"), *planted("station-of-mistakes.yaml")]
    assert done.status == 2
    again = wrong_lab.do("shotlane", "check", "stations/station-of-mistakes.yaml")
    assert told(again) == told(done)
