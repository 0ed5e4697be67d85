"""What nobody may overlook is in colour, where a terminal shows it and nobody forbids it."""

import io

import pytest

from shotlane.cli._loud import loud


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_on_a_terminal_it_is_white_on_red() -> None:
    assert loud("NOT SAFE", Terminal()) == "\x1b[1;97;41mNOT SAFE\x1b[0m"


def test_in_a_pipe_it_is_plain() -> None:
    assert loud("NOT SAFE", io.StringIO()) == "NOT SAFE"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert loud("NOT SAFE", Terminal()) == "NOT SAFE"
