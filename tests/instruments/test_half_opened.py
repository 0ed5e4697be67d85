"""An instrument whose opening fails half-way through its set-up is made safe at once, and told."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.instruments._peers import device, pool_on

from shotlane.instruments import PoolError

HEATER = """
instrument: heater
protocol: ascii
timeout: 150 ms
write: "{command}\\n"
attributes:
  heat: {set: {send: "H {value:d}", reply: none}, type: int, access: w, safe: 0}
  mode: {set: {send: "M {value:d}", reply: "OK {_:d}"}, type: int, access: w, safe: keep}
setup: {heat: 5, mode: 3}
"""


def wait_for(holds: Callable[[], bool]) -> None:
    """What needs no reply may arrive a moment later."""
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)


def station(resource: str) -> str:
    return f"station: lab\ninstruments:\n  heater: {{instrument: heater, resource: '{resource}'}}\n"


def test_what_the_set_up_has_sent_is_undone_when_the_rest_of_it_fails(tmp_path: Path) -> None:
    with (
        device(lambda line: None) as made,
        pool_on(station(made.resource), tmp_path, {"heater": HEATER}) as (pool, told),
    ):
        with pytest.raises(PoolError, match="heater: no reply"):
            pool.open(["heater"])
        wait_for(lambda: made.asked[5:] == ["H 0"])
    assert made.asked == ["H 5", "M 3", "H 0"] * 2
    written = [fields for type_, fields in told.events if type_ == "safe-state.written"]
    assert [(fields["role"], fields["attribute"], fields["value"]) for fields in written] == [
        ("heater", "heat", 0)
    ] * 2


def test_a_safe_value_that_cannot_be_sent_is_told_in_the_fault(tmp_path: Path) -> None:
    strict = HEATER.replace('"H {value:d}", reply: none', '"H {value:d}", reply: "DONE {_:d}"')
    with (
        device(lambda line: "DONE 1" if line == "H 5" else None) as made,
        pool_on(station(made.resource), tmp_path, {"heater": strict}) as (pool, told),
        pytest.raises(PoolError, match="NOT SAFE: heat could not be set"),
    ):
        pool.open(["heater"])
    assert "safe-state.failed" in [type_ for type_, _ in told.events]
