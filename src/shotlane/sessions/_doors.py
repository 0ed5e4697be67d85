"""Where servers listen: on a socket of this machine for this user alone, or on a network with TLS.

On the network a token lasts, so that clients need not be told anew after each start; on this machine it is
made for one server, and goes with it. There the address lasts where the name of the server does: a station
that names it need not be changed after each start.
"""

import os
import socket
import ssl
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from shotlane.sessions._addresses import LOOPBACK, host_and_port, parse_listen
from shotlane.sessions._certificate import server_context
from shotlane.sessions._error import SessionError
from shotlane.sessions._reach import keep_alive, unix_socket
from shotlane.sessions._tokens import lasting_token, new_token, state_folder, token_file

_LONGEST_PATH = 100  # of a Unix socket, with room to spare
_WAITING = 16
_EVERYWHERE = ("0.0.0.0", "::")
_LOCAL = ("unix", "tcp")
_numbers = count(1)  # of the doors of this process


@dataclass(frozen=True, slots=True)
class Listening:
    """How a server shall be reached.

    `at`: `unix`, `tcp` (the loopback), or `HOST:PORT` of a network; None: what this machine has of the first
    two. The rest is for networks: `token_file` is made when there is none, `certificate` and `key` are PEM.
    """

    at: str | None = None
    token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is for this machine alone."""
        return self.at in (None, *_LOCAL)


class Door:
    """A listening socket, its address and its token. `name`: of its files. `pin`: of its certificate.

    Of two servers of one name that run on this machine the first has the lasting address.
    """

    def __init__(self, name: str, listening: Listening) -> None:
        self._files: list[Path] = []  # that go with it
        self._own_folder: Path | None = None
        self._context: ssl.SSLContext | None = None
        self.pin = ""
        at = listening.at or ("unix" if hasattr(socket, "AF_UNIX") else "tcp")
        if at == "unix":
            self.line, self.address = self._unix(name)
        elif at == "tcp":
            self.line, self.address = self._tcp()
        else:
            self.line, self.address = self._tls(listening, at)
        try:
            self.token_file, self.token = self._keep_token(name, listening)
        except BaseException:
            self.close()
            raise

    def _unix(self, name: str) -> tuple[socket.socket, str]:
        folder = state_folder()
        _sweep(folder)
        known = path = folder / f"{name}-{os.getpid()}-{next(_numbers)}.sock"
        if len(str(path)) > _LONGEST_PATH:
            self._own_folder = Path(tempfile.mkdtemp(prefix="shotlane-"))
            path = self._own_folder / "s"
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if path != known:
                known.symlink_to(path)  # by which it is found when this process was killed
                self._files.append(known)
            line.bind(str(path))
            path.chmod(0o600)
            line.listen(_WAITING)
        except OSError as error:
            line.close()
            raise SessionError(f"{path} cannot be listened on: {error.strerror or error}") from None
        self._files.append(path)
        lasting = folder / f"{name}.sock"
        return line, f"unix://{lasting if self._is_ours(lasting, path) else path}"

    def _is_ours(self, lasting: Path, path: Path) -> bool:
        """Have the lasting name lead to a socket that listens already, unless somebody else's does."""
        if len(str(lasting)) > _LONGEST_PATH:
            return False
        try:
            lasting.symlink_to(path)
        except OSError:
            return False
        self._files.append(lasting)
        return True

    def _tcp(self) -> tuple[socket.socket, str]:
        line = socket.create_server((LOOPBACK, 0), backlog=_WAITING)
        return line, f"tcp://{LOOPBACK}:{line.getsockname()[1]}"

    def _tls(self, listening: Listening, at: str) -> tuple[socket.socket, str]:
        host, port = parse_listen(at)
        self._context, self.pin = server_context(listening.certificate, listening.key)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            line = socket.create_server((host, port), family=family, backlog=_WAITING)
        except OSError as error:
            raise SessionError(f"{at} cannot be listened on: {error.strerror or error}") from None
        shown = socket.gethostname() if host in _EVERYWHERE else host
        return line, f"tls://{host_and_port(shown, line.getsockname()[1])}#sha256={self.pin}"

    def _keep_token(self, name: str, listening: Listening) -> tuple[Path, str]:
        if self._context is not None:
            path = listening.token_file or state_folder() / f"{name}.token"
            return path, lasting_token(path)
        path = token_file(self.address)
        token = new_token(path)
        self._files.append(path)
        return path, token

    def welcome(self, line: socket.socket) -> socket.socket:
        """What to speak to somebody over who has just connected. Nothing was said yet."""
        keep_alive(line)
        if self._context is None:
            return line
        return self._context.wrap_socket(line, server_side=True, do_handshake_on_connect=False)

    def close(self) -> None:
        """Listen no more, and take away what is of no more use. Never raises."""
        # Files first: once nobody listens, they may be those of the next server of this name.
        for file in self._files:
            with suppress(OSError):
                file.unlink()
        with suppress(OSError):
            # What waits in `accept` is not woken by closing alone.
            self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        if self._own_folder is not None:
            with suppress(OSError):
                self._own_folder.rmdir()


def _sweep(folder: Path) -> None:
    """Take away what killed servers have left."""
    for known in folder.glob("*.sock"):
        path = known.readlink() if known.is_symlink() else known
        try:
            unix_socket(str(path), 0.1).close()
        except (ConnectionRefusedError, FileNotFoundError):
            for left in (known, path, *(token_file(f"unix://{one}") for one in (known, path))):
                with suppress(OSError):
                    left.unlink()
            if path.parent != folder:
                with suppress(OSError):
                    path.parent.rmdir()
        except OSError:
            continue
