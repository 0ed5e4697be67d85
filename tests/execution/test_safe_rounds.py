"""A device that does not answer just as a run ends is made safe all the same: a real peer on Modbus TCP."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.execution.tcp_device import TcpDevice

import shotlane
from shotlane.execution import _rounds
from shotlane.records import Outcome

pytestmark = pytest.mark.real_time

OVEN = """
instrument: oven
protocol: modbus
timeout: 250 ms
attributes:
  temperature: {input: 0, unit: degC}
  setpoint: {holding: 0, unit: degC, access: rw, min: 0 degC, max: 300 degC, safe: 20 degC}
  mode: {holding: 1, options: {off: 0, auto: 1}, access: rw, safe: off}
  limit: {holding: 2, access: rw, min: 0, max: 100, safe: keep}
setup: {limit: 80}
identity: {maker: acme, model: {holding: 3}}
"""
STATION = """
station: lab
instruments:
  oven: {instrument: oven.yaml, resource: '%s', expect: {model: '%d'}}
"""
SEQUENCE = """
sequence: hold
station: stations/lab.yaml
timeline: [{go: 20 s}]
lanes:
  oven.mode: {set: auto}
  oven.setpoint: {set: 60 degC}
  oven.temperature: {record: 10 Hz}
guard: off
"""
SETPOINT, MODE, LIMIT, MODEL = range(4)


class Oven(TcpDevice):
    """A unit that loses its answers, or is away, from its so-manieth reading on, for so long."""

    def __init__(self) -> None:
        self.registers = [200, 0, 0, 7]
        self.writes: list[int] = []
        self.readings = 0
        self.trouble = ""
        self.for_s = 0.0
        self.came_back_as = 7  # what it says it is after it was away
        self.begun: float | None = None
        self._has_lost = False
        super().__init__()
        self.resource = f"modbus+tcp://127.0.0.1:{self.port}?unit=1"

    def loses(self, pdu: bytes) -> bool:
        """Whether its answer to that is lost: once, to what sets its mode to off."""
        lost = self.trouble == "once" and not self._has_lost and pdu == bytes([6, 0, MODE, 0, 0])
        self._has_lost |= lost
        return lost

    def troubled(self, trouble: str) -> bool:
        """Whether that goes wrong just now."""
        if self.begun is None or trouble != self.trouble:
            return False
        return time.monotonic() < self.begun + self.for_s

    def serve(self, connection: socket.socket) -> None:
        """Answer Modbus, as far as its trouble lets it."""
        while len(head := connection.recv(7, socket.MSG_WAITALL)) == 7:
            pdu = connection.recv(int.from_bytes(head[4:6], "big") - 1, socket.MSG_WAITALL)
            self.readings += pdu[0] == 4
            if self.trouble and self.begun is None and self.readings > 5:
                self.begun, self.registers[MODEL] = time.monotonic(), self.came_back_as
            if self.troubled("away"):
                return
            answer = self._answer(pdu)
            if not (self.troubled("mute") or self.loses(pdu)):
                connection.sendall(head[:4] + (len(answer) + 1).to_bytes(2, "big") + head[6:] + answer)

    def _answer(self, pdu: bytes) -> bytes:
        place, word = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if pdu[0] == 6:
            self.registers[place] = word
            self.writes.append(place)
            return pdu
        words = [25] if pdu[0] == 4 else self.registers[place : place + word]
        return bytes([pdu[0], 2 * len(words)]) + b"".join(one.to_bytes(2, "big") for one in words)


@contextmanager
def oven_in(folder: Path) -> Iterator[Oven]:
    oven = Oven()
    (folder / "stations").mkdir()
    (folder / "stations/oven.yaml").write_text(OVEN)
    (folder / "stations/lab.yaml").write_text(STATION % (oven.resource, 7))
    (folder / "hold.yaml").write_text(SEQUENCE)
    try:
        yield oven
    finally:
        oven.close()


@pytest.fixture
def oven(tmp_path: Path) -> Iterator[Oven]:
    with oven_in(tmp_path) as made:
        yield made


def _run(folder: Path) -> shotlane.Run:
    return shotlane.run(folder / "hold.yaml", store=f"sqlite:///{folder / 'runs.db'}")


def _safe_rows(folder: Path) -> list[tuple[str, int]]:
    query = """SELECT c.name, x.status FROM action x JOIN channel c
    ON c.run = x.attempt >> 32 AND c.channel = x.channel WHERE x.kind = 2 ORDER BY x.number"""
    with create_engine(f"sqlite:///{folder / 'runs.db'}").connect() as connection:
        return [(name, status) for name, status in connection.execute(text(query))]


@pytest.mark.parametrize("trouble", ["mute", "away"])
def test_who_does_not_answer_for_a_while_as_a_run_ends_is_made_safe(
    oven: Oven, tmp_path: Path, trouble: str
) -> None:
    oven.trouble, oven.for_s = trouble, 1.5 if trouble == "mute" else 1.0
    run = _run(tmp_path)
    assert (run.outcome, run.result.unsafe) == (Outcome.ERRORED, ())
    assert oven.registers == [20, 0, 80, 7]
    rows = _safe_rows(tmp_path)
    assert {name for name, _ in rows} == {"oven.setpoint", "oven.mode"}
    last = dict(rows)
    assert set(last.values()) == {0}
    assert len(rows) > len(last)


def test_a_set_up_that_fails_does_not_keep_a_safe_value_from_being_sent(
    oven: Oven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rounds, "PATIENCE_S", 0.0)
    oven.trouble, oven.for_s = "mute", 60.0  # it hears, and nobody knows
    run = _run(tmp_path)
    assert [(item.role, item.attribute) for item in run.result.unsafe] == [
        ("oven", "setpoint"),
        ("oven", "mode"),
    ]
    assert oven.registers == [20, 0, 80, 7]


def test_a_set_up_that_is_sent_again_between_two_safe_values_undoes_neither(
    oven: Oven, tmp_path: Path
) -> None:
    """The answer to the second is lost, and before its repetition the set-up sets the first one anew."""
    document = tmp_path / "stations/oven.yaml"
    document.write_text(document.read_text().replace("limit: 80}", "limit: 80, setpoint: 60 degC}"))
    sequence = tmp_path / "hold.yaml"
    sequence.write_text(sequence.read_text().replace("go: 20 s", "go: 0.5 s"))
    oven.trouble = "once"
    run = _run(tmp_path)
    assert run.result.unsafe == ()
    assert oven.registers == [20, 0, 80, 7]
    assert [name for name, _ in _safe_rows(tmp_path)] == ["oven.setpoint", "oven.mode"] * 2


def test_who_stays_dead_is_given_up_and_told_once_per_value(
    oven: Oven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rounds, "PATIENCE_S", 1.0)
    oven.trouble, oven.for_s = "away", 60.0
    run = _run(tmp_path)
    assert run.outcome == Outcome.ERRORED
    assert [(item.role, item.attribute) for item in run.result.unsafe] == [
        ("oven", "setpoint"),
        ("oven", "mode"),
    ]
    assert "declared down" not in str([item.message for item in run.result.unsafe])
    names = [name for name, _ in _safe_rows(tmp_path)]
    assert names.count("oven.setpoint") == names.count("oven.mode") >= _rounds.LEAST_ROUNDS


def test_somebody_else_at_its_address_gets_no_safe_values(
    oven: Oven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rounds, "PATIENCE_S", 1.0)
    oven.trouble, oven.for_s, oven.came_back_as = "away", 0.5, 8
    run = _run(tmp_path)
    assert {item.attribute for item in run.result.unsafe} == {"setpoint", "mode"}
    assert (oven.registers[SETPOINT], oven.registers[MODE]) == (60, 1)
