"""Other processes use the instruments of a session: each request goes through the session's own gate.

Limits, units and confirmation are judged here, whatever a client says, and locks stay with this process.
Nothing is answered before both ends have proved that they have the token.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.instruments import InstrumentError, RefusedValueError
from shotlane.sessions._doors import Door, is_proof, new_number, proof
from shotlane.sessions._error import SessionError
from shotlane.sessions._event_log import EventLog
from shotlane.sessions._frames import ANSWER, GREETING, REQUEST, FrameError, receive, send
from shotlane.sessions._gate import Gate
from shotlane.sessions._handle import described

VERSION = 1
_GREETING_S = 5.0
_MOST_CLIENTS = 64
_END_S = 2.0
_PAUSE_S = 0.1
_NAME = 100


class InstrumentServer:
    """Serves some roles of a gate until it is stopped. `kind`: unix or tcp."""

    def __init__(
        self, gate: Gate, roles: Sequence[str], events: EventLog, session: int, kind: str | None
    ) -> None:
        self._gate = gate
        self._roles = tuple(roles)
        self._events = events
        self._door = Door(session, kind)
        self.address = self._door.address
        self._clients: set[socket.socket] = set()
        self._turn = threading.Lock()
        self._stopped = False
        self._thread = threading.Thread(target=self._listen, name="shotlane-instruments", daemon=True)
        self._thread.start()
        events.tell("server.started", address=self.address, roles=list(self._roles))

    @property
    def token(self) -> str:
        """What a client must have; also in a file that only this user can read."""
        return self._door.token

    def stop(self) -> None:
        """Take no more requests. One that is under way ends."""
        with self._turn:
            self._stopped = True
            clients = list(self._clients)
        self._door.close()
        for line in clients:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._thread.join(_END_S)
        self._events.tell("server.stopped", address=self.address)

    def _listen(self) -> None:
        while not self._stopped:
            try:
                line, _ = self._door.line.accept()
            except OSError:
                if self._stopped:
                    return
                time.sleep(_PAUSE_S)  # as many files are open as may: it would fail again at once
                continue
            with self._turn:
                welcome = len(self._clients) < _MOST_CLIENTS and not self._stopped
                if welcome:
                    self._clients.add(line)
            if not welcome:
                line.close()
                continue
            threading.Thread(target=self._serve, args=(line,), name="shotlane-client", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line:
                line.settimeout(_GREETING_S)
                client = self._greet(line)
                if client is not None:
                    line.settimeout(None)
                    self._obey(line, *client)
        except (OSError, EOFError):
            pass  # it is gone, or sent what is no request
        finally:
            with self._turn:
                self._clients.discard(line)

    def _greet(self, line: socket.socket) -> tuple[str, str] | None:
        """The role that a client wants, and who it says that it is; None of one that may not."""
        mine = new_number()
        send(line, {"shotlane-instruments": VERSION, "number": mine}, GREETING)
        told = receive(line, GREETING)
        role, by = str(told.get("role")), str(told.get("by"))[:_NAME]
        if not is_proof(self.token, "client", mine, told.get("proof")):
            self._refuse(line, "its token is not that of this server", by)
            return None
        if role not in self._roles:
            help = did_you_mean(role, self._roles, what="served are")
            self._refuse(line, f"this server has no instrument '{role}'; {help}", by)
            return None
        send(line, {"proof": proof(self.token, "server", str(told.get("number")))}, GREETING)
        self._events.tell("server.joined", role=role, by=by)
        return role, by

    def _refuse(self, line: socket.socket, message: str, by: str) -> None:
        self._events.tell("server.refused", address=self.address, message=message, by=by)
        send(line, {"refused": message}, GREETING)

    def _obey(self, line: socket.socket, role: str, by: str) -> None:
        acts: Mapping[str, Callable[[dict[str, Any]], Any]] = {
            "read": lambda told: self._gate.read(role, _names(told), told.get("unit"), by),
            "write": lambda told: self._gate.write(role, _text(told, "name"), told.get("value"), by),
            "call": lambda told: self._gate.call(
                role,
                _text(told, "command"),
                tuple(told.get("arguments", ())),
                dict(told.get("named", {})),
                confirm=told.get("confirm") is True,
                by=by,
            ),
            "describe": lambda _: described(self._gate.definition(role), self._gate.identity(role)),
        }
        while not self._stopped:
            try:
                told = receive(line, REQUEST)
            except FrameError as error:
                send(line, _fault(SessionError(str(error))), ANSWER)
                return
            answer = self._done(acts, told)
            try:
                send(line, answer, ANSWER)
            except FrameError as error:
                send(line, _fault(SessionError(str(error))), ANSWER)

    def _done(
        self, acts: Mapping[str, Callable[[dict[str, Any]], Any]], told: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            return {"result": acts.get(str(told.get("do")), _refuse_unknown)(told)}
        except (InstrumentError, RefusedValueError, SessionError) as error:
            return _fault(error)
        except Exception as error:  # noqa: BLE001  a client's nonsense, or a driver's bug, must not end the service
            return _fault(SessionError(f"the server failed: {type(error).__name__}: {error}"))


def _refuse_unknown(told: dict[str, Any]) -> Any:
    raise SessionError(f"a client cannot ask for '{told.get('do')}'")


def _names(told: dict[str, Any]) -> tuple[str, ...]:
    names = told.get("names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise SessionError("a client must name what it reads")
    return tuple(names)


def _text(told: dict[str, Any], key: str) -> str:
    text = told.get(key)
    if not isinstance(text, str):
        raise SessionError(f"a client must give '{key}'")
    return text


def _fault(error: InstrumentError | RefusedValueError | SessionError) -> dict[str, Any]:
    """An error for the other end, which makes the same of it again."""
    if isinstance(error, InstrumentError):
        context = {name: getattr(error.context, name) for name in error.context.__slots__}
        return {"fault": "instrument", "class": error.fault, "message": error.message, "context": context}
    kind = "value" if isinstance(error, RefusedValueError) else "session"
    return {"fault": kind, "message": error.message, "help": error.help}
