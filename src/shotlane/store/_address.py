"""Where a store is: a database URL that never shows its password.

SQLite needs a file (a store in memory would lose what it acknowledged); `postgresql://` means psycopg. A
plain path means the SQLite file there.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from shotlane.store._error import StoreError

STORE_NAME = Path("data") / "shotlane.db"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRET_OPTIONS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A checked database URL."""

    url: URL

    @property
    def sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path:
        """Path of the SQLite file."""
        return Path(self.url.database or "")

    @property
    def shown(self) -> str:
        """The address as messages name it: a path, or a URL without its password."""
        if self.sqlite:
            return str(self.file)
        hidden = {name: "***" for name in _SECRET_OPTIONS if name in self.url.query}
        return self.url.update_query_dict(hidden).render_as_string(hide_password=True)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        options = (self.url.query.get(name) for name in _SECRET_OPTIONS)
        return tuple(text for text in (self.url.password, *options) if isinstance(text, str) and text)

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"


def parse_address(store: "str | Path | URL") -> Address:
    """Check where a store is; raises `StoreError`."""
    if isinstance(store, Path) or (isinstance(store, str) and "://" not in store):
        return Address(URL.create("sqlite", database=str(Path(store).expanduser().absolute())))
    url = _parsed(store)
    if url.drivername in _POSTGRES:
        return Address(url.set(drivername="postgresql+psycopg"))
    if url.get_backend_name() != "sqlite":
        raise StoreError(
            f"a store cannot live in `{url.drivername}`", "write sqlite:///FILE or postgresql://HOST/DATABASE"
        )
    if url.database in (None, "", ":memory:"):
        raise StoreError("a store needs a file: in memory nothing would be durable", "write sqlite:///FILE")
    return Address(url.set(drivername="sqlite", database=str(Path(str(url.database)).absolute())))


def _parsed(store: str | URL) -> URL:
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
