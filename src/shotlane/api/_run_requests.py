"""What clients ask of a manager for runs, and what it answers; each request stands by itself.

A client chooses the key of what it hands in, so that it may ask again after a lost connection and nothing is
run twice. The queue, and what has ended, are known as long as this process lives.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shotlane.api._begin import begin
from shotlane.api._manager import LocalManager
from shotlane.api._prepare import Options
from shotlane.api._prepare_sent import as_sent, prepare_sent
from shotlane.api._sent import ManagerError, Sent
from shotlane.api._submission import Submission
from shotlane.api._told import told_submission
from shotlane.plan import GivenBy
from shotlane.project import Project

_KEY = re.compile(r"[0-9a-f]{32}")
_MOST = 1_000  # that have ended and are still known; and that may wait
_OPTIONS: Mapping[str, type | tuple[type, ...]] = {
    "station": (str, type(None)),
    "mock": bool,
    "virtual_time": bool,
    "confirm": bool,
    "retry": (str, type(None)),
}
_TERMS: Mapping[str, type | tuple[type, ...]] = {
    "timing": (str, type(None)),
    "seed": (int, type(None)),
    "wait": (int, float),
}


@dataclass(frozen=True, slots=True)
class _HandedIn:
    """A submission, and who handed it in."""

    submission: Submission
    by: str


class RunRequests:
    """Keeps the queue of a project. `station`: the only one that may be used."""

    def __init__(self, project: Project, station: str | None, store: str | None, *, mock: bool) -> None:
        self.manager = LocalManager()
        self._project = project
        self._station = station
        self._store = store
        self._mock = mock
        self._known: dict[str, _HandedIn] = {}
        self._turn = threading.Lock()
        self._closed = False

    def answer(self, told: Mapping[str, Any], by: str) -> Any:
        """Do what a client asks. Raises `ManagerError`, and whatever nonsense raises."""
        acts: Mapping[str, Callable[[], Any]] = {
            "submit": lambda: self.submit(told, by),
            "look": lambda: {key: self._told(key) if key in self._known else None for key in told["keys"]},
            "queue": self._queue,
            "interrupt": lambda: self._interrupt(told.get("key"), str(told.get("reason"))),
        }
        act = acts.get(str(told.get("do")))
        if act is None:
            raise ManagerError(f"a client cannot ask for '{told.get('do')}'")
        return act()

    def carry_out(self, key: str) -> None:
        """Do one that was handed in as held, in this thread, which has the turn."""
        self.manager.carry_out(self._of(key).submission)

    def close(self, reason: str) -> bool:
        """Take no more, and end all there is; whether there was any."""
        with self._turn:
            self._closed = True
        going = self.manager.going
        self._interrupt(None, reason)
        return going

    def give_up(self, keys: Iterable[str]) -> None:
        """Of those that were held nobody will ask any more; what was carried out is as it was."""
        for key in keys:
            if key in self._known:
                self._known[key].submission.interrupt("its client has gone")

    def store_of(self) -> str:
        """Where the runs are recorded."""
        return self._store or self._project.store_url

    def submit(self, told: Mapping[str, Any], by: str, *, held: bool = False) -> Any:
        """Take a sequence; `held`: it is not put into the queue. Raises as `answer` does."""
        key, sent = str(told["key"]), Sent(str(told["sequence"]), _texts(told["texts"]))
        if not _KEY.fullmatch(key):
            raise ManagerError("a submission has a key of 32 hexadecimal digits")
        sent.check()
        submission = self._submission(sent, told)
        with self._turn:
            if self._closed:
                raise ManagerError("the manager is ending")
            if key not in self._known:
                self._forget()
                if len(self._known) >= 2 * _MOST:
                    raise ManagerError(f"{_MOST} sequences wait already; hand it in when some have ended")
                self._known[key] = _HandedIn(submission, by)
                if not held:
                    self.manager.submit(submission)
        return self._told(key)

    def _submission(self, sent: Sent, told: Mapping[str, Any]) -> Submission:
        chosen, terms = _checked(told["options"], _OPTIONS), _checked(told["terms"], _TERMS)
        parameters = {str(name): str(value) for name, value in told["parameters"].items()}
        options = Options(
            chosen["station"],
            parameters,
            chosen["mock"] or self._mock,
            chosen["virtual_time"],
            chosen["confirm"],
            chosen["retry"],
            # Clients of before do not say it.
            GivenBy.PYTHON if told.get("given") == GivenBy.PYTHON.name else GivenBy.COMMAND_LINE,
        )
        how = {"store": self._store, "timing": terms["timing"], "seed": terms["seed"], "asker": None}
        prepared_in = partial(prepare_sent, sent, self._project, options, self._station)
        start = partial(begin, prepared_in, {**how, "wait_s": terms["wait"]})
        return Submission(Path(sent.sequence), start)

    def _forget(self) -> None:
        """Make room: those that ended longest ago are nothing to keep."""
        ended = [key for key, one in self._known.items() if one.submission.state.ended]
        for key in ended[: max(len(ended) - _MOST, 0)]:
            del self._known[key]

    def _queue(self) -> list[dict[str, Any]]:
        return [{"key": key, **self._told(key)} for key in list(self._known)]

    def _interrupt(self, key: str | None, reason: str) -> None:
        if key is not None:
            self._of(key).submission.interrupt(reason)
            return
        for one in list(self._known.values()):
            one.submission.interrupt(reason)

    def _told(self, key: str) -> dict[str, Any]:
        one = self._of(key)
        told = told_submission(one.submission, partial(as_sent, project=self._project))
        return {**told, "sequence": str(one.submission.sequence), "by": one.by}

    def _of(self, key: str) -> _HandedIn:
        found = self._known.get(key)
        if found is None:
            raise ManagerError(f"there is no submission {key}: the manager was started again since")
        return found


def _texts(told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or not all(isinstance(text, str) for text in told.values()):
        raise ManagerError("the texts of a sequence are texts")
    return told


def _checked(told: Mapping[str, Any], kinds: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """Options of a client, none of which is of another kind, or unknown."""
    for name in told:
        if name not in kinds:
            raise ManagerError(f"a client cannot say '{name}'")
    for name, kind in kinds.items():
        if not isinstance(told.get(name), kind):
            raise ManagerError(f"a client must say '{name}', as it is meant")
    return dict(told)
