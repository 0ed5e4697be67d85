"""`shotlane.events` and `shotlane.on_event`, as a script uses them."""

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.store import lab

import shotlane
from shotlane import LoggedEvent, StoreError
from shotlane.store import open_recorder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store of the project around here, with two runs of one shot."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    place = str(tmp_path / "data" / "shotlane.db")
    with open_recorder(place) as recorder:
        lab.record_run(recorder, 1)
        lab.record_run(recorder, 1)
    return place


def types(events: Iterable[LoggedEvent]) -> list[str]:
    return [event.type for event in events]


def test_events_are_those_of_the_store_around_here(store: str) -> None:
    assert types(shotlane.events(2)) == ["run.started", "run.ended"]
    assert types(shotlane.events()) == types(shotlane.open_store(store).events())
    assert len(list(shotlane.events())) == 6


def test_following_a_run_that_has_ended_gives_what_there_is(store: str) -> None:
    assert types(shotlane.events(1, type="run.ended", follow=True, store=store)) == ["run.ended"]


def test_a_stream_that_is_left_lets_go_of_the_store(store: str) -> None:
    with shotlane.events(follow=True) as events:
        next(events)
    assert list(events) == []


def test_a_stream_may_be_stopped_by_another_thread(store: str) -> None:
    seen: list[LoggedEvent] = []
    with shotlane.events(follow=True) as events:
        thread = threading.Thread(target=lambda: seen.extend(events))
        thread.start()
        events.stop()
        thread.join(20)
        assert not thread.is_alive()


def test_a_callback_gets_what_is_wanted(store: str) -> None:
    seen: list[LoggedEvent] = []
    shotlane.on_event(seen.append, 1, type=["run", "interlock"])()
    assert [(event.run, event.type) for event in seen] == [(1, "run.started"), (1, "run.ended")]


def test_since_is_read_as_people_write_it(store: str) -> None:
    assert types(shotlane.events(type="run", since="1 d")) == []
    assert len(types(shotlane.events(type="run", since="2024-10-01"))) == 4
    with pytest.raises(ValueError, match="'soon' is no time"):
        shotlane.events(since="soon")


def test_a_run_or_session_that_is_not_there_is_told(store: str) -> None:
    with pytest.raises(StoreError, match="there is no run 7"):
        shotlane.events(7)
    with pytest.raises(StoreError, match="there is no session 7"):
        shotlane.on_event(print, session=7)
