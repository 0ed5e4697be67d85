"""The rows of an attempt: what was read, sent and worked out, and how that counts.

They are narrow, clustered by the key of their attempt, and carry no foreign key (`_tables`).
"""

from sqlalchemy import BigInteger, Column, Double, LargeBinary, SmallInteger, Table, Text

from shotlane.store._table_parts import answered, key, metadata, text, time


def _of_reading() -> "tuple[Column[int], ...]":
    return key("attempt"), key("channel"), key("tick")


# In parts by runs on PostgreSQL (`_partitions`), so that a part can be dropped or moved in one go. `late_ns`
# is from target to request and `took_ns` from there to the answer: SQLite keeps small numbers in few bytes.
# Of a row that was not requested, `took_ns` counts from the target.
sample = Table(
    "sample",
    metadata,
    *_of_reading(),
    Column("target_ns", BigInteger, nullable=False),
    time("late_ns"),
    time("took_ns"),
    Column("value", Double),
    Column("status", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (attempt)",
)

sample_text = Table(
    "sample_text",
    metadata,
    *_of_reading(),
    text("text"),
    text("raw"),
    sqlite_with_rowid=False,
)

# Named so because ARRAY is a reserved word of SQL.
sample_array = Table(
    "sample_array",
    metadata,
    *_of_reading(),
    text("dtype", nullable=False),
    text("shape", nullable=False),
    text("encoding", nullable=False),
    Column("data", LargeBinary, nullable=False),
)

action = Table(
    "action",
    metadata,
    key("attempt"),
    key("number"),
    Column("kind", SmallInteger, nullable=False),
    Column("channel", BigInteger),
    text("command"),
    Column("target_ns", BigInteger, nullable=False),
    time("requested_ns"),
    time("received_ns"),
    *answered(),
    sqlite_with_rowid=False,
)

result = Table(
    "result",
    metadata,
    key("attempt"),
    key("number"),
    text("name", nullable=False),
    text("type"),
    Column("value", Double),
    text("text"),
    text("unit"),
    Column("low", Double),
    Column("high", Double),
    Column("equals", Double),
    text("equals_text"),
    text("verdict"),
    sqlite_with_rowid=False,
)

step = Table(
    "step",
    metadata,
    key("attempt"),
    key("step"),
    text("name", nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

tally = Table(
    "tally",
    metadata,
    key("attempt"),
    Column("channel", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
    ),
    sqlite_with_rowid=False,
)
