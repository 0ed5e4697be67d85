"""A store of an older shotlane is brought up to date with all that it holds, or left as it was."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from tests.store import lab

from shotlane.store import StoreError, check_store, open_reader, open_recorder, store_info, upgrade_store
from shotlane.store._address import parse_address
from shotlane.store._schema_version import SCHEMA_VERSION
from shotlane.store._tables import metadata

_PART = re.compile(r"sample_\d")
DATA = Path(__file__).parent / "data"


@contextmanager
def _connect(url: str) -> Iterator[Connection]:
    engine = create_engine(parse_address(url).url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@pytest.fixture(params=[1, 2], ids=["version1", "version2"])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def _load(url: str, version: int) -> None:
    """Two runs written by the last shotlane of a version: a good one, and one whose program died.

    In version 2 the latter was resumed, and there is one of everything that this version brought.
    """
    dump = (DATA / f"version_{version}.sql").read_text(encoding="utf-8")
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        file.executescript(dump)
        file.execute("PRAGMA journal_mode = WAL")
        file.close()
        return
    source = sqlite3.connect(":memory:")
    source.executescript(dump)
    names = [row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    first = ("session", "run")
    names = [*first, *(name for name in names if name not in first and not name.startswith("sqlite_"))]
    with _connect(url) as connection:
        # Without arguments psycopg takes a text with several statements in it.
        cursor = connection.connection.cursor()
        cursor.execute((DATA / f"version_{version}_postgres.sql").read_text(encoding="utf-8"))
        for name in names:
            for row in source.execute(f"SELECT * FROM {name}"):
                marks = ", ".join(["%s"] * len(row))
                cursor.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE VALUES ({marks})", row)
        cursor.execute("SELECT setval(pg_get_serial_sequence('run', 'number'), max(number)) FROM run")
        cursor.close()
    source.close()


def _shape(url: str) -> dict[str, Any]:
    """Everything that the database says of its tables and views."""
    with _connect(url) as connection:
        seen = inspect(connection)
        shape: dict[str, Any] = {name: seen.get_view_definition(name) for name in seen.get_view_names()}
        for table in filter(lambda name: not _PART.match(name), seen.get_table_names()):
            indexes = {one["name"]: one["column_names"] for one in seen.get_indexes(table)}
            foreign = [
                (one["constrained_columns"], one["referred_table"]) for one in seen.get_foreign_keys(table)
            ]
            unique = [one["column_names"] for one in seen.get_unique_constraints(table)]
            columns = [
                (c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(table)
            ]
            shape[table] = (columns, seen.get_pk_constraint(table), sorted(foreign), unique, indexes)
        if connection.dialect.name == "sqlite":
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
            shape["kinds"] = {name: ("WITHOUT ROWID" in sql, "AUTOINCREMENT" in sql) for name, sql in rows}
    return shape


def test_an_upgraded_store_equals_a_fresh_one(
    store_url: str, version: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    _load(store_url, version)
    assert upgrade_store(store_url, "test") == (version, SCHEMA_VERSION)
    if store_url.startswith("sqlite"):
        fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    else:
        fresh = request.getfixturevalue("postgres_server").database()
    open_recorder(fresh).close()
    old, new = _shape(store_url), _shape(fresh)
    assert {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)} == set()


def test_alembic_finds_nothing_left_to_do(store_url: str, version: int) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    _load(store_url, version)
    upgrade_store(store_url, "test")
    with _connect(store_url) as connection:
        left = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [one for one in left if not _is_no_difference(one)] == []


def _is_no_difference(one: Any) -> bool:
    """The parts of `sample` are no tables of ours; old Alembic takes a key that counts for a default."""
    if isinstance(one, list):
        return all(change[0] == "modify_default" for change in one)
    return bool(one[0] == "remove_table" and _PART.match(one[1].name))


def test_an_upgrade_keeps_every_row_and_the_store_goes_on(store_url: str, version: int) -> None:
    _load(store_url, version)
    upgrade_store(store_url, "test")
    with open_recorder(store_url) as recorder:
        assert lab.record_run(recorder) == 3
        assert recorder.begin_run(lab.run_start(resumes=2)) == 2
    with open_reader(store_url) as reader:
        assert [(run.number, run.sequence, run.state) for run in reader.runs()][::-1][:1] == [
            (1, "furnace-ramp", "done")
        ]
        assert [row[6] for row in reader.samples(1, [0])][:4] == [1.0, 1.25, 1.5, 1.75]
        texts = [row[3] for row in reader.sample_texts(1) if row[3] is not None]
        assert texts[:2] == [str(2**60 + 1), "He"]
        assert [row[2:4] for row in reader.attempts(2)][:2] == [(1, "errored"), (2, "done")]
        assert [row[3] for row in reader.events(1)] == ["run.started", "run.ended"]


def test_an_upgrade_of_version_2_keeps_what_it_brought(store_url: str) -> None:
    _load(store_url, 2)
    upgrade_store(store_url, "test")
    with open_reader(store_url) as reader:
        assert [row[0] for row in reader.results(2)] == [(2 << 32) + 2]
        assert len(reader.sessions(2)) == 2
        assert len(reader.polls(2)) == 1
        assert [row[2:4] for row in reader.attempts(2)][2:] == [(1, "done")]
        assert len(reader.arrays(1)) == 3
        assert reader.samples(1, [0])[4][2:] == (4, 80_000_000, 80_005_000, 80_900_000, None, 2)
        assert reader.samples(1, [0])[5][4:6] == (None, None)


def test_an_upgrade_keeps_every_time_of_every_sample(store_url: str) -> None:
    _load(store_url, 1)
    with _connect(store_url) as connection:
        never = "requested_ns = NULL, received_ns = NULL, value = NULL, status = 3"
        connection.execute(text(f"UPDATE sample SET {never} WHERE tick = 2"))
        connection.execute(text("UPDATE sample SET received_ns = NULL, status = 2 WHERE tick = 3"))
        told = connection.execute(text("SELECT * FROM sample ORDER BY attempt, channel, tick")).fetchall()
    upgrade_store(store_url, "test")
    with open_reader(store_url) as reader:
        assert [*reader.samples(1), *reader.samples(2)] == [tuple(row) for row in told]


def test_a_stale_store_is_refused_with_the_command_that_helps(store_url: str, version: int) -> None:
    _load(store_url, version)
    told = rf"has schema version {version}, .* needs {SCHEMA_VERSION} \(.*shotlane db upgrade\)"
    for door in (open_recorder, open_reader, check_store):
        with pytest.raises(StoreError, match=told):
            door(store_url)
    assert store_info(store_url).state == "stale"


def test_upgrading_twice_changes_nothing(store_url: str) -> None:
    _load(store_url, 1)
    upgrade_store(store_url, "test")
    assert upgrade_store(store_url, "test") == (SCHEMA_VERSION, SCHEMA_VERSION)
    check_store(store_url)
    assert (store_info(store_url).state, store_info(store_url).runs) == ("current", 2)


def test_a_store_that_is_written_is_not_upgraded(store_url: str) -> None:
    _load(store_url, 1)
    with _connect(store_url) as connection:
        connection.execute(
            text("UPDATE session SET ended_utc_ns = NULL, host = 'elsewhere', seen_utc_ns = :now"),
            {"now": 2**62},
        )
    with pytest.raises(StoreError, match="is written by process 4711 of elsewhere"):
        upgrade_store(store_url, "test")


def test_a_newer_store_is_not_upgraded(store_url: str) -> None:
    open_recorder(store_url).close()
    with _connect(store_url) as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    with pytest.raises(StoreError, match="pip install --upgrade"):
        upgrade_store(store_url, "test")


KILLED = """
import os, signal, sys
from shotlane.store import _upgrade, upgrade_store

def killed(connection):
    os.kill(os.getpid(), signal.SIGKILL)

_upgrade.make_views = killed
upgrade_store(sys.argv[1], "test")
"""


def test_an_upgrade_that_is_killed_leaves_the_store_as_it_was(store_url: str, version: int) -> None:
    _load(store_url, version)
    before = _shape(store_url)
    done = subprocess.run([sys.executable, "-c", KILLED, store_url], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert _shape(store_url) == before
    assert upgrade_store(store_url, "test") == (version, SCHEMA_VERSION)


def test_neither_a_fresh_store_nor_one_up_to_date_imports_alembic(sqlite_url: str) -> None:
    code = (
        "import sys; from shotlane.store import open_recorder, open_reader\n"
        f"open_recorder({sqlite_url!r}).close(); open_recorder({sqlite_url!r}).close()\n"
        f"open_reader({sqlite_url!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, timeout=60, env=os.environ).returncode == 0
    )
