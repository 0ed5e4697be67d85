"""A listening server: lets in who proves to have its token, and serves each in a thread of its own.

Nothing is answered before both ends have proven that they have the token, and who does not come to that in a
few seconds is sent away. Strangers take none of the places of clients.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from shotlane.sessions._doors import Door
from shotlane.sessions._frames import GREETING, receive, send
from shotlane.sessions._patience import Patience
from shotlane.sessions._reach import VERSION, hang_up
from shotlane.sessions._tokens import is_proof, new_number, proof

_GREETING_S = 5.0
_MOST_CLIENTS = 64
_MOST_STRANGERS = 32
_END_S = 2.0
_PAUSE_S = 0.1
_NAME = 100


class Service(Protocol):
    """What a server does for its clients."""

    @property
    def serves(self) -> str:
        """What it serves, as clients ask for it: one word."""

    def refusal(self, wish: Mapping[str, Any]) -> str | None:
        """Why a client that has the token cannot have what it wants; None: it can."""

    def attend(self, line: socket.socket, wish: Mapping[str, Any], by: str) -> None:
        """Serve a client until it has gone. `OSError` and `EOFError` are its end."""

    def refused(self, message: str, by: str) -> None:
        """Somebody was refused."""


class Listener:
    """Serves until it is stopped."""

    def __init__(self, door: Door, service: Service) -> None:
        self._door = door
        self._service = service
        self._patience = Patience()
        self._strangers: set[socket.socket] = set()
        self._clients: set[socket.socket] = set()
        self._turn = threading.Lock()
        self.stopped = False
        self._thread = threading.Thread(target=self._listen, name="shotlane-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests. One that is under way ends."""
        with self._turn:
            self.stopped = True
            lines = [*self._clients, *self._strangers]
        self._door.close()
        for line in lines:
            hang_up(line)
        self._thread.join(_END_S)

    def _listen(self) -> None:
        while not self.stopped:
            try:
                line, origin = self._door.line.accept()
            except OSError:
                if self.stopped:
                    return
                time.sleep(_PAUSE_S)  # as many files are open as may: it would fail again at once
                continue
            self._take(line, str(origin[0]) if isinstance(origin, tuple) else "")

    def _take(self, line: socket.socket, origin: str) -> None:
        try:
            line = self._door.welcome(line)
        except OSError:
            line.close()  # it has gone again
            return
        with self._turn:
            welcome = len(self._strangers) < _MOST_STRANGERS and not self.stopped
            if welcome:
                self._strangers.add(line)
        try:
            if welcome:
                threading.Thread(
                    target=self._serve, args=(line, origin), name="shotlane-client", daemon=True
                ).start()
                return
        except RuntimeError:  # as many threads run as may: only this one is sent away
            with self._turn:
                self._strangers.discard(line)
        line.close()

    def _serve(self, line: socket.socket, origin: str) -> None:
        try:
            with line:
                wish, by = self._greeted(line, origin)
                if wish is not None:
                    line.settimeout(None)
                    self._service.attend(line, wish, by)
        except (OSError, EOFError):
            pass  # it has gone, or sent what is no request
        finally:
            with self._turn:
                self._clients.discard(line)
                self._strangers.discard(line)

    def _greeted(self, line: socket.socket, origin: str) -> tuple[Mapping[str, Any] | None, str]:
        """What a client wants, and who it says that it is; None of one that may not have it."""
        # Each piece of a message has its own time; this is for all of them.
        late = threading.Timer(_GREETING_S, hang_up, (line,))
        late.daemon = True
        late.start()
        try:
            line.settimeout(_GREETING_S)
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            return self._greet(line, origin)
        finally:
            late.cancel()

    def _greet(self, line: socket.socket, origin: str) -> tuple[Mapping[str, Any] | None, str]:
        mine = new_number()
        send(line, {f"shotlane-{self._service.serves}": VERSION, "number": mine}, GREETING)
        wish = receive(line, GREETING)
        by = _plain(str(wish.get("by"))) + (f" from {origin}" if isinstance(line, ssl.SSLSocket) else "")
        time.sleep(self._patience.pause_s(origin))
        if not is_proof(self._door.token, "client", self._door.pin, mine, wish.get("proof")):
            message = "its token is not that of this server"
            return self._refused(line, message, by, tell=self._patience.wrong(origin))
        why = self._service.refusal(wish) or self._no_place(line)
        if why is not None:
            return self._refused(line, why, by, tell=True)
        proven = proof(self._door.token, "server", self._door.pin, str(wish.get("number")))
        send(line, {"proof": proven}, GREETING)
        return wish, by

    def _no_place(self, line: socket.socket) -> str | None:
        """Make a stranger a client, or say that there is no room for one more."""
        with self._turn:
            if self.stopped:
                return "it is ending"
            if len(self._clients) >= _MOST_CLIENTS:
                return f"it has {_MOST_CLIENTS} clients already"
            self._strangers.discard(line)
            self._clients.add(line)
        return None

    def _refused(self, line: socket.socket, message: str, by: str, *, tell: bool) -> tuple[None, str]:
        if tell:
            self._service.refused(message, by)
        send(line, {"refused": message}, GREETING)
        return None, by


def _plain(said: str) -> str:
    """What a stranger calls itself, as a terminal may show it."""
    return "".join(letter for letter in said[:_NAME] if letter.isprintable())
