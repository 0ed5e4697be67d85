"""The version of the tables, and their making. A store that is newer than this program is never touched."""

import time

from sqlalchemy import Connection, inspect, select

from shotlane.store import _tables as tables
from shotlane.store._error import StoreError
from shotlane.store._views import postgres_time, sqlite_time, views

SCHEMA_VERSION = 1
# Any constant will do, as long as every program that makes the tables takes the same.
_MAKING_LOCK = 0x73686F746C616E65


def ensure_schema(connection: Connection, shown: str, made_by: str) -> None:
    """Make the tables and views where there are none, in one transaction; two programs may try at once."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MAKING_LOCK})")
    if inspect(connection).has_table("schema_version"):
        check_schema(connection, shown)
        return
    tables.metadata.create_all(connection, checkfirst=False)
    render = sqlite_time if connection.dialect.name == "sqlite" else postgres_time
    for name, query in views(render):
        # psycopg reads `%` as a place for an argument.
        text = query if connection.dialect.name == "sqlite" else query.replace("%", "%%")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {text}")
    row = {"version": SCHEMA_VERSION, "applied_utc_ns": time.time_ns(), "made_by": made_by}
    connection.execute(tables.schema_version.insert(), row)


def check_schema(connection: Connection, shown: str) -> None:
    """Raise `StoreError` unless the store has the version that this program reads and writes."""
    if not inspect(connection).has_table("schema_version"):
        raise StoreError(f"{shown} holds no shotlane store", "give the file or database of a run")
    version = connection.execute(select(tables.schema_version.c.version)).scalar_one_or_none()
    if version is None:
        raise StoreError(f"{shown} says no schema version", "it was not made by shotlane")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{shown} has schema version {version}, this shotlane knows {SCHEMA_VERSION}",
            "it was made by a newer shotlane: pip install --upgrade shotlane",
        )
