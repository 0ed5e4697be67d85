"""The tables. docs/store.md tells SQL users what every column means.

Invariants: every instant is an integer of nanoseconds, `_utc_ns` since 1970 in UTC, `_ns` alone as an offset
from the origin of its attempt. Every key but the run's number is made by the runner, so that a row delivered
twice is stored once. Bulk rows are narrow, clustered by their key and carry no foreign key: one lookup per
row would halve the speed of writing.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite makes a column the row's own key only when it is spelt INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str) -> "Column[int]":
    return Column(name, _Key, primary_key=True, autoincrement=False)


def _time(name: str) -> "Column[int]":
    return Column(name, BigInteger)


def _text(name: str, *, nullable: bool = True) -> "Column[str]":
    return Column(name, Text, nullable=nullable)


schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    _time("applied_utc_ns"),
    _text("made_by"),
)

session = Table(
    "session",
    metadata,
    _key("id"),
    Column("started_utc_ns", BigInteger, nullable=False),
    _time("seen_utc_ns"),
    _time("ended_utc_ns"),
    _text("outcome"),
    _text("host", nullable=False),
    _text("user_name"),
    Column("pid", BigInteger, nullable=False),
    _text("process_started"),
    _text("boot"),
    _text("version"),
    _text("kind"),
    _text("station"),
    Column("parent", BigInteger),
)

run = Table(
    "run",
    metadata,
    Column("number", _Key, Identity(), primary_key=True),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    _text("sequence", nullable=False),
    _text("station", nullable=False),
    _text("description"),
    Column("started_utc_ns", BigInteger, nullable=False),
    _time("ended_utc_ns"),
    _text("outcome"),
    _text("reason"),
    Column("shots_planned", BigInteger, nullable=False),
    _text("plan_digest"),
    _text("tags"),
    _text("stamps"),
    _text("environment"),
    _text("summary"),
    _text("repeats"),
    UniqueConstraint("session", "ordinal"),
    # A number is never given twice, not even after the newest run was deleted.
    sqlite_autoincrement=True,
)


# Who wrote a run: more than one session when it was resumed. `number` counts them from 0.
run_session = Table(
    "run_session",
    metadata,
    Column("run", BigInteger, ForeignKey("run.number"), primary_key=True, autoincrement=False),
    _key("number"),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    _time("began_utc_ns"),
    _text("plan_digest"),
    _text("environment"),
    sqlite_with_rowid=False,
)


def _of_run() -> "Column[int]":
    return Column("run", BigInteger, ForeignKey("run.number"), primary_key=True, autoincrement=False)


document = Table(
    "document",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    _text("text"),
    sqlite_with_rowid=False,
)

channel = Table(
    "channel",
    metadata,
    _of_run(),
    _key("channel"),
    _text("name", nullable=False),
    _text("type", nullable=False),
    _text("unit"),
    sqlite_with_rowid=False,
)

parameter = Table(
    "parameter",
    metadata,
    _of_run(),
    _key("parameter"),
    _text("name", nullable=False),
    _text("type"),
    _text("unit"),
    sqlite_with_rowid=False,
)

shot = Table(
    "shot",
    metadata,
    _of_run(),
    _key("shot"),
    _text("digest"),
    _time("began_utc_ns"),
    _time("ended_utc_ns"),
    _text("outcome"),
    Column("attempts", Integer),
    Column("good_attempt", BigInteger),
    sqlite_with_rowid=False,
)

shot_parameter = Table(
    "shot_parameter",
    metadata,
    _key("run"),
    _key("shot"),
    _key("parameter"),
    Column("value", Double),
    _text("text"),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    _key("id"),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    Column("shot", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    _time("began_utc_ns"),
    _time("origin_utc_ns"),
    _time("ended_utc_ns"),
    _text("outcome"),
    _text("fault"),
    _text("message"),
    _text("context"),
    # Not unique: what a spool delivers late never clashes with what a resumed run did meanwhile.
    Index("attempt_of_shot", "run", "shot", "attempt"),
)

# In parts by runs on PostgreSQL (`_partitions`), so that a part can be dropped or moved in one go. `late_ns`
# is from target to request and `took_ns` from there to the answer: SQLite keeps small numbers in few bytes.
# Of a row that was not requested, `took_ns` counts from the target.
sample = Table(
    "sample",
    metadata,
    _key("attempt"),
    _key("channel"),
    _key("tick"),
    Column("target_ns", BigInteger, nullable=False),
    _time("late_ns"),
    _time("took_ns"),
    Column("value", Double),
    Column("status", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (attempt)",
)

sample_text = Table(
    "sample_text",
    metadata,
    _key("attempt"),
    _key("channel"),
    _key("tick"),
    _text("text"),
    _text("raw"),
    sqlite_with_rowid=False,
)

# Named so because ARRAY is a reserved word of SQL.
sample_array = Table(
    "sample_array",
    metadata,
    _key("attempt"),
    _key("channel"),
    _key("tick"),
    _text("dtype", nullable=False),
    _text("shape", nullable=False),
    _text("encoding", nullable=False),
    Column("data", LargeBinary, nullable=False),
)

action = Table(
    "action",
    metadata,
    _key("attempt"),
    _key("number"),
    Column("kind", SmallInteger, nullable=False),
    Column("channel", BigInteger),
    _text("command"),
    Column("target_ns", BigInteger, nullable=False),
    _time("requested_ns"),
    _time("received_ns"),
    Column("value", Double),
    _text("text"),
    Column("status", SmallInteger, nullable=False),
    _text("raw"),
    sqlite_with_rowid=False,
)

result = Table(
    "result",
    metadata,
    _key("attempt"),
    _key("number"),
    _text("name", nullable=False),
    _text("type"),
    Column("value", Double),
    _text("text"),
    _text("unit"),
    Column("low", Double),
    Column("high", Double),
    Column("equals", Double),
    _text("equals_text"),
    _text("verdict"),
    sqlite_with_rowid=False,
)

step = Table(
    "step",
    metadata,
    _key("attempt"),
    _key("step"),
    _text("name", nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

tally = Table(
    "tally",
    metadata,
    _key("attempt"),
    Column("channel", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
    ),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    _key("session"),
    _key("number"),
    _text("type", nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("run", BigInteger),
    Column("shot", BigInteger),
    Column("attempt", Integer),
    _text("fields"),
    sqlite_with_rowid=False,
)

poll = Table(
    "poll",
    metadata,
    _of_run(),
    _key("number"),
    Column("channel", BigInteger, nullable=False),
    Column("requested_utc_ns", BigInteger, nullable=False),
    _time("received_utc_ns"),
    Column("value", Double),
    _text("text"),
    Column("status", SmallInteger, nullable=False),
    _text("raw"),
    sqlite_with_rowid=False,
)

# `asked_by`: BY is a word of SQL.
request = Table(
    "request",
    metadata,
    Column("id", _Key, Identity(), primary_key=True),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    _text("verb", nullable=False),
    _text("reason"),
    _text("asked_by"),
    Column("at_utc_ns", BigInteger, nullable=False),
    _time("taken_utc_ns"),
    _text("answer"),
    Index("request_of_run", "run", "taken_utc_ns"),
    sqlite_autoincrement=True,
)

# What a person adds later: it changes nothing that was recorded.
note = Table(
    "note",
    metadata,
    _key("id"),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    _text("author"),
    _text("kind", nullable=False),
    _text("text", nullable=False),
    Index("note_of_run", "run", "at_utc_ns"),
)

# Texts that many runs share: lock files, differences from a commit. Each stands here once.
attachment = Table(
    "attachment",
    metadata,
    Column("digest", Text, primary_key=True),
    _text("text", nullable=False),
)

# What sessions observe, apart from any run: a row per key, whose samples are numbered by it. Clustered like
# the samples of runs, with the number of the series in its session in place of a key of its own.
series = Table(
    "series",
    metadata,
    _key("session"),
    _key("series"),
    _text("key", nullable=False),
    _text("type", nullable=False),
    _text("unit"),
    _time("sample_interval_ns"),
    _time("began_utc_ns"),
    sqlite_with_rowid=False,
)

observation = Table(
    "observation",
    metadata,
    _key("session"),
    _key("series"),
    _key("number"),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("value", Double),
    _text("text"),
    sqlite_with_rowid=False,
)

# Who waits for others at a meeting point, and who has met there.
meeting = Table(
    "meeting",
    metadata,
    Column("id", _Key, Identity(), primary_key=True),
    _text("name", nullable=False),
    Column("parties", Integer, nullable=False),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    _time("met_utc_ns"),
    Index("meeting_of_name", "name", "met_utc_ns"),
    sqlite_autoincrement=True,
)

SHIFT = 32
# Attempts of a resumed run are numbered from the next whole block: what its killed session left in a spool
# keeps its keys.
BLOCK = 22


def attempt_id(run: int, ordinal: int) -> int:
    """Key of the run's `ordinal`-th attempt, from 1; the attempts of a run are one range of keys."""
    return (run << SHIFT) | ordinal


def attempt_range(run: int) -> tuple[int, int]:
    """First key of the run's attempts, and the first beyond them."""
    return run << SHIFT, (run + 1) << SHIFT
