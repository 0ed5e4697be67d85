"""What other processes ask of a run, heeded whatever goes wrong with the asking."""

import threading
import time
from pathlib import Path
from typing import Any, Self

import pytest

from shotlane.api import _requests
from shotlane.api._requests import heed_requests
from shotlane.execution import Control, Progress
from shotlane.records import Outcome
from shotlane.store import Request

ABORT = Request(1, 7, "abort", "smoke", "Jo", 0)


class Inbox:
    """Has a bug at first, and then one request."""

    opened = 0

    def __init__(self, store: str | Path, run: int) -> None:
        Inbox.opened += 1
        self._requests = [ABORT]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def waiting(self) -> tuple[Request, ...]:
        if Inbox.opened == 1:
            raise LookupError("a bug")
        found, self._requests = tuple(self._requests), []
        return found

    def answer(self, request: Request, text: str) -> None: ...


def _stopped(control: Control) -> bool:
    deadline = time.monotonic() + 60
    while control.request is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return control.request is not None


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Progress:
    monkeypatch.setattr("shotlane.store.RequestInbox", Inbox)
    monkeypatch.setattr(_requests, "_POLL_S", 0.01)
    monkeypatch.setattr(_requests, "_REOPEN_S", 0.01)
    progress = Progress()
    progress.run = 7
    return progress


def test_a_bug_in_the_asking_is_told_and_the_next_request_is_heeded(running: Progress) -> None:
    Inbox.opened, control, told = 0, Control(), list[tuple[str, Any]]()
    with heed_requests("store", control, running, lambda *event: told.append(event)):
        assert _stopped(control)
    assert told[0] == ("worker.crashed", {"port": "requests", "message": "LookupError: a bug"})
    assert told[1][0] == "request.taken"


def test_an_abort_does_not_wait_until_it_is_told(running: Progress) -> None:
    Inbox.opened, control, over = 1, Control(), threading.Event()

    def slow(_type: str, _fields: dict[str, Any]) -> None:
        over.wait(20)

    with heed_requests("store", control, running, slow):
        assert _stopped(control)
        over.set()
    assert control.request is not None
    assert control.request.outcome is Outcome.ABORTED
