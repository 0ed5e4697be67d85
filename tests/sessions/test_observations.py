"""What a session observes is there afterwards, and meanwhile, here and elsewhere, and none is lost."""

import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.acceptance.lab import Lab, wait_for
from tests.sessions.conftest import Script, heard, kill

import shotlane
from shotlane import SessionError, StoreError
from shotlane.records import RecorderError
from shotlane.sessions._uri import channel_uri, parse_uri
from shotlane.store import EventFilter, EventTail, SessionStart, recover
from shotlane.store._address import parse_address
from shotlane.store._spool import Spool, spool_folder


def test_values_of_every_kind_come_back_as_they_were(lab: Lab, store_url: str) -> None:
    values: dict[str, list[object]] = {
        "number": [1.5, 2, float("inf"), None, 2.0**60],
        "truth": [True, False],
        "text": ["He", "NUL \0 is escaped", "µ"],
    }
    before = time.time_ns()
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        uris = {key: station.observe(key, value) for key, row in values.items() for value in row}
        here = {key: shotlane.channel(uri)["value"].to_list() for key, uri in uris.items()}
    assert here == {**values, "text": ["He", "NUL \\x00 is escaped", "µ"]}
    later = shotlane.channel(uris["number"], store_url)
    assert later["value"].to_list() == values["number"]
    assert later.schema == {"time": pl.Datetime("ns", "UTC"), "value": pl.Float64, "unit": pl.String}
    assert later["time"].cast(pl.Int64).is_between(before, time.time_ns()).all()


def test_not_a_number_is_no_missing_value(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        station.observe("x", float("nan"))
        found = station.channel("x")["value"]
    assert found.is_nan().to_list() == [True]


def test_many_samples_come_back_in_their_order(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        for number in range(20_000):
            uri = station.observe("count", number)
    found = shotlane.channel(uri)
    assert found["value"].to_list() == list(range(20_000))
    assert lab.count("observation_view") == 20_000


def test_units_stay_what_they_were_at_first(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        station.observe("room", 20.0, unit="degC")
        station.observe("room", 68.9, unit="degF")
        with pytest.raises(ValueError, match="'room' is kept in degC, not in V"):
            station.observe("room", 1.0, unit="V")
        with pytest.raises(ValueError, match="persent"):
            station.observe("humidity", 41.0, unit="persent")
        found = station.channel("room")
    assert found["value"].to_list() == [20.0, 20.5]
    assert found["unit"].to_list() == ["degC", "degC"]


def test_what_is_no_sample_is_refused_and_the_series_stays_sound(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        station.observe("x", 1.0)
        with pytest.raises(ValueError, match="'x' is a series of numbers in this session, not 'high'"):
            station.observe("x", "high")
        with pytest.raises(
            ValueError, match="a sample of 'y' is a number, a truth value or a text, not dict"
        ):
            station.observe("y", {"a": 1}, sample_interval=1)
        with pytest.raises(SessionError, match="given 2 values, and not how far they are apart"):
            station.observe("x", [1.0, 2.0])
        with pytest.raises(SessionError, match="needs a name"):
            station.observe("", 1.0)
        assert station.channel("x")["value"].to_list() == [1.0]


@pytest.mark.parametrize("name", ["furnace.setpoint", "oven.target", "furnace.oven.target"])
def test_what_is_read_and_what_is_observed_have_names_apart(name: str, lab: Lab) -> None:
    alias = "channels:\n  oven.target: {is: furnace.setpoint}\n"
    (lab.folder / "stations" / "oven.yaml").write_text(
        (lab.folder / "stations" / "demo.yaml")
        .read_text(encoding="utf-8")
        .replace("station: demo", "station: oven")
        + alias,
        encoding="utf-8",
    )
    with shotlane.connect("oven", mock=True) as station:
        furnace = station.instrument("furnace")
        furnace.read("setpoint")
        furnace.read("oven.target")
        with pytest.raises(SessionError, match=f"'{name}' is a channel of the station.* under another name"):
            station.observe(name, 99.0, unit="degC")
        assert station.channel("furnace.setpoint").height == 1


@pytest.mark.parametrize("interval", [0, -1, 1e-12, float("nan"), float("inf"), 1e300])
def test_samples_lie_apart_by_a_time(interval: float, lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        with pytest.raises(ValueError, match="samples of 'wave' cannot lie"):
            station.observe("wave", [1.0, 2.0], sample_interval=interval)
        station.observe("wave", [1.0, 2.0], sample_interval=0.5)
        assert station.channel("wave").height == 2


def test_several_values_lie_an_interval_apart_the_last_one_now(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        before = time.time_ns()
        station.observe("wave", [1.0, 2.0, 3.0], sample_interval=0.25)
        found = station.channel("wave")
    times = found["time"].cast(pl.Int64).to_list()
    assert [later - earlier for earlier, later in pairwise(times)] == [250_000_000] * 2
    assert before <= times[-1] <= time.time_ns()


@pytest.mark.parametrize(
    ("values", "interval_s", "told"),
    [
        ([0.1] * 20_000, 1_000_000.0, "first of 20,000 samples of 'wave' 634 years before the last"),
        ([0.1, 0.2, 0.3], 1e12, "63,376 years before the last; it is in seconds"),
        (0.1, 1e12, "sample_interval=1e.12 puts the first"),
    ],
    ids=["first out of range", "all out of range", "a distance out of range"],
)
def test_samples_at_no_instant_are_refused_and_the_session_goes_on(
    lab: Lab, store_url: str, values: object, interval_s: float, told: str
) -> None:
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        uri = station.observe("room.humidity", 41.0)
        with pytest.raises(ValueError, match=told):
            station.observe("wave", values, sample_interval=interval_s)
        station.observe("room.humidity", 42.0)
        assert station.channel_store is not None
        assert station.channel_store.keys == ("room.humidity",)
    assert shotlane.channel(uri, store_url)["value"].to_list() == [41.0, 42.0]


@pytest.mark.parametrize("key", ["k\0n", "k\ud800n"], ids=["NUL", "half a pair"])
def test_a_key_that_no_store_can_hold_is_refused_and_the_session_goes_on(
    lab: Lab, store_url: str, key: str
) -> None:
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        uri = station.observe("good", 1.0)
        with pytest.raises(ValueError, match=r"the key 'k.*n' cannot be stored"):
            station.observe(key, 1.0)
        station.observe("good", 2.0)
    assert shotlane.channel(uri, store_url)["value"].to_list() == [1.0, 2.0]


def test_what_only_looks_like_a_value_is_refused(lab: Lab) -> None:
    wrong: list[tuple[object, str]] = [
        (10**400, "a whole number of 1329 bits does not fit 'x'"),
        (10**5000, "does not fit 'x'"),
        (2**63, "a whole number of 64 bits does not fit 'x': a store keeps 64"),
        (np.uint64(2**64 - 1), "a whole number of 64 bits"),
        (1j, "a sample of 'x' is a number, a truth value or a text, not complex"),
        (np.complex128(1j), "not complex128"),
        (Decimal("1.5"), "not Decimal"),
        (b"1.5", "not bytes"),
        (object(), "not object"),
    ]
    with shotlane.connect("demo", mock=True) as station:
        for value, told in wrong:
            with pytest.raises(ValueError, match=told):
                station.observe("x", value)
            with pytest.raises(ValueError, match=told):
                station.observe("x", [1.0, value], sample_interval=0.1)
        station.observe("x", [2**63 - 1, -(2**63), np.int32(3), np.float32(0.5)], sample_interval=0.1)
        assert station.channel("x")["value"].to_list() == [2.0**63, -(2.0**63), 3.0, 0.5]


def test_a_key_that_is_not_there_is_told_with_the_nearest(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        uri = station.observe("room.humidity", 41.0)
    with pytest.raises(StoreError, match=r"did you mean 'room.humidity'"):
        shotlane.channel(uri.replace("humidity", "humidty"))
    for wrong in ("room.humidity", "channel://", "channel://x/y", "channel://12"):
        with pytest.raises(SessionError, match="names no channel"):
            shotlane.channel(wrong)


@given(st.text(min_size=1), st.integers(min_value=0, max_value=2**63 - 1))
def test_any_key_makes_a_uri_that_leads_back_to_it(key: str, session: int) -> None:
    try:
        key.encode()
    except UnicodeEncodeError:
        key = "?"
    uri = channel_uri(session, key)
    assert uri.isascii()
    assert " " not in uri
    assert parse_uri(uri) == (session, key)


def test_another_process_sees_samples_while_they_are_written_and_after_a_kill(
    lab: Lab, script: Script
) -> None:
    process = script(
        """
        with shotlane.connect("demo", mock=True) as station:
            number = 0
            while True:
                uri = station.observe("count", number, unit="mm")
                if number == 0:
                    say(uri)
                number += 1
                time.sleep(0.001)
        """
    )
    uri = heard(process)

    def rows() -> int:
        try:
            return shotlane.channel(uri, lab.store).height
        except StoreError:
            return 0

    wait_for(lambda: rows() > 10)
    seen = rows()
    kill(process)
    left = shotlane.channel(uri)
    assert left.height >= seen
    assert left["value"].to_list() == list(range(left.height))


def refuse(*_: object) -> None:
    raise RecorderError("the server cannot be reached")


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_what_a_store_does_not_take_waits_in_the_spool(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with shotlane.connect("demo", mock=True) as station:
        uri = station.observe("x", 0.0)
        assert station.channel_store is not None
        station.channel_store.flush()
        log = station._now().log
        with monkeypatch.context() as broken:
            broken.setattr(log._writer, "write", refuse)
            station.observe("x", 1.0)
            station.channel_store.flush()
            assert log.spool is not None
    assert shotlane.channel(uri)["value"].to_list() == [0.0, 1.0]


def test_no_room_for_samples_is_told_and_none_is_lost_in_silence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shotlane.connect("demo", mock=True) as station:
        uri = station.observe("x", 0.0)
        assert station.channel_store is not None
        station.channel_store.flush()
        with monkeypatch.context() as broken:
            broken.setattr(station._now().log._writer, "write", refuse)
            broken.setattr(Spool, "append", full)
            station.observe("x", 1.0)
            with pytest.raises(StoreError, match="No space left"):
                station.channel_store.flush()
            with pytest.raises(StoreError, match="No space left"):
                station.observe("x", 2.0)
        station.observe("x", 3.0)
    assert shotlane.channel(uri)["value"].to_list() == [0.0, 1.0, 3.0]


def test_a_row_that_no_store_can_take_takes_no_others_with_it(lab: Lab, store_url: str) -> None:
    station = shotlane.connect("demo", mock=True, store=store_url)
    station.start()
    uri = station.observe("x", 0.0)
    session = station.session_id
    for number in range(1, 40):
        station.observe("x", float(number))
    rows = [(session, 1, 100 + number, 2**63 + number, 0.5, None) for number in range(3)]
    station._now().log.note("observation", rows)
    station.observe("x", 40.0)
    station.instrument("furnace").write("setpoint", "60 degC")
    with pytest.raises(StoreError, match=r"3 rows are lost, which .* cannot take: observation: "):
        station.stop()
    assert shotlane.channel(uri, store_url)["value"].to_list() == [float(number) for number in range(41)]
    with EventTail(store_url, EventFilter(session=session)) as tail:
        types = [event.type for event in tail.read()]
    assert "instrument.set" in types
    assert types[-1] == "session.ended"


def test_a_spool_with_a_row_that_no_store_can_take_is_delivered_and_kept_aside(
    lab: Lab, tmp_path: Path, store_url: str
) -> None:
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        uri = station.observe("x", 0.0)
        session = station.session_id
    data = tmp_path / "data"
    spool = Spool(spool_folder(parse_address(store_url), data), SessionStart(id=session), store_url)
    times = (time.time_ns(), 2**63, time.time_ns())
    rows = [(session, 1, 2 + index, at, float(index), None) for index, at in enumerate(times)]
    spool.append([("observation", rows)])
    spool.leave()
    [found] = recover(store_url, data)
    assert found.rows == 2
    assert found.left is not None
    assert found.left.startswith("1 rows of it no store can take: observation: ")
    assert found.path.is_file()
    assert recover(store_url, data) == ()
    assert shotlane.channel(uri, store_url)["value"].to_list() == [0.0, 0.0, 2.0]
