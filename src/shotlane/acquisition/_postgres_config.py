"""Where samples go in PostgreSQL, and how; a password is in no text that this makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.acquisition._sqlite_sink import identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresConfig:
    """A server, by `dsn` or by its parts, and a table.

    `create_table`: make it if it is not there; otherwise a missing one is refused. `use_copy`: COPY, several
    times faster than INSERT. `pool`: something with `connection()`, such as `psycopg_pool.ConnectionPool`, to
    borrow connections from. Raises `ValueError`.
    """

    dsn: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int = 5432
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    schema: str = "public"
    table: str = "samples"
    connect_timeout_s: float = 10.0
    statement_timeout_s: float = 30.0
    create_table: bool = False
    use_copy: bool = True
    pool: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        identifier(self.schema)
        identifier(self.table)
        given = [self.dsn is not None, self.host is not None, self.pool is not None]
        if sum(given) != 1:
            raise ValueError("give one of dsn, host (with database), and pool")
        if self.host is not None and self.database is None:
            raise ValueError("a host needs a database")
        if min(self.connect_timeout_s, self.statement_timeout_s) <= 0:
            raise ValueError("a timeout must be above 0")

    @property
    def name(self) -> str:
        """The table, as SQL names it."""
        return f'"{self.schema}"."{self.table}"'

    @property
    def options(self) -> Mapping[str, Any]:
        """What the driver connects with; holds the password."""
        from psycopg import Error  # late: an extra
        from psycopg.conninfo import conninfo_to_dict

        own: dict[str, Any] = {
            "connect_timeout": max(2, int(self.connect_timeout_s)),
            "application_name": "shotlane",
            "keepalives_idle": 5,
            "tcp_user_timeout": int(self.statement_timeout_s * 1e3),
        }
        if self.dsn is not None:
            if "://" in self.dsn and self.dsn.count("@") > 1:
                # What stands behind the first would be shown as the host, and may be a password's end.
                raise ValueError("the dsn has more than one @; write %40 for one in a password")
            try:
                return own | conninfo_to_dict(self.dsn.replace("postgresql+psycopg://", "postgresql://"))
            except Error:
                # Its text repeats the address with the password, so it is not chained.
                raise ValueError("the dsn cannot be read; write postgresql://USER@HOST/DATABASE") from None
        parts = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        return (
            own
            | {key: value for key, value in parts.items() if value is not None}
            | {"dbname": self.database}
        )

    def target(self) -> str:
        """`HOST:PORT/DATABASE.SCHEMA.TABLE`, safe to show."""
        if self.pool is not None:
            return f"pool/{self.schema}.{self.table}"
        options = self.options
        place = f"{options.get('host', 'localhost')}:{options.get('port', 5432)}"
        return f"{place}/{options.get('dbname', '')}.{self.schema}.{self.table}"
