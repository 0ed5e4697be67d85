"""A device that obeys nothing without its set-up, and that somebody takes in hand in the middle of a run."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.execution.tcp_device import TcpDevice

import shotlane
from shotlane.records import Outcome

pytestmark = pytest.mark.real_time

TEXT = """
instrument: pump
protocol: ascii
timeout: 300 ms
write: "{command}\\r"
errors: {"ERR 3": rejected}
replies: {ok: OK}
attributes:
  remote: {set: {true: "*REMOTE 1", false: "*LOCAL", reply: ok}, type: bool, access: w, safe: keep}
  rate:
    query: "?RATE"
    reply: "RATE {rate:f}"
    set: {send: "*RATE {value:.0f}", reply: ok}
    access: rw
    min: 0
    max: 20
    safe: 0
  volume: {query: "?VOL", reply: "VOL {volume:f}"}
setup: {remote: true}
"""
REGISTERS = """
instrument: pump
protocol: modbus
timeout: 300 ms
attributes:
  remote: {holding: 0, type: bool, access: rw, safe: keep}
  rate: {holding: 1, access: rw, min: 0, max: 20, safe: 0}
  volume: {input: 0}
setup: {remote: true}
"""
SEQUENCE = """
sequence: dose
station: stations/lab.yaml
timeline: [{slowly: 0.3 s}, {fast: 0.3 s}]
lanes:
  pump.rate: {set: {slowly: 5, fast: 10}}
  pump.volume: {record: 20 Hz}
retry: {attempts: 2, on: [rejected]}
guard: off
"""
REMOTE, RATE = range(2)


class Pump(TcpDevice):
    """Takes nothing in local, where somebody puts it as it is told to pump at `local_at`."""

    def __init__(self) -> None:
        self.state = [0, 0]
        self.local_at: int | None = 10
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        """Answer lines and frames alike."""
        while data := connection.recv(256):
            connection.sendall(self._frame(data) if data[:1] not in b"*?" else self._line(data))

    def _takes(self, place: int, value: int) -> bool:
        if place == RATE and value == self.local_at:
            self.state[REMOTE], self.local_at = 0, None
        if place != REMOTE and not self.state[REMOTE]:
            return False
        self.state[place] = value
        return True

    def _line(self, data: bytes) -> bytes:
        word, _, value = data.decode().strip().partition(" ")
        if word.startswith("?"):
            return b"RATE %d\r" % self.state[RATE] if word == "?RATE" else b"VOL 1.5\r"
        return b"OK\r" if self._takes(REMOTE if word == "*REMOTE" else RATE, int(value)) else b"ERR 3\r"

    def _frame(self, data: bytes) -> bytes:
        function, place, value = (
            data[7],
            int.from_bytes(data[8:10], "big"),
            int.from_bytes(data[10:12], "big"),
        )
        if function == 6:
            answer = data[7:12] if self._takes(place, value) else bytes([0x86, 3])
        else:
            words = [1] if function == 4 else self.state[place : place + value]
            answer = bytes([function, 2 * len(words)]) + b"".join(one.to_bytes(2, "big") for one in words)
        return data[:4] + (len(answer) + 1).to_bytes(2, "big") + data[6:7] + answer


@pytest.fixture
def pump() -> Iterator[Pump]:
    made = Pump()
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("document", "resource"),
    [(TEXT, "tcp://127.0.0.1:{}"), (REGISTERS, "modbus+tcp://127.0.0.1:{}?unit=1")],
    ids=["text", "modbus"],
)
def test_its_set_up_is_sent_again_and_it_is_safe_and_goes_on(
    pump: Pump, tmp_path: Path, document: str, resource: str
) -> None:
    (tmp_path / "stations").mkdir()
    (tmp_path / "stations/pump.yaml").write_text(document)
    station = f"{{instrument: pump.yaml, resource: '{resource.format(pump.port)}'}}"
    (tmp_path / "stations/lab.yaml").write_text(f"station: lab\ninstruments:\n  pump: {station}\n")
    (tmp_path / "dose.yaml").write_text(SEQUENCE)
    run = shotlane.run(tmp_path / "dose.yaml", store=f"sqlite:///{tmp_path / 'runs.db'}")
    assert run.attempts()["fault"].to_list() == ["rejected", None]
    assert (run.outcome, run.result.unsafe, pump.state) == (Outcome.DONE, (), [1, 0])
