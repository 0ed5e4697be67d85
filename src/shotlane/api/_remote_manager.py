"""The manager of another machine, as this program sees it: the face of the local one.

What was handed in is carried out there whatever becomes of this program. One thread asks how it goes with all
that this program waits for; it ends with the program.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shotlane.api._manager_link import ManagerLink, answered, new_key
from shotlane.api._prepare import Options
from shotlane.api._remote_submission import RemoteSubmission
from shotlane.api._run_server import REQUEST
from shotlane.api._sent import ManagerError, gather
from shotlane.api._submission import Submission
from shotlane.sessions import parse_address, send

_LOOK_S = 0.1
_GONE_S = 60.0  # how long a manager may be away, as while its machine starts again


class RemoteManager:
    """`address` and `token` as `shotlane serve --runs` prints them. Raises `SessionError` for no address."""

    def __init__(self, address: str, token: str | Path | None) -> None:
        parse_address(address)
        self._link = ManagerLink(address, token)
        self._followed: dict[str, RemoteSubmission] = {}  # that have not ended, or not well, by key
        self._own: set[str] = set()  # keys of what this program has handed in
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._procedure = threading.local()

    def __repr__(self) -> str:
        return repr(self._link)

    def submission(self, path: Path, options: Options, terms: Mapping[str, Any]) -> RemoteSubmission:
        """A sequence with its texts, to be handed in. Raises `DocumentError` and `ManagerError`."""
        if terms["asker"] is not None:
            raise ValueError("a manager elsewhere can ask nobody: give the answers as parameters")
        if terms["store"] is not None:
            raise ValueError("a manager elsewhere records in the store of its own: leave `store` out")
        sent, how = gather(path), asdict(options)
        parameters, confirm, given = (how.pop(name) for name in ("parameters", "confirmed", "given"))
        order = {
            "sequence": sent.sequence,
            "texts": dict(sent.texts),
            "parameters": parameters,
            "given": given.name,
            "options": {**how, "confirm": confirm},
            "terms": {"timing": terms["timing"], "seed": terms["seed"], "wait": terms["wait_s"]},
        }
        return RemoteSubmission(path, new_key(), self._link, order)

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """What is carried out there at the moment, and what waits, whoever has handed it in."""
        found = []
        for told in self.queue():
            one = self._found(told)
            if not one.state.ended:
                found.append(one)
        return tuple(found)

    def queue(self) -> list[dict[str, Any]]:
        """All that it knows of: key, state, number, sequence, and by whom. Raises `ManagerError`."""
        found: list[dict[str, Any]] = self._link.ask("queue")
        return found

    def submitted(self, key: str) -> Submission:
        """What was handed in under a key, by whatever program. Raises `ManagerError`."""
        told = self._link.ask("look", keys=[key])[key]
        if told is None:
            raise _unknown(key)
        return self._found({"key": key, **told})

    @property
    def going(self) -> bool:
        """Whether something that this program handed in has not ended."""
        return any(not one.state.ended for one in self._mine())

    def _mine(self) -> list[RemoteSubmission]:
        with self._turn:
            return [one for key, one in self._followed.items() if key in self._own]

    def _found(self, told: Mapping[str, Any]) -> RemoteSubmission:
        with self._turn:
            one = self._followed.get(told["key"])
        if one is None:
            one = RemoteSubmission(Path(told["sequence"]), told["key"], self._link, {})
        one.take(told)
        if not one.state.ended:
            self._follow(one)
        return one

    def submit(self, submission: Submission) -> None:
        """Put it at the end of the queue there. Raises `ManagerError`."""
        self._hand_in(submission)

    def carry_out(self, submission: Submission) -> None:
        """Hand it in, and return when it has ended; in a procedure of this thread before all others."""
        line = getattr(self._procedure, "line", None)
        try:
            one = self._hand_in(submission, line)
            if line is not None:
                send(line, {"do": "carry-out", "key": one.key}, REQUEST)
            one.carry_out()
            if line is not None:
                line.settimeout(_GONE_S)
                answered(line)
        except (OSError, EOFError) as error:
            raise ManagerError(f"the turn at {self._link.address} is lost: {error}") from None

    def _hand_in(self, submission: Submission, line: socket.socket | None = None) -> RemoteSubmission:
        """Have it taken there; through the connection that has the turn it is not put into the queue."""
        assert isinstance(submission, RemoteSubmission)
        order = {"key": submission.key, **submission.order}
        if line is None:
            told = self._link.ask("submit", **order)
        else:
            send(line, {"do": "submit", **order}, REQUEST)
            told = answered(line)
        submission.take(told)
        self._own.add(submission.key)
        self._follow(submission)
        return submission

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep the queue there from going on while the block runs, which may carry out what it wants."""
        if getattr(self._procedure, "line", None) is not None:
            yield
            return
        with self._link.open(procedure=True) as line:
            _wait_for_turn(line, self._link.address)
            self._procedure.line = line
            try:
                yield
            finally:
                self._procedure.line = None

    def interrupt(self, reason: str) -> None:
        """End all that this program has handed in."""
        for one in self._mine():
            one.interrupt(reason)

    def unheard(self) -> list[Submission]:
        """What this program handed in, ended badly, and was never asked about; told once."""
        found = [one for one in self._mine() if one.unheard is not None]
        with self._turn:
            self._followed = {key: one for key, one in self._followed.items() if not one.state.ended}
        return list(found)

    def join(self) -> None:
        """Return when all has ended that this program has handed in."""
        for one in self._mine():
            one.wait()

    def _follow(self, one: RemoteSubmission) -> None:
        with self._turn:
            # Those that ended well, or were asked, are nothing to keep.
            kept = {key: old for key, old in self._followed.items() if old.unheard or not old.state.ended}
            self._followed = {**kept, one.key: one}
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="shotlane-manager", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        """Ask how it goes, until all has ended."""
        heard_s = time.monotonic()
        while going := self._going():
            try:
                found = self._link.ask("look", keys=[one.key for one in going])
                heard_s = time.monotonic()
                for one in going:
                    _take(one, found[one.key])
            except ManagerError as error:
                if time.monotonic() - heard_s > _GONE_S:
                    for one in going:
                        one.lose(error)
            time.sleep(_LOOK_S)

    def _going(self) -> list[RemoteSubmission]:
        with self._turn:
            going = [one for one in self._followed.values() if not one.state.ended]
            if not going:
                self._thread = None
        return going


def _take(one: RemoteSubmission, told: Mapping[str, Any] | None) -> None:
    """Hear of one; what a manager does not know any more it never will again."""
    if told is None:
        one.lose(_unknown(one.key))
    else:
        one.take(told)


def _unknown(key: str) -> ManagerError:
    return ManagerError(f"the manager knows no submission {key}: was it started again since?")


def _wait_for_turn(line: socket.socket, address: str) -> None:
    """Wait until the manager gives the turn, however long others take."""
    line.settimeout(None)
    try:
        answered(line)
    except (OSError, EOFError) as error:
        raise ManagerError(f"the manager at {address} gives no turn: {error}") from None
