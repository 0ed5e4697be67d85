"""Version 2: results with type and target, polls, requests, resumed runs; smaller samples, in parts."""

import sqlalchemy as sa
from alembic.operations import Operations

from shotlane.store._partitions import bounds


def to_2(op: Operations) -> None:
    """Bring a store of version 1 to version 2."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.drop_table("result")  # never written by version 1
    _create_result(op, key)
    _create_poll(op, key)
    _create_request(op, key)
    _create_run_session(op, key)
    op.execute(
        "INSERT INTO run_session (run, number, session, began_utc_ns)"
        " SELECT number, 0, session, started_utc_ns FROM run"
    )
    if op.get_bind().dialect.name == "sqlite":
        _attempts_need_not_be_unique(op, key)
        _times_as_differences(op, key)
    else:
        op.drop_constraint("attempt_run_shot_attempt_key", "attempt")
        _samples_in_parts(op)
    op.create_index("attempt_of_shot", "attempt", ["run", "shot", "attempt"])


def _create_result(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "result",
        sa.Column("attempt", key, primary_key=True, autoincrement=False),
        sa.Column("number", key, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("equals", sa.Double),
        sa.Column("equals_text", sa.Text),
        sa.Column("verdict", sa.Text),
        sqlite_with_rowid=False,
    )


def _create_poll(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "poll",
        sa.Column("run", sa.BigInteger, sa.ForeignKey("run.number"), primary_key=True, autoincrement=False),
        sa.Column("number", key, primary_key=True, autoincrement=False),
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("requested_utc_ns", sa.BigInteger, nullable=False),
        sa.Column("received_utc_ns", sa.BigInteger),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.Text),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("raw", sa.Text),
        sqlite_with_rowid=False,
    )


def _create_request(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "request",
        sa.Column("id", key, sa.Identity(), primary_key=True),
        sa.Column("run", sa.BigInteger, sa.ForeignKey("run.number"), nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("asked_by", sa.Text),
        sa.Column("at_utc_ns", sa.BigInteger, nullable=False),
        sa.Column("taken_utc_ns", sa.BigInteger),
        sa.Column("answer", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("request_of_run", "request", ["run", "taken_utc_ns"])


def _create_run_session(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "run_session",
        sa.Column("run", sa.BigInteger, sa.ForeignKey("run.number"), primary_key=True, autoincrement=False),
        sa.Column("number", key, primary_key=True, autoincrement=False),
        sa.Column("session", sa.BigInteger, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("began_utc_ns", sa.BigInteger),
        sa.Column("plan_digest", sa.Text),
        sa.Column("environment", sa.Text),
        sqlite_with_rowid=False,
    )


def _attempts_need_not_be_unique(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    # SQLite drops no constraint: the table is made anew.
    op.rename_table("attempt", "attempt_before")
    op.create_table(
        "attempt",
        sa.Column("id", key, primary_key=True, autoincrement=False),
        sa.Column("run", sa.BigInteger, sa.ForeignKey("run.number"), nullable=False),
        sa.Column("shot", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("began_utc_ns", sa.BigInteger),
        sa.Column("origin_utc_ns", sa.BigInteger),
        sa.Column("ended_utc_ns", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in ("outcome", "fault", "message", "context")),
    )
    op.execute("INSERT INTO attempt SELECT * FROM attempt_before")
    op.drop_table("attempt_before")


_LATE = "requested_ns - target_ns"
_TOOK = "received_ns - coalesce(requested_ns, target_ns)"


def _times_as_differences(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.rename_table("sample", "sample_before")
    op.create_table(
        "sample",
        *(
            sa.Column(name, key, primary_key=True, autoincrement=False)
            for name in ("attempt", "channel", "tick")
        ),
        sa.Column("target_ns", sa.BigInteger, nullable=False),
        sa.Column("late_ns", sa.BigInteger),
        sa.Column("took_ns", sa.BigInteger),
        sa.Column("value", sa.Double),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO sample SELECT attempt, channel, tick, target_ns, {_LATE}, {_TOOK}, value, status"
        " FROM sample_before"
    )
    op.drop_table("sample_before")


def _samples_in_parts(op: Operations) -> None:
    last = op.get_bind().execute(sa.text("SELECT coalesce(max(number), 1) FROM run")).scalar_one()
    part = f"sample_1_{last}"
    op.rename_table("sample", part)
    op.execute(f"ALTER TABLE {part} RENAME CONSTRAINT sample_pkey TO {part}_pkey")
    # In one go: both are told from the row as it was.
    op.execute(
        f"ALTER TABLE {part} ALTER requested_ns TYPE BIGINT USING {_LATE},"
        f" ALTER received_ns TYPE BIGINT USING {_TOOK}"
    )
    op.execute(f"ALTER TABLE {part} RENAME requested_ns TO late_ns")
    op.execute(f"ALTER TABLE {part} RENAME received_ns TO took_ns")
    op.execute(
        "CREATE TABLE sample (attempt BIGINT NOT NULL, channel BIGINT NOT NULL, tick BIGINT NOT NULL,"
        " target_ns BIGINT NOT NULL, late_ns BIGINT, took_ns BIGINT, value DOUBLE PRECISION,"
        " status SMALLINT NOT NULL, PRIMARY KEY (attempt, channel, tick)) PARTITION BY RANGE (attempt)"
    )
    op.execute(f"ALTER TABLE sample ATTACH PARTITION {part} {bounds(1, last)}")
