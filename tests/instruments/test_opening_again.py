"""An opening that times out or comes back garbled is tried again, as any exchange is."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.instruments._peers import Told, device, pool_on, value

from shotlane.instruments import PoolError

PUMP = """
instrument: pump
protocol: ascii
timeout: 150 ms
tries: 3
write: "{command}\\n"
errors: {"ERR": rejected}
attributes:
  remote: {set: {send: "REMOTE {value:d}", reply: "OK {_:d}"}, type: int, access: w, safe: keep}
  volume: {query: "?VOL", reply: "{v:f}"}
setup: {remote: 1}
identity: {query: "?ID", reply: "{model:w} SN{serial:w}"}
"""
RIGHT = {"?ID": "SP-20 SN42", "REMOTE 1": "OK 1", "?VOL": "1.5"}
WRONG = {"lost": None, "garbled": "boo boo boo"}


class Pump:
    """Answers wrong at first, as the test says."""

    def __init__(self, spoilt: str, how: str | None, times: int) -> None:
        self.spoilt, self.how, self.left = spoilt, how, times

    def __call__(self, line: str) -> str | None:
        if line == self.spoilt and self.left:
            self.left -= 1
            return self.how
        return RIGHT[line]


def station(resource: str, more: str = "") -> str:
    return f"station: lab\ninstruments:\n  pump: {{instrument: pump, resource: '{resource}'{more}}}\n"


def counted(told: Told) -> int:
    """The requests that were told."""
    return sum(fields.get("exchanges", 0) for _, fields in told.events)


@pytest.mark.real_time
@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize(
    ("spoilt", "asked"),
    [("?ID", ["?ID", "?ID", "REMOTE 1"]), ("REMOTE 1", ["?ID", "REMOTE 1", "?ID", "REMOTE 1"])],
)
def test_one_bad_reply_does_not_end_an_opening(
    tmp_path: Path, how: str, spoilt: str, asked: Sequence[str]
) -> None:
    with (
        device(Pump(spoilt, WRONG[how], 1)) as made,
        pool_on(station(made.resource), tmp_path, {"pump": PUMP}) as (pool, told),
    ):
        pool.open(["pump"])
        assert made.asked == asked
        assert counted(told) == len(asked)
        assert pool.identities["pump"].serial == "42"
        assert value(pool, "pump", "volume") == 1.5
    (again,) = told.of("exchange.repeated")
    assert (again["operation"], again["try"], again["exchanges"]) == ("open", 1, 0)
    assert again["fault"] == {"lost": "timeout", "garbled": "garbled"}[how]


@pytest.mark.real_time
def test_an_opening_is_tried_as_often_as_the_document_says(tmp_path: Path) -> None:
    with (
        device(Pump("?ID", None, 99)) as made,
        pool_on(station(made.resource), tmp_path, {"pump": PUMP}) as (pool, told),
    ):
        with pytest.raises(PoolError, match="no reply came in time"):
            pool.open(["pump"])
        assert made.asked == ["?ID"] * 3
    assert len(told.of("exchange.repeated")) == 2
    assert len(told.of("instrument.faulted")) == 1


@pytest.mark.real_time
def test_what_the_device_refuses_is_not_repeated(tmp_path: Path) -> None:
    with (
        device(Pump("REMOTE 1", "ERR", 1)) as made,
        pool_on(station(made.resource), tmp_path, {"pump": PUMP}) as (pool, told),
        pytest.raises(PoolError),
    ):
        pool.open(["pump"])
    assert made.asked == ["?ID", "REMOTE 1"]
    assert told.of("exchange.repeated") == []


@pytest.mark.real_time
def test_another_instrument_than_the_expected_one_is_not_asked_again(tmp_path: Path) -> None:
    with (
        device(Pump("", None, 0)) as made,
        pool_on(station(made.resource, ", expect: {serial: '7'}"), tmp_path, {"pump": PUMP}) as (pool, _),
        pytest.raises(PoolError, match="serial"),
    ):
        pool.open(["pump"])
    assert made.asked == ["?ID"]
