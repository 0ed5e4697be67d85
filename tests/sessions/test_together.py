"""Several threads, and Ctrl-C at the worst moment: a session ends once, whole, and with nothing left live."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.acceptance.lab import Lab

import shotlane
from shotlane import SessionError, StationConnection
from shotlane.api import _connect
from shotlane.instruments import Pool
from shotlane.sessions import _safe


def _beside(act: Callable[[], object], told: list[str], wait_s: float = 0.2) -> threading.Thread:
    """Do it in another thread, for a moment; `told`: what it said."""

    def do() -> None:
        try:
            told.append(f"done: {act()}")
        except SessionError as error:
            told.append(str(error))

    thread = threading.Thread(target=do)
    thread.start()
    thread.join(wait_s)
    return thread


def _release_all(station: StationConnection) -> None:
    for role in station.instruments:
        station.release(role)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (StationConnection.stop, "the session has ended; connect again"),
        (_release_all, "was released; station.instrument("),
    ],
    ids=["stop", "release"],
)
@pytest.mark.parametrize(
    ("role", "act"),
    [
        ("furnace", lambda handle: handle.write("setpoint", "90 degC")),
        ("balance", lambda handle: handle.call("tare")),
    ],
    ids=["set", "call"],
)
def test_nobody_changes_anything_after_the_safe_state(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[StationConnection], object],
    expected: str,
    role: str,
    act: Callable[[Any], object],
) -> None:
    told: list[str] = []
    threads: list[threading.Thread] = []
    make_safe = _safe.make_safe

    def then_more(*given: Any) -> dict[str, str]:
        unsafe = make_safe(*given)
        if not threads:
            threads.append(_beside(lambda: act(handle), told))
        return unsafe

    monkeypatch.setattr(_safe, "make_safe", then_more)
    with shotlane.connect("demo", mock=True) as station:
        handle = station.instrument(role)
        end(station)
        threads[0].join(20)
        assert len(told) == 1
        assert expected in told[0]


def test_a_released_instrument_that_is_opened_again_can_be_set(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        old = station.instrument("furnace")
        station.release("furnace")
        station.instrument("furnace").write("setpoint", 60)
        assert old.read("setpoint") == 60


def test_ctrl_c_at_the_beginning_of_a_run_leaves_a_session_that_can_be_stopped(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        with monkeypatch.context() as patched:
            patched.setattr(Pool, "close_roles", interrupted)
            with pytest.raises(KeyboardInterrupt):
                station.run("sequences/short.yaml", virtual_time=True)
        furnace.write("setpoint", 60)
        station.stop()


def test_a_run_does_not_begin_in_a_session_that_ended_while_it_was_checked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = _connect._Wiring.prepare

    def then_stopped(*given: Any, **options: Any) -> Any:
        prepared = prepare(*given, **options)
        station.stop()
        return prepared

    monkeypatch.setattr(_connect._Wiring, "prepare", then_stopped)
    station = shotlane.connect("demo", mock=True)
    station.start()
    with pytest.raises(SessionError, match="the session has ended"):
        station.run("sequences/short.yaml", virtual_time=True)
    assert lab.count("run") == 0


def test_of_two_threads_one_starts_the_session(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    make_room = _connect._Wiring.make_room

    def slowly(wiring: Any) -> None:
        time.sleep(0.05)
        make_room(wiring)

    monkeypatch.setattr(_connect._Wiring, "make_room", slowly)
    station, told = shotlane.connect("demo", mock=True), list[str]()
    for thread in [_beside(station.start, told, wait_s=0.0) for _ in range(2)]:
        thread.join(20)
    station.stop()
    assert "done: None" in told
    assert sum("goes on already" in one for one in told) == 1
    assert lab.count("session") == 1


def test_who_stops_second_returns_when_all_is_safe(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    make_safe, under_way, order = _safe.make_safe, threading.Event(), list[str]()

    def slowly(*given: Any) -> dict[str, str]:
        under_way.set()
        time.sleep(0.2)
        order.append("safe")
        return make_safe(*given)

    monkeypatch.setattr(_safe, "make_safe", slowly)
    with shotlane.connect("demo", mock=True) as station:
        station.instrument("furnace")
        first = threading.Thread(target=station.stop)
        first.start()
        under_way.wait(20)
        station.stop()
        order.append("second returned")
        first.join(20)
    assert order == ["safe", "second returned"]


def test_a_store_of_channels_that_outlived_its_session_takes_nothing(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        channels = station.channel_store
        assert channels is not None
        channels.observe("x", 1.0)
    for key in ("x", "y"):
        with pytest.raises(SessionError, match="the session has ended"):
            channels.observe(key, 2.0)
    assert lab.count("observation") == 1
