"""The tokens that open servers: kept in files for this user alone, proven and never sent.

Each end proves by a keyed digest of the other's random number that it has the token, so that who squats on a
port that became free learns nothing. No token stands in a message, a representation or an event.
"""

import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from shotlane.sessions._addresses import parse_address
from shotlane.sessions._error import SessionError

VARIABLE = "SHOTLANE_TOKEN"
_SHORTEST = 32  # letters of a token that somebody else has made
_WHERE = f"copy the file that the server names there, or name it: --token-file, token=Path(...), {VARIABLE}"
# What a manager for runs keeps its token by, so that no station of that name opens it.
MANAGER = "runs"
Token = str | Path | None


def state_folder() -> Path:
    """Where servers of this user keep what is theirs."""
    folder = user_state_path("shotlane") / "servers"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def token_file(address: str) -> Path:
    """Where the token of a server is, for who may read it."""
    found = parse_address(address)
    if found.kind == "unix":
        path = Path(found.path)
        return path.with_name(f"{path.name}.token")
    if found.kind == "tcp":
        return state_folder() / f"tcp-{found.port}.token"
    host = found.host.replace(":", "-")
    return state_folder() / f"tls-{host}-{found.port}.token"


def token_of(address: str, given: Token = None) -> str:
    """The token for a server: `given` as text or a file, else of the environment or this user's file.

    Raises `SessionError`.
    """
    if isinstance(given, str):
        return given
    if given is None and parse_address(address).kind == "tls" and os.environ.get(VARIABLE):
        return os.environ[VARIABLE].strip()
    path = token_file(address) if given is None else given.expanduser()
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SessionError(
            f"there is no token for {address} in {path}: {why}",
            _WHERE if address.startswith("tls:") else "has the server ended?",
        ) from None


def new_token(path: Path) -> str:
    """Make a token and keep it in a file of this user. Raises `SessionError`."""
    token = secrets.token_hex(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a killed server has left there is nobody's any more.
        with suppress(FileNotFoundError):
            path.unlink()
        write_private(path, token)
    except OSError as error:
        raise SessionError(f"the token cannot be kept in {path}: {error.strerror or error}") from None
    return token


def lasting_token(path: Path) -> str:
    """The token in a file, which is made when there is none. Raises `SessionError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            make_private(path, secrets.token_hex(32))
        refuse_foreign(path)
    except OSError as error:
        raise SessionError(f"the token cannot be kept in {path}: {error.strerror or error}") from None
    token = token_of("", path)
    if len(token) < _SHORTEST:
        raise SessionError(
            f"the token in {path} has {len(token)} letters, and {_SHORTEST} are needed",
            "remove the file, and a good one is made",
        )
    return token


def make_private(path: Path, text: str) -> None:
    """Write a file that only this user can read; of two who do it the first wins. Raises `OSError`."""
    made = path.with_name(f".{secrets.token_hex(8)}")
    write_private(made, text)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links, where two at once are rarer still
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a new file that only this user can read. Raises `OSError`."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(text)


def refuse_foreign(path: Path) -> None:
    """Raise `SessionError` when somebody else can read a file, or has made it, as far as the system tells."""
    if os.name != "posix":
        return
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise SessionError(f"{path}, which is a secret, belongs to another user", "make one of your own")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise SessionError(f"others can read {path}, which is a secret", f"chmod 600 {path}")


def new_number() -> str:
    """A random number for the other end to prove itself by."""
    return secrets.token_hex(32)


def proof(token: str, who: str, pin: str, number: str) -> str:
    """What only the owner of a token can say of a number.

    `who` keeps one end from repeating the other's, and `pin`, of the certificate between them, somebody with
    another one from handing them on.
    """
    said = f"{who} {pin} {number}".encode(errors="replace")  # of a stranger: it may be no text at all
    return hmac.new(token.encode(), said, hashlib.sha256).hexdigest()


def is_proof(token: str, who: str, pin: str, number: str, given: object) -> bool:
    """Whether it is that; takes as long either way."""
    said = str(given).encode(errors="replace")
    return hmac.compare_digest(proof(token, who, pin, number).encode(), said)
