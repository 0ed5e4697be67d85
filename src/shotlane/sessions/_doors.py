"""Where instrument servers listen, and the tokens that open them: both for this user alone.

The token never crosses the line: each end proves by a keyed digest of the other's random number that it has
it, so that who squats on a port that became free learns nothing.
"""

import hashlib
import hmac
import os
import secrets
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from shotlane.sessions._error import SessionError

_LOOPBACK = "127.0.0.1"
_LONGEST_PATH = 100  # of a Unix socket, with room to spare
_WAITING = 16


class Door:
    """A listening socket, and its token in a file beside it."""

    def __init__(self, session: int, kind: str | None) -> None:
        self.token = secrets.token_hex(32)
        self._socket_file: Path | None = None
        self._own_folder: Path | None = None
        kind = kind or ("unix" if hasattr(socket, "AF_UNIX") else "tcp")
        if kind == "unix":
            self.line, self.address = self._unix(session)
        elif kind == "tcp":
            self.line, self.address = self._tcp()
        else:
            raise SessionError(f"an instrument server listens on unix or tcp, not on '{kind}'")
        self._token_file = token_file(self.address)
        try:
            self._write_token()
        except OSError as error:
            self.close()
            why = error.strerror or error
            raise SessionError(f"the token cannot be kept in {self._token_file}: {why}") from None

    def _unix(self, session: int) -> tuple[socket.socket, str]:
        folder = _folder()
        _sweep(folder)
        path = folder / f"{session}.sock"
        if len(str(path)) > _LONGEST_PATH:
            self._own_folder = Path(tempfile.mkdtemp(prefix="shotlane-"))
            path = self._own_folder / "s"
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.bind(str(path))
            path.chmod(0o600)
            line.listen(_WAITING)
        except OSError as error:
            line.close()
            raise SessionError(f"{path} cannot be listened on: {error.strerror or error}") from None
        self._socket_file = path
        return line, f"unix://{path}"

    def _tcp(self) -> tuple[socket.socket, str]:
        line = socket.create_server((_LOOPBACK, 0), backlog=_WAITING)
        return line, f"tcp://{_LOOPBACK}:{line.getsockname()[1]}"

    def _write_token(self) -> None:
        # What a killed server has left there is nobody's any more.
        with suppress(OSError):
            self._token_file.unlink()
        file = os.open(self._token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(self.token)

    def close(self) -> None:
        """Listen no more, and take the token away. Never raises."""
        with suppress(OSError):
            # What waits in `accept` is not woken by closing alone.
            self.line.shutdown(socket.SHUT_RDWR)
        self.line.close()
        for file in (self._token_file, self._socket_file):
            with suppress(OSError):
                if file is not None:
                    file.unlink()
        if self._own_folder is not None:
            with suppress(OSError):
                self._own_folder.rmdir()


def reach(address: str, timeout_s: float) -> socket.socket:
    """Connect to a server. Raises `SessionError`."""
    try:
        if address.startswith("unix://"):
            return _connected(address.removeprefix("unix://"), timeout_s)
        return socket.create_connection(_host(address), timeout_s)
    except (OSError, AttributeError) as error:
        why = getattr(error, "strerror", None) or error
        raise SessionError(f"no instrument server answers at {address}: {why}") from None


def _connected(path: str, timeout_s: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(timeout_s)
        line.connect(path)
    except OSError:
        line.close()
        raise
    return line


def _sweep(folder: Path) -> None:
    """Take away what killed servers have left."""
    for path in folder.glob("*.sock"):
        try:
            _connected(str(path), 0.1).close()
        except ConnectionRefusedError:
            for left in (path, token_file(f"unix://{path}")):
                with suppress(OSError):
                    left.unlink()
        except OSError:
            continue


def check_address(address: str) -> None:
    """Raise `SessionError` for what is no address of a server."""
    if not address.startswith("unix:///"):
        _host(address)


def _host(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if host not in (_LOOPBACK, "localhost") or not port.isdigit():
        raise SessionError(
            f"'{address}' is no address of an instrument server", "write unix:///PATH or tcp://127.0.0.1:PORT"
        )
    return host, int(port)


def token_file(address: str) -> Path:
    """Where the token of a server is, for who may read it."""
    if address.startswith("unix://"):
        path = Path(address.removeprefix("unix://"))
        return path.with_name(f"{path.name}.token")
    return _folder() / f"tcp-{_host(address)[1]}.token"


def token_of(address: str) -> str:
    """The token of a server of this user. Raises `SessionError`."""
    try:
        return token_file(address).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SessionError(
            f"there is no token for {address}: {why}", "has the server ended? give token=..."
        ) from None


def new_number() -> str:
    """A random number for the other end to prove itself by."""
    return secrets.token_hex(32)


def proof(token: str, who: str, number: str) -> str:
    """What only the owner of a token can say of a number; `who` keeps one end from repeating the other's."""
    return hmac.new(token.encode(), f"{who} {number}".encode(), hashlib.sha256).hexdigest()


def is_proof(token: str, who: str, number: str, given: object) -> bool:
    """Whether it is that; takes as long either way."""
    return hmac.compare_digest(proof(token, who, number).encode(), str(given).encode())


def _folder() -> Path:
    folder = user_state_path("shotlane") / "servers"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
