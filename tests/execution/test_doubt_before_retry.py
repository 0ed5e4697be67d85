"""A real device that answers badly for a while: no timed reading of the next attempt pays for that."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.instruments._peers import device

import shotlane

pytestmark = pytest.mark.real_time

METER = """
instrument: meter
protocol: scpi
timeout: 300 ms
identity: {query: none}
attributes:
  voltage: {query: "READ?", unit: V}
"""
SEQUENCE = """
sequence: look
station: lab
timeline:
  - measure: 300 ms
lanes:
  meter.voltage: {record: {measure: 20 Hz}}
retry: {attempts: 3, on: [timeout, disconnected, garbled], delay: 0.1 s, then: skip}
"""


def badly_twice(how: str | None) -> Callable[[str], str | None]:
    """A meter whose first two answers are bad, or do not come."""
    asked = 0

    def answer(_: str) -> str | None:
        nonlocal asked
        asked += 1
        return how if asked <= 2 else "1.5"

    return answer


@pytest.mark.parametrize("how", ["?!", None])
def test_a_healthy_answer_is_not_held_back_in_the_attempt_after(how: str | None, tmp_path: Path) -> None:
    with device(badly_twice(how)) as meter:
        for name, text in {
            "shotlane.yaml": "station: lab\n",
            "stations/meter.yaml": METER,
            "stations/lab.yaml": "station: lab\ninstruments:\n"
            f'  meter: {{instrument: meter, resource: "{meter.resource}"}}\n',
            "sequences/look.yaml": SEQUENCE,
        }.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        run = shotlane.run(tmp_path / "sequences" / "look.yaml")
    attempts = run.attempts()
    assert attempts["fault"].to_list() == ["garbled" if how else "timeout", None]
    assert attempts["outcome"].to_list() == ["errored", "done"]
