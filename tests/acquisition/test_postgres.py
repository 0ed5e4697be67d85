"""The PostgreSQL sink, against a server of its own."""

import traceback
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from tests.acquisition.sources import sample

from shotlane import MeasuredChannel, PostgresConfig, PostgresSink, Status
from shotlane.acquisition import SCHEMA, SinkError

pytestmark = pytest.mark.postgres
PASSWORD = "s3cr3t-w0rd"


def rows(url: str, query: str = "SELECT * FROM samples ORDER BY tick") -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("way", ["copy", "copy of text", "insert"])
def test_every_column_and_type_is_kept(postgres_url: str, way: str) -> None:
    config = PostgresConfig(dsn=postgres_url, create_table=True, use_copy=way != "insert")
    values = [25, 25.9, None, "", 'a "quoted", text\n', "nul\0", float("nan"), 2**60 + 1]
    with PostgresSink(config):
        pass
    if way == "copy of text":
        with psycopg.connect(postgres_url) as connection:
            connection.execute("ALTER TABLE samples ALTER COLUMN tick TYPE integer")
    with PostgresSink(config) as sink:
        for tick, value in enumerate(values):
            sink.write([sample(tick, value, raw="" if tick == 0 else None)])
    found = rows(postgres_url, "SELECT value, text, raw FROM samples ORDER BY tick")
    assert [row[0] for row in found][:3] == [25.0, 25.9, None]
    assert [row[1] for row in found][3:6] == ["", 'a "quoted", text\n', "nul\\x00"]
    assert found[6][1:] == ("nan", None)
    assert found[7][1] == str(2**60 + 1)
    assert [row[2] for row in found][:2] == ["", None]
    when = rows(postgres_url, "SELECT requested_at AT TIME ZONE 'UTC', latency_s FROM samples WHERE tick = 3")
    assert str(when[0][0]) == "2026-11-18 11:06:40.030700"
    assert when[0][1] == pytest.approx(0.001)


def test_the_binary_form_stores_what_the_others_do(postgres_url: str) -> None:
    """Packed together, packed one by one, and as text: three ways to one row."""
    channel = MeasuredChannel("oven.t", "oven", "t", "\N{DEGREE SIGN}C", "tcp://a", "modbus", 360, 2)
    given = [
        sample(0, 21.5, channel=channel),
        sample(1, 21, channel=channel),
        sample(2, 1.5)._replace(status=Status.LATE),
        sample(3, None, fault="timeout", raw="no reply")._replace(requested_ns=None, received_ns=None),
        sample(4, 2.5)._replace(requested_ns=None, received_ns=None),
    ]
    for table, use_copy in (("one", True), ("other", False)):
        config = PostgresConfig(dsn=postgres_url, create_table=True, use_copy=use_copy, table=table)
        with PostgresSink(config) as sink:
            sink.write(given)
    packed, inserted = (
        rows(postgres_url, f"SELECT * FROM {name} ORDER BY tick") for name in ("one", "other")
    )
    assert len(packed) == 5
    assert packed == inserted


def test_parts_of_an_address_do_as_well(postgres_url: str) -> None:
    told = psycopg.conninfo.conninfo_to_dict(postgres_url)
    config = PostgresConfig(
        host=str(told["host"]),
        port=int(str(told["port"])),
        user="lab",
        password=PASSWORD,
        database=str(told["dbname"]),
        create_table=True,
    )
    with PostgresSink(config) as sink:
        sink.write([sample(0)])
    assert config.target() == f"127.0.0.1:{told['port']}/{told['dbname']}.public.samples"
    assert PASSWORD not in repr(config) + config.target() + repr(sink) + str(sink.spool())


@pytest.mark.parametrize(
    "dsn",
    [f"postgresql://lab:{PASSWORD}@db.lab/runs", f"host=db.lab user=lab password={PASSWORD} dbname=runs"],
)
def test_an_address_with_a_password_is_shown_without_it(dsn: str) -> None:
    config = PostgresConfig(dsn=dsn, table="oven")
    assert config.target() == "db.lab:5432/runs.public.oven"
    assert PASSWORD not in repr(config) + str(config) + repr(PostgresSink(config))


def test_a_table_of_ones_own_needs_the_columns_and_may_have_more(postgres_url: str) -> None:
    with pytest.raises(SinkError, match="does not exist"), PostgresSink(PostgresConfig(dsn=postgres_url)):
        pass
    with PostgresSink(PostgresConfig(dsn=postgres_url, create_table=True)):
        pass
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE samples ADD COLUMN id bigserial")
    with PostgresSink(PostgresConfig(dsn=postgres_url)) as sink:
        sink.write([sample(0), sample(1)])
    assert rows(postgres_url, "SELECT id FROM samples ORDER BY tick") == [(1,), (2,)]
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE samples DROP COLUMN fault")
    with pytest.raises(SinkError, match="fault"), PostgresSink(PostgresConfig(dsn=postgres_url)):
        pass


def test_a_pool_of_ones_own_is_borrowed_from(postgres_url: str) -> None:
    class Pool:
        borrowed = 0

        @contextmanager
        def connection(self) -> Any:
            self.borrowed += 1
            with psycopg.connect(postgres_url) as connection:
                yield connection

    pool = Pool()
    with PostgresSink(PostgresConfig(pool=pool, create_table=True)) as sink:
        sink.write([sample(0)])
    assert pool.borrowed == 2
    assert len(rows(postgres_url)) == 1


def test_a_write_that_came_through_unheard_is_not_doubled(postgres_url: str) -> None:
    with PostgresSink(PostgresConfig(dsn=postgres_url, create_table=True)) as sink:
        sink.write([sample(0), sample(1)])
        sink.write([sample(0), sample(1)], again=True)
        sink.write([sample(2)], again=True)
    assert len(rows(postgres_url)) == 3


def test_a_connection_that_broke_is_made_again(postgres_url: str) -> None:
    with PostgresSink(PostgresConfig(dsn=postgres_url, create_table=True)) as sink:
        sink.write([sample(0)])
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(psycopg.OperationalError):
            sink.write([sample(1)])
        sink.write([sample(1)], again=True)
    assert len(rows(postgres_url)) == 2


def test_a_write_that_waits_for_a_lock_has_an_end(postgres_url: str) -> None:
    config = PostgresConfig(dsn=postgres_url, create_table=True, statement_timeout_s=0.2)
    with PostgresSink(config) as sink, closing(psycopg.connect(postgres_url)) as other:
        other.execute("LOCK TABLE samples IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.Error, match="timeout"):
            sink.write([sample(0)])


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    config = PostgresConfig(dsn=f"postgresql://lab:{PASSWORD}@127.0.0.1:1/lab", connect_timeout_s=2)
    with pytest.raises(SinkError, match=r"127\.0\.0\.1:1/lab\.public\.samples cannot be used") as raised:
        PostgresSink(config).open()
    assert PASSWORD not in str(raised.value)


def test_an_address_that_cannot_be_read_is_told_without_the_password() -> None:
    sink = PostgresSink(PostgresConfig(dsn=f"host=lab {PASSWORD}"))
    with pytest.raises(ValueError, match="the dsn cannot be read") as raised:
        sink.open()
    assert PASSWORD not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "give one of"),
        ({"dsn": "postgresql://h/d", "host": "h"}, "give one of"),
        ({"host": "h"}, "needs a database"),
        ({"dsn": "postgresql://h/d", "table": 'a"; --'}, "no name for a table"),
        ({"dsn": "postgresql://h/d", "schema": "a b"}, "no name for a table"),
        ({"dsn": "postgresql://h/d", "connect_timeout_s": 0}, "timeout"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        PostgresConfig(**options)


def test_the_columns_are_those_of_the_schema(postgres_url: str) -> None:
    with PostgresSink(PostgresConfig(dsn=postgres_url, create_table=True)):
        pass
    names = rows(
        postgres_url,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'samples'"
        " ORDER BY ordinal_position",
    )
    assert [row[0] for row in names] == list(SCHEMA)
