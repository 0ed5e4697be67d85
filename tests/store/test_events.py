"""The log of a session, and reading it while it is written."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.store import lab
from tests.store.postgres_server import PostgresServer

from shotlane.records import Event, LoggedEvent, Outcome, RecorderError, RunEnd
from shotlane.store import (
    DeadRun,
    EventFilter,
    EventTail,
    SessionStart,
    StoreError,
    end_dead_run,
    open_log,
    open_recorder,
    subscribe,
)

END = RunEnd(lab.START_NS + 9, Outcome.TERMINATED, "the process that ran it died", {"unsafe": []})


def happened(type_: str = "note.added", **fields: object) -> Event:
    return Event(type_, time.time_ns(), fields)


def read(store: str, **wanted: Any) -> list[LoggedEvent]:
    with EventTail(store, EventFilter(**wanted)) as tail:
        return list(tail.read())


@contextmanager
def following(store: str, **wanted: Any) -> Iterator[tuple[list[LoggedEvent], threading.Thread]]:
    """What a thread sees that follows."""
    seen: list[LoggedEvent] = []
    with EventTail(store, EventFilter(**wanted)) as tail:
        thread = threading.Thread(target=lambda: seen.extend(tail.follow()))
        thread.start()
        try:
            yield seen, thread
        finally:
            tail.stop()
            thread.join(20)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_session_begins_and_ends_with_an_event(store_url: str) -> None:
    with open_log(store_url, session=SessionStart(kind="station", station="bench")) as log:
        pass
    first, last = read(store_url)
    assert (first.type, first.number, first.session) == ("session.started", 1, log.session)
    assert (first.fields["kind"], first.fields["station"]) == ("station", "bench")
    assert (last.type, last.fields) == ("session.ended", {"outcome": "done"})


def test_an_event_is_readable_once_its_number_is_known(store_url: str) -> None:
    with open_log(store_url) as log, EventTail(store_url) as tail:
        list(tail.read())
        for count in range(5):
            number = log.append(happened(count=count))
            assert [(event.number, event.fields) for event in tail.read()] == [(number, {"count": count})]


def test_events_of_many_threads_are_dense_and_each_thread_s_in_order(store_url: str) -> None:
    told: dict[int, tuple[int, int]] = {}

    def work(thread: int) -> None:
        for count in range(20):
            told[log.append(happened(thread=thread, count=count))] = (thread, count)

    with open_log(store_url) as log:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = read(store_url, types=("note",))
    assert [event.number for event in events] == list(range(2, 162))
    assert {e.number: (e.fields["thread"], e.fields["count"]) for e in events} == told
    for thread_number in range(8):
        own = [event.fields["count"] for event in events if event.fields["thread"] == thread_number]
        assert own == list(range(20))


def test_no_event_is_taken_after_the_end(sqlite_url: str) -> None:
    log = open_log(sqlite_url)
    log.close(Outcome.PASSED)
    log.close()
    with pytest.raises(RecorderError, match="the session has ended"):
        log.append(happened())
    # Nor anything else, which would wait for a commit that never comes.
    with pytest.raises(RecorderError, match="the session has ended"):
        log.note("end_session", [(0, None, log.session)])
    assert [event.type for event in read(sqlite_url)] == ["session.started", "session.ended"]


def test_a_block_left_by_ctrl_c_ends_the_session_as_terminated(sqlite_url: str) -> None:
    with pytest.raises(KeyboardInterrupt), open_log(sqlite_url):
        raise KeyboardInterrupt
    assert read(sqlite_url)[-1].fields == {"outcome": "terminated"}


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        ({"types": ("interlock",)}, ["interlock.tripped"]),
        ({"types": ("instrument.*",)}, ["instrument.opened", "instrument.closed"]),
        ({"types": ("instrument.closed", "interlock.tripped")}, ["instrument.closed", "interlock.tripped"]),
        ({"roles": ("gas",)}, ["instrument.closed"]),
        ({"roles": ("furnace", "gas")}, ["instrument.opened", "instrument.closed"]),
        ({"types": ("inter",)}, []),
    ],
)
def test_filters(store_url: str, wanted: dict[str, tuple[str, ...]], types: list[str]) -> None:
    with open_log(store_url) as log:
        log.append(happened("instrument.opened", role="furnace"))
        log.append(happened("instrument.closed", role="gas"))
        log.append(happened("interlock.tripped", name="gas", values={"role": "gas"}))
    assert [event.type for event in read(store_url, **wanted)] == types


def test_since_leaves_out_what_was_before(store_url: str) -> None:
    with open_log(store_url) as log:
        log.append(happened(count=1))
        now = time.time_ns()
        log.append(happened(count=2))
        events = read(store_url, since_utc_ns=now)
    assert [event.fields for event in events] == [{"count": 2}]


def test_types_of_a_newer_version_are_read(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        log.append(happened("laser.unlocked", v=7, by="hand"))
    event = read(sqlite_url, types=("laser",))[0]
    assert (event.version, event.fields) == (7, {"by": "hand"})


def test_a_session_comes_with_those_inside_of_it(store_url: str) -> None:
    with (
        open_log(store_url) as outer,
        open_log(store_url, session=SessionStart(parent=outer.session)) as inner,
        open_log(store_url),
    ):
        inner.append(happened())
        events = read(store_url, session=outer.session)
    assert {event.session for event in events} == {outer.session, inner.session}


def test_events_of_a_run_are_those_of_all_its_sessions(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        recorder.event(Event("run.started", lab.START_NS))
    with open_recorder(store_url) as again:
        again.begin_run(lab.run_start(resumes=run))
        again.event(Event("run.resumed", lab.START_NS + 1, {"shots": [1]}))
        lab.end_run(again)
    with open_recorder(store_url) as other:
        lab.record_run(other)
    assert [event.type for event in read(store_url, run=run)] == ["run.started", "run.resumed"]


def test_what_a_guard_tells_and_a_spool_brings_later_is_not_skipped(store_url: str) -> None:
    log = open_log(store_url)
    with EventTail(store_url) as tail:
        log.append(happened(count=1))
        assert len(list(tail.read())) == 2
        end_dead_run(DeadRun(store_url, log.session, 1), END, [happened("guard.made-safe")], wait_s=5)
        assert [event.type for event in tail.read()] == ["guard.made-safe"]
        log.append(happened(count=2))
        assert [event.fields for event in tail.read()] == [{"count": 2}]
        log.close()
        assert [event.type for event in tail.read()] == ["session.ended"]
        assert list(tail.read()) == []


def test_a_tail_goes_on_at_the_cursor_of_another(store_url: str) -> None:
    with open_log(store_url) as log, EventTail(store_url) as first:
        reading = first.read()
        next(reading)
        log.append(happened())
        with EventTail(store_url, after=first.cursor) as second:
            assert [event.type for event in second.read()] == ["note.added"]


def test_events_come_by_time_over_sessions_and_by_number_within_one(sqlite_url: str) -> None:
    with open_log(sqlite_url) as one, open_log(sqlite_url) as two:
        one.append(Event("note.added", 2**62, {"count": 1}))
        two.append(Event("note.added", 2**62 + 5, {"count": 3}))
        one.append(Event("note.added", 7, {"count": 2}))  # a clock that was set back
        events = read(sqlite_url, types=("note",))
    assert [event.fields["count"] for event in events] == [1, 2, 3]


def test_many_events_come_in_chunks_without_a_seam(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        log.append_all([happened(count=count) for count in range(40_001)])
        assert [event.fields["count"] for event in read(sqlite_url, types=("note",))] == list(range(40_001))


def test_following_sees_what_other_sessions_write_and_ends_with_the_run(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        with following(store_url, run=run) as (seen, thread):
            recorder.event(happened("run.paused", reason="tea"))
            lab.record_shot(recorder, 1)
            until(lambda: seen)
            recorder.event(happened("run.ended", outcome="done", reason=None))
            lab.end_run(recorder)
            thread.join(20)
            assert [event.type for event in seen] == ["run.paused", "run.ended"]


def test_following_all_sees_sessions_that_begin_later(store_url: str) -> None:
    with open_log(store_url) as first, following(store_url) as (seen, _):
        until(lambda: seen)
        with open_log(store_url) as second:
            second.append(happened())
        first.append(happened())
        until(lambda: len(seen) == 5)
        assert {event.session for event in seen} == {first.session, second.session}


def test_two_sessions_that_write_at_once_are_seen_whole_and_in_order(store_url: str) -> None:
    with (
        open_log(store_url) as one,
        open_log(store_url) as two,
        following(store_url, types=("note",)) as (seen, _),
    ):
        threads = [
            threading.Thread(target=lambda log=log: [log.append(happened()) for _ in range(100)])
            for log in (one, two)
        ]
        for thread in threads:
            thread.start()
        until(lambda: len(seen) == 200)
        for log in (one, two):
            assert [e.number for e in seen if e.session == log.session] == list(range(2, 102))


def test_following_a_session_ends_when_it_does(store_url: str) -> None:
    with open_log(store_url) as log, following(store_url, session=log.session) as (seen, thread):
        log.close()
        thread.join(20)
        assert [event.type for event in seen] == ["session.started", "session.ended"]


def test_a_subscriber_gets_the_past_at_once_and_then_what_comes(store_url: str) -> None:
    with open_log(store_url) as log:
        log.append(happened(count=1))
        seen: list[LoggedEvent] = []
        unsubscribe = subscribe(store_url, seen.append, EventFilter(types=("note",)))
        assert [event.fields["count"] for event in seen] == [1]
        log.append(happened(count=2))
        until(lambda: len(seen) == 2)
        unsubscribe()
        log.append(happened(count=3))
        assert not unsubscribe.following
        assert [event.fields["count"] for event in seen] == [1, 2]


def test_a_callback_that_raises_is_told_and_called_again(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: told.append(str(arguments.exc_value)))
    seen: list[int] = []

    def callback(event: LoggedEvent) -> None:
        seen.append(event.number)
        raise ValueError(f"bad {event.number}")

    with open_log(sqlite_url) as log:
        unsubscribe = subscribe(sqlite_url, callback)
        log.append(happened())
        until(lambda: len(seen) == 2)
        unsubscribe()
    assert told == ["bad 1", "bad 2"]
    assert unsubscribe.statistics()["failed"] == 2


def test_a_callback_may_unsubscribe(sqlite_url: str) -> None:
    with open_log(sqlite_url) as log:
        seen: list[int] = []

        def callback(event: LoggedEvent) -> None:
            seen.append(event.number)
            if event.number == 2:
                unsubscribe()

        unsubscribe = subscribe(sqlite_url, callback)
        log.append_all([happened(), happened()])
        until(lambda: not unsubscribe.following)
    assert seen == [1, 2]


def test_a_store_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        EventTail(tmp_path / "none.db")


@pytest.mark.postgres
def test_a_server_that_restarts_costs_a_follower_nothing(postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    with open_log(url, wait_s=1) as log, following(url) as (seen, _):
        until(lambda: seen)
        postgres_server.kill()
        log.append(happened(count=1))  # into the spool
        assert log.spool is not None
        postgres_server.start()
        log.append(happened(count=2))
        until(lambda: len(seen) == 3)
        assert [event.number for event in seen] == [1, 2, 3]
