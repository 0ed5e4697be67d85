"""What other processes ask of a run reaches it once, and is answered."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from tests.store import lab

from shotlane.store import RequestInbox, StoreError, open_recorder, send_request


def test_a_request_is_given_once_and_its_answer_comes_back(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        with RequestInbox(store_url, run) as inbox:
            assert inbox.waiting() == ()
            sent = send_request(store_url, run, "pause", reason="to look at it", by="ada")
            assert (sent.answer, sent.taken_utc_ns) == (None, None)
            (found,) = inbox.waiting()
            assert (found.verb, found.reason, found.by) == ("pause", "to look at it", "ada")
            assert inbox.waiting() == ()
            inbox.answer(found, "paused after shot 3")
        with RequestInbox(store_url, run) as another:
            assert another.waiting() == ()


def test_a_sender_may_wait_for_the_answer(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        inbox = RequestInbox(store_url, run)

        def serve() -> None:
            deadline = time.monotonic() + 60
            while not (found := inbox.waiting()) and time.monotonic() < deadline:
                time.sleep(0.005)
            inbox.answer(found[0], "the shot is skipped")

        server = threading.Thread(target=serve)
        server.start()
        sent = send_request(store_url, run, "skip", wait_s=20)
        server.join()
        inbox.close()
        assert sent.answer == "the shot is skipped"
        assert sent.taken_utc_ns is not None


def test_a_run_that_cannot_answer_is_told(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.end_run(recorder)
        with pytest.raises(StoreError, match=f"run {run} has ended"):
            send_request(store_url, run, "abort")
        with pytest.raises(StoreError, match="there is no run 9"):
            send_request(store_url, 9, "abort")
        died = recorder.begin_run(lab.run_start())
    with pytest.raises(StoreError, match=f"its process died .*shotlane resume {died}"):
        send_request(store_url, died, "abort")


def test_a_request_is_no_new_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        send_request(tmp_path / "lab.db", 1, "pause")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_is_a_fault_of_the_caller(sqlite_url: str) -> None:
    with pytest.raises(ValueError, match="'stop' is none of pause"):
        send_request(sqlite_url, 1, "stop")


def test_a_locked_store_holds_up_no_inbox(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60) as recorder:
        run = recorder.begin_run(lab.run_start())
        with RequestInbox(sqlite_url, run, wait_s=0.05) as inbox:
            send_request(sqlite_url, run, "pause")
            (found,) = inbox.waiting()
            other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            inbox.answer(found, "paused")
            assert inbox.waiting() == ()
            other.close()
            send_request(sqlite_url, run, "continue")
            assert [request.verb for request in inbox.waiting()] == ["continue"]


def test_requests_that_nobody_took_do_not_reach_the_run_that_goes_on(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        send_request(store_url, run, "pause")
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(resumes=run))
        with RequestInbox(store_url, run) as inbox:
            assert inbox.waiting() == ()
