"""The line's guard against stale replies, on a scripted port."""

import pytest

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.instruments.dialogue._framing import Until
from shotlane.instruments.dialogue._line import Line, Request
from shotlane.instruments.ports._transport import PortLost

ASK = Request("?", b"?\r", Until(b"\r"))


class ScriptedPort:
    """Gives what was put in, piece by piece; `after_send` comes only after the next request."""

    def __init__(self) -> None:
        self.is_open = False
        self.waiting: list[bytes | BaseException] = []
        self.after_send: list[bytes | BaseException] = []
        self.sent: list[bytes] = []

    def open(self, timeout_s: float) -> None:
        self.is_open = True

    def send(self, data: bytes, timeout_s: float) -> None:
        self.sent.append(data)
        self.waiting += self.after_send
        self.after_send = []

    def receive(self, timeout_s: float) -> bytes:
        piece = self.waiting.pop(0) if self.waiting else b""
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def port() -> ScriptedPort:
    return ScriptedPort()


@pytest.fixture
def line(port: ScriptedPort) -> Line:
    return Line(port, "scripted")


def test_reply_in_pieces_is_put_together(port: ScriptedPort, line: Line) -> None:
    port.after_send = [b"1", b"2.", b"5\r"]
    assert line.exchange(ASK, 0.1) == b"12.5"


def test_what_nobody_asked_for_is_thrown_away(port: ScriptedPort, line: Line) -> None:
    port.waiting, port.after_send = [b"hello\r", b"wor"], [b"1\r"]
    assert line.exchange(ASK, 0.1) == b"1"
    port.after_send = [b"2\r3\r"]
    assert line.exchange(ASK, 0.1) == b"2"
    port.after_send = [b"4\r"]
    assert line.exchange(ASK, 0.1) == b"4"


def test_interrupted_exchange_leaves_its_reply_owed(port: ScriptedPort, line: Line) -> None:
    port.after_send = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        line.exchange(ASK, 0.1)
    port.after_send = [b"old\r", b"new\r"]
    with pytest.raises(InstrumentError, match="two replies") as caught:
        line.exchange(ASK, 0.1)
    assert caught.value.context.received == "old\\rnew\\r"


def test_part_of_a_reply_is_a_timeout_that_shows_it(port: ScriptedPort, line: Line) -> None:
    port.after_send = [b"12."]
    with pytest.raises(InstrumentError, match="only a part") as caught:
        line.exchange(ASK, 0.1)
    assert (caught.value.fault, caught.value.context.received) == ("timeout", "12.")


def test_noise_without_end_is_garbled_and_nothing_is_sent(
    port: ScriptedPort, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "receive", lambda timeout_s: b"#")
    with pytest.raises(InstrumentError, match="does not fall quiet") as caught:
        line.exchange(ASK, 0.01)
    assert (caught.value.fault, caught.value.context.sent, port.sent) == ("garbled", None, [])


def test_lost_port_is_opened_again_by_the_next_exchange(port: ScriptedPort, line: Line) -> None:
    port.after_send = [PortLost("gone")]
    with pytest.raises(InstrumentError, match="gone") as caught:
        line.exchange(ASK, 0.1)
    assert (caught.value.fault, caught.value.context.sent) == ("disconnected", "?\\r")
    port.after_send = [b"1\r"]
    assert line.exchange(ASK, 0.1) == b"1"
    assert line.openings == 2


def test_request_without_a_reply_waits_for_none(port: ScriptedPort, line: Line) -> None:
    assert line.exchange(Request("GO", b"GO\r", None), 0.1) == b""
    port.after_send = [b"1\r"]
    assert line.exchange(ASK, 0.1) == b"1"


def test_a_line_that_was_let_go_of_is_not_opened_again_by_who_comes_back_late(
    port: ScriptedPort, line: Line
) -> None:
    user = object()
    line.take(user, 1.0)
    line.release(user)
    with pytest.raises(InstrumentError, match="the line was closed"):
        line.exchange(Request("S", b"S\r", None), 1.0)
    assert not port.is_open
    line.take(user, 1.0)
    assert port.is_open
