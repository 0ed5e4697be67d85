"""A sequence that was handed in at a manager elsewhere: the same face, kept up to date by who follows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shotlane.api._manager_link import ManagerLink
from shotlane.api._remote_run import run_of
from shotlane.api._signals import stop_on_signals
from shotlane.api._submission import State, Submission
from shotlane.api._told import error_of, take_progress

_LOOK_S = 0.1


class RemoteSubmission(Submission):
    """One of a manager; `order` is what is sent, empty for one that was found there."""

    def __init__(self, sequence: Path, key: str, link: ManagerLink, order: Mapping[str, Any]) -> None:
        super().__init__(sequence, _carried_out_elsewhere)
        self._key = key
        self.order = order
        self._link = link
        self._there = State.DRAFT

    @property
    def key(self) -> str:
        """What the manager knows it by, also when this program has come back."""
        return self._key

    @property
    def state(self) -> State:
        """Where it stands, as the manager told last."""
        return super().state if self._ended.is_set() else self._there

    def take(self, told: Mapping[str, Any]) -> None:
        """Hear from the manager."""
        take_progress(self.progress, told["progress"])
        self._there = State(told["state"])
        if not self._there.ended or self._ended.is_set():
            return
        self._error = None if told["error"] is None else error_of(told["error"])
        self._run = None if told["run"] is None else run_of(told["run"], self._link)
        self._ended.set()

    def lose(self, error: Exception) -> None:
        """Nothing can be heard any more; what it came to is not known here."""
        self._error = error
        self._ended.set()

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End it, with its instruments safe. Returns when the manager knows; `wait` for the end."""
        if not self._ended.is_set():
            self._interrupted = True
            self._link.ask("interrupt", key=self.key, reason=reason)

    def carry_out(self) -> None:
        """Return when it has ended; Ctrl-C, and whoever stops this program, ends it there."""
        told = False
        with stop_on_signals(self._control):
            while not self._ended.wait(_LOOK_S):
                if self._control.request is not None and not told:
                    told = True
                    self.interrupt(self._control.request.reason)


def _carried_out_elsewhere(*_: object) -> None:
    raise AssertionError("a manager elsewhere carries it out")
