"""The making of the tables. A store of another version is touched only to upgrade it."""

import time

from sqlalchemy import Connection, inspect, select

from shotlane.store import _tables as tables
from shotlane.store._error import StoreError
from shotlane.store._schema_version import SCHEMA_VERSION, check_version, only_version
from shotlane.store._views import postgres_time, sqlite_time, views

# Any constant will do, as long as every program that makes the tables takes the same.
_MAKING_LOCK = 0x73686F746C616E65


def ensure_schema(connection: Connection, shown: str, made_by: str | None) -> None:
    """Make the tables and views where there are none, in one transaction; two programs may try at once.

    `made_by` None: nothing is made, and no tables are a `StoreError`.
    """
    lock_schema(connection)
    if made_by is None or inspect(connection).has_table("schema_version"):
        check_schema(connection, shown)
        return
    tables.metadata.create_all(connection, checkfirst=False)
    make_views(connection)
    row = {"version": SCHEMA_VERSION, "applied_utc_ns": time.time_ns(), "made_by": made_by}
    connection.execute(tables.schema_version.insert(), row)


def lock_schema(connection: Connection) -> None:
    """Keep others from making or changing the tables until the end of the transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING_LOCK})")


def make_views(connection: Connection) -> None:
    """Make the views."""
    render = sqlite_time if connection.dialect.name == "sqlite" else postgres_time
    for name, query in views(render):
        # psycopg reads `%` as a place for an argument.
        text = query if connection.dialect.name == "sqlite" else query.replace("%", "%%")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {text}")


def drop_views(connection: Connection) -> None:
    """Drop all views that there are, of whatever version."""
    for name in inspect(connection).get_view_names():
        if name.endswith("_view"):
            connection.exec_driver_sql(f"DROP VIEW {name}")


def schema_version(connection: Connection, shown: str) -> int:
    """The version that a store says; raises `StoreError` when it says none."""
    if not inspect(connection).has_table("schema_version"):
        raise StoreError(f"{shown} holds no shotlane store", "give the file or database of a run")
    return only_version(connection.execute(select(tables.schema_version.c.version)).all(), shown)


def check_schema(connection: Connection, shown: str) -> None:
    """Raise `StoreError` unless the store has the version that this program reads and writes."""
    check_version(schema_version(connection, shown), shown)
