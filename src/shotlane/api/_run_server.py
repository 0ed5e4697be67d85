"""`RunServer`: carries out the sequences that programs of other machines hand in, one after the other.

Its runs, store, stations and instruments are those of this project; a client sends texts and parameters, and
may go away. A run goes on whatever becomes of who asked for it.
"""

import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.api._archive import archive
from shotlane.api._run_requests import RunRequests
from shotlane.api._sent import ManagerError
from shotlane.api._signals import on_signals
from shotlane.api._told import told_error
from shotlane.diagnostics import Report
from shotlane.execution import hearing, unwanted_here
from shotlane.project import Project, find_project
from shotlane.sessions import MANAGER, Door, FrameError, Listener, Listening, receive, send

REQUEST = 1 << 26  # largest submission, with all its texts
ANSWER = 1 << 26
PIECE = 1 << 22  # of an archive
_LOOK_S = 0.5


class RunServer:
    """Takes sequences for the project of a folder; enter it, or call `start` and `stop`.

    `station`: the only one that may be used; without it what a sequence or the project says. `listen` and
    what follows: as for `DeviceServer`. `tell` hears who was refused. Raises `DocumentError` when the
    settings of the project are wrong.
    """

    serves = "runs"

    def __init__(
        self,
        folder: str | Path = ".",
        *,
        station: str | None = None,
        listen: str | None = None,
        token_file: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        store: str | None = None,
        mock: bool = False,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        report = Report()
        self._project: Project = find_project(Path(folder), report)
        report.raise_if_errors()
        paths = (None if one is None else Path(one).expanduser() for one in (token_file, certificate, key))
        self._listening = Listening(listen, *paths)
        self._requests = RunRequests(self._project, station, store, mock=mock)
        self._tell = tell
        self._door: Door | None = None
        self._listener: Listener | None = None
        self._ended = threading.Event()

    def __repr__(self) -> str:
        return f"<run server of {self._project.folder}, {self.address or 'not started'}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str | None:
        """The line that clients need; None unless it is started."""
        return None if self._door is None else self._door.address

    @property
    def token_file(self) -> Path | None:
        """The file of the token that clients must have; None unless it is started."""
        return None if self._door is None else self._door.token_file

    def start(self) -> None:
        """Take sequences from now on. Raises `SessionError` when it cannot listen."""
        self._door = Door(MANAGER, self._listening)
        self._listener = Listener(self._door, self)

    def stop(self) -> bool:
        """Take no more, end what runs with its instruments safe; whether anything had to be ended."""
        self._ended.set()
        going = self._requests.close("the manager is ending")
        listener, self._listener, self._door = self._listener, None, None
        if listener is not None:
            listener.stop()  # so that no procedure keeps its turn
        self._requests.manager.settle()
        return going

    def wait(self) -> None:
        """Return when it is stopped, by another thread or a signal that `launch` has heard."""
        # For real-time priority of what other threads run.
        with hearing():
            while not self._ended.wait(_LOOK_S) and not unwanted_here():
                pass

    def launch(self, ready: Callable[[Self], object] | None = None) -> bool:
        """Take sequences until Ctrl-C, SIGTERM or the end of the terminal; whether a run had to be ended.

        `ready` is called when it can be reached.
        """
        with on_signals(lambda _: self._ended.set()):
            self.start()
            try:
                if ready is not None:
                    ready(self)
                self.wait()
            finally:
                going = self.stop()
        return going

    def refusal(self, wish: Mapping[str, Any]) -> str | None:
        """Whoever has the token may hand in."""
        return "it is ending" if self._ended.is_set() else None

    def refused(self, message: str, by: str) -> None:
        """Somebody was refused."""
        if self._tell is not None:
            self._tell(f"{by} was refused: {message}")

    def attend(self, line: socket.socket, wish: Mapping[str, Any], by: str) -> None:
        """Serve a client until it has gone: requests, a procedure, or an archive."""
        if wish.get("procedure") is True:
            self._procedure(line, by)
        elif isinstance(wish.get("archive"), int):
            self._give_archive(line, wish["archive"])
        else:
            while not self._ended.is_set():
                self._answer(line, lambda told: self._requests.answer(told, by))

    def _procedure(self, line: socket.socket, by: str) -> None:
        """Keep the queue waiting as long as this client wants, and carry out what it asks meanwhile."""
        held: list[str] = []

        def act(told: dict[str, Any]) -> Any:
            if told.get("do") == "carry-out":
                return self._requests.carry_out(str(told["key"]))
            held.append(str(told["key"]))
            return self._requests.submit(told, by, held=True)

        try:
            with self._requests.manager.exclusive():
                send(line, {"result": True}, ANSWER)
                while not self._ended.is_set():
                    self._answer(line, act)
        finally:
            self._requests.give_up(held)

    def _give_archive(self, line: socket.socket, run: int) -> None:
        """Send a run as an archive, piece by piece."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "run.zip"
            try:
                archive(run, file, store=self._requests.store_of())
            except Exception as error:  # noqa: BLE001  whatever it is, the client has to learn of it
                why = ManagerError(f"run {run} could not be archived there: {error}")
                send(line, {"fault": told_error(why, str)}, ANSWER)
                return
            send(line, {"result": file.stat().st_size}, ANSWER)
            with file.open("rb") as stream:
                while piece := stream.read(PIECE):
                    send(line, {"piece": piece}, ANSWER)

    def _answer(self, line: socket.socket, act: Callable[[dict[str, Any]], Any]) -> None:
        told = receive(line, REQUEST)
        try:
            answer = {"result": act(told)}
        except Exception as error:  # noqa: BLE001  a client's nonsense must not end the service
            answer = {"fault": told_error(error, str)}
        try:
            send(line, answer, ANSWER)
        except FrameError as error:
            send(line, {"fault": told_error(ManagerError(str(error)), str)}, ANSWER)
