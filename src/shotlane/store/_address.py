"""Where a store is: a database URL that never shows its password.

SQLite needs a file (a store in memory would lose what it acknowledged); `postgresql://` means psycopg. A
plain path means the SQLite file there.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.store._error import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL

STORE_NAME = Path("data") / "shotlane.db"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRET_OPTIONS = ("password", "sslpassword")
# What begins like the address of a server, or holds a user as one does, is no name that a file should get.
_NEARLY_A_SERVER = re.compile(
    r"(?![a-z]:[\\/])((postgres\w*|sqlite)(\+\w+)?(:|//)|//[^/]*@|[^/\\]*:.*@|[^/\\]*@[^/\\]*/)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A checked database URL. `file`: the SQLite file; `server`: the URL of a server, None for a file."""

    file: Path
    server: "URL | None" = None

    @property
    def sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.server is None

    @property
    def url(self) -> "URL":
        """The URL as SQLAlchemy takes it."""
        if self.server is not None:
            return self.server
        from sqlalchemy import URL  # late: who writes to a file needs none

        return URL.create("sqlite", database=str(self.file))

    @property
    def shown(self) -> str:
        """The address as messages name it: a path, or a URL without its password."""
        if self.server is None:
            return str(self.file)
        hidden = {name: "***" for name in _SECRET_OPTIONS if name in self.server.query}
        return self.server.update_query_dict(hidden).render_as_string(hide_password=True)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        if self.server is None:
            return ()
        given = [self.server.query.get(name, ()) for name in _SECRET_OPTIONS]
        options = [text for one in given for text in ((one,) if isinstance(one, str) else one)]
        return tuple(text for text in (self.server.password, *options) if text)

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def parse_address(store: "str | Path | URL") -> Address:
    """Check where a store is; raises `StoreError`."""
    if isinstance(store, Path) or (isinstance(store, str) and "://" not in store):
        _refuse_nearly_a_server(store)
        return Address(Path(store).expanduser().absolute())
    if isinstance(store, str) and store.startswith(_SQLITE) and "?" not in store:
        return _file(store.removeprefix(_SQLITE))
    url = _parsed(store)
    if url.drivername in _POSTGRES:
        if isinstance(store, str) and store.count("@") > 1:
            # What stands behind the first would be shown as host or database, and may be a password's end.
            raise StoreError("the URL of the store has more than one @", "write %40 for one in a password")
        return Address(Path(), url.set(drivername="postgresql+psycopg"))
    if url.get_backend_name() != "sqlite":
        raise StoreError(
            f"a store cannot live in `{url.drivername}`", "write sqlite:///FILE or postgresql://HOST/DATABASE"
        )
    return _file(url.database or "")


def shown_address(store: str | Path) -> str:
    """Where a store is, as messages name it: a path, or a URL without its password. Raises `StoreError`."""
    return parse_address(store).shown


def _refuse_nearly_a_server(store: str | Path) -> None:
    # Not repeated: it may hold a password.
    if isinstance(store, str) and _NEARLY_A_SERVER.match(store):
        raise StoreError(
            "the address of the store is neither a file's nor a server's",
            "write postgresql://USER@HOST/DATABASE, or ./NAME for a file of such a name",
        )


def _file(database: str) -> Address:
    if database in ("", ":memory:"):
        raise StoreError("a store needs a file: in memory nothing would be durable", "write sqlite:///FILE")
    return Address(Path(database).absolute())


def _parsed(store: "str | URL") -> "URL":
    from sqlalchemy import make_url  # late, as above
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(store)
    except (ArgumentError, ValueError):
        # The text of this error repeats the URL with its password, so it is not chained.
        raise StoreError("the URL of the store cannot be read", "write sqlite:///FILE") from None


def default_store_url(folder: Path, *, create: bool = True) -> str:
    """URL of the store of a project, `data/shotlane.db`; its folder is made unless `create` is false."""
    file = folder.absolute() / STORE_NAME
    if create:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {file.parent} cannot be made: {error.strerror}") from error
    return f"sqlite:///{file}"
