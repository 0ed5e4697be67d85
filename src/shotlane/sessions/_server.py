"""Other processes use the instruments of a session: each request goes through the session's own gate.

Limits, units and confirmation are judged here, whatever a client says, and locks stay with this process.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.instruments import InstrumentError, RefusedValueError
from shotlane.sessions._doors import Door
from shotlane.sessions._error import SessionError
from shotlane.sessions._event_log import EventLog
from shotlane.sessions._frames import ANSWER, REQUEST, FrameError, receive, send
from shotlane.sessions._guests import Guests
from shotlane.sessions._handle import described
from shotlane.sessions._instruments import Instruments
from shotlane.sessions._listener import Listener

_LEFT = "its last client has gone"


class InstrumentServer:
    """Serves some roles until it is stopped. `rest`: each is made safe when its last client has gone."""

    serves = "instruments"

    def __init__(
        self, instruments: Instruments, roles: Sequence[str], events: EventLog, door: Door, *, rest: bool
    ) -> None:
        self._gate = instruments.gate
        self._roles = tuple(roles)
        self._events = events
        self._rest = partial(instruments.rest, reason=_LEFT) if rest else _leave_as_it_is
        self._changed: set[str] = set()  # roles that somebody has set or called since they were safe
        self._guests = Guests(self._is_left)
        self.address = door.address
        self.token_file: Path = door.token_file
        self._listener = Listener(door, self)
        events.tell("server.started", address=self.address, roles=list(self._roles))

    def stop(self) -> None:
        """Take no more requests. One that is under way ends."""
        self._listener.stop()
        self._events.tell("server.stopped", address=self.address)

    def refusal(self, wish: Mapping[str, Any]) -> str | None:
        """Why a client cannot have the role that it wants."""
        role = str(wish.get("role"))
        if role in self._roles:
            return None
        return f"this server has no instrument '{role}'; {did_you_mean(role, self._roles, what='served are')}"

    def refused(self, message: str, by: str) -> None:
        """Somebody was refused."""
        self._events.tell("server.refused", address=self.address, message=message, by=by)

    def attend(self, line: socket.socket, wish: Mapping[str, Any], by: str) -> None:
        """Carry out what a client asks, until it has gone."""
        role = str(wish["role"])
        with self._guests.at(role):
            self._events.tell("server.joined", role=role, by=by)
            try:
                self._obey(line, role, by)
            finally:
                self._events.tell("server.left", role=role, by=by)

    def _is_left(self, role: str) -> None:
        """Nobody uses it any more; who has only read has changed nothing. What is not safe is tried again."""
        if role in self._changed and self._rest(role):
            self._changed.discard(role)

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
        while not self._listener.stopped:
            try:
                told = receive(line, REQUEST)
            except FrameError as error:
                send(line, _fault(SessionError(str(error))), ANSWER)
                return
            if told.get("do") in ("write", "call"):
                self._changed.add(role)
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


def _leave_as_it_is(role: str) -> bool:
    """Whoever has the session has the instrument too."""
    return True


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
