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
    Table,
    Text,
    UniqueConstraint,
)

from shotlane.store._attempt_tables import action as action
from shotlane.store._attempt_tables import result as result
from shotlane.store._attempt_tables import sample as sample
from shotlane.store._attempt_tables import sample_array as sample_array
from shotlane.store._attempt_tables import sample_text as sample_text
from shotlane.store._attempt_tables import step as step
from shotlane.store._attempt_tables import tally as tally
from shotlane.store._table_parts import KEY, answered, key, text, time
from shotlane.store._table_parts import metadata as metadata

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    time("applied_utc_ns"),
    text("made_by"),
)

session = Table(
    "session",
    metadata,
    key("id"),
    Column("started_utc_ns", BigInteger, nullable=False),
    time("seen_utc_ns"),
    time("ended_utc_ns"),
    text("outcome"),
    text("host", nullable=False),
    text("user_name"),
    Column("pid", BigInteger, nullable=False),
    text("process_started"),
    text("boot"),
    text("version"),
    text("kind"),
    text("station"),
    Column("parent", BigInteger),
)

run = Table(
    "run",
    metadata,
    Column("number", KEY, Identity(), primary_key=True),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    text("sequence", nullable=False),
    text("station", nullable=False),
    text("description"),
    Column("started_utc_ns", BigInteger, nullable=False),
    time("ended_utc_ns"),
    text("outcome"),
    text("reason"),
    Column("shots_planned", BigInteger, nullable=False),
    text("plan_digest"),
    text("tags"),
    text("stamps"),
    text("environment"),
    text("summary"),
    text("repeats"),
    UniqueConstraint("session", "ordinal"),
    # A number is never given twice, not even after the newest run was deleted.
    sqlite_autoincrement=True,
)


# Who wrote a run: more than one session when it was resumed. `number` counts them from 0.
run_session = Table(
    "run_session",
    metadata,
    Column("run", BigInteger, ForeignKey("run.number"), primary_key=True, autoincrement=False),
    key("number"),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    time("began_utc_ns"),
    text("plan_digest"),
    text("environment"),
    sqlite_with_rowid=False,
)


def _of_run() -> "Column[int]":
    return Column("run", BigInteger, ForeignKey("run.number"), primary_key=True, autoincrement=False)


document = Table(
    "document",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    text("text"),
    sqlite_with_rowid=False,
)

channel = Table(
    "channel",
    metadata,
    _of_run(),
    key("channel"),
    text("name", nullable=False),
    text("type", nullable=False),
    text("unit"),
    sqlite_with_rowid=False,
)

parameter = Table(
    "parameter",
    metadata,
    _of_run(),
    key("parameter"),
    text("name", nullable=False),
    text("type"),
    text("unit"),
    sqlite_with_rowid=False,
)

shot = Table(
    "shot",
    metadata,
    _of_run(),
    key("shot"),
    text("digest"),
    time("began_utc_ns"),
    time("ended_utc_ns"),
    text("outcome"),
    Column("attempts", Integer),
    Column("good_attempt", BigInteger),
    sqlite_with_rowid=False,
)

shot_parameter = Table(
    "shot_parameter",
    metadata,
    key("run"),
    key("shot"),
    key("parameter"),
    Column("value", Double),
    text("text"),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    key("id"),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    Column("shot", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    time("began_utc_ns"),
    time("origin_utc_ns"),
    time("ended_utc_ns"),
    text("outcome"),
    text("fault"),
    text("message"),
    text("context"),
    # Not unique: what a spool delivers late never clashes with what a resumed run did meanwhile.
    Index("attempt_of_shot", "run", "shot", "attempt"),
)

event = Table(
    "event",
    metadata,
    key("session"),
    key("number"),
    text("type", nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("run", BigInteger),
    Column("shot", BigInteger),
    Column("attempt", Integer),
    text("fields"),
    sqlite_with_rowid=False,
)

poll = Table(
    "poll",
    metadata,
    _of_run(),
    key("number"),
    Column("channel", BigInteger, nullable=False),
    Column("requested_utc_ns", BigInteger, nullable=False),
    time("received_utc_ns"),
    *answered(),
    sqlite_with_rowid=False,
)

# `asked_by`: BY is a word of SQL.
request = Table(
    "request",
    metadata,
    Column("id", KEY, Identity(), primary_key=True),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    text("verb", nullable=False),
    text("reason"),
    text("asked_by"),
    Column("at_utc_ns", BigInteger, nullable=False),
    time("taken_utc_ns"),
    text("answer"),
    Index("request_of_run", "run", "taken_utc_ns"),
    sqlite_autoincrement=True,
)

# What a person adds later: it changes nothing that was recorded.
note = Table(
    "note",
    metadata,
    key("id"),
    Column("run", BigInteger, ForeignKey("run.number"), nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    text("author"),
    text("kind", nullable=False),
    text("text", nullable=False),
    Index("note_of_run", "run", "at_utc_ns"),
)

# Texts that many runs share: lock files, differences from a commit. Each stands here once.
attachment = Table(
    "attachment",
    metadata,
    Column("digest", Text, primary_key=True),
    text("text", nullable=False),
)

# What sessions observe, apart from any run: a row per key, whose samples are numbered by it. Clustered like
# the samples of runs, with the number of the series in its session in place of a key of its own.
series = Table(
    "series",
    metadata,
    key("session"),
    key("series"),
    text("key", nullable=False),
    text("type", nullable=False),
    text("unit"),
    time("sample_interval_ns"),
    time("began_utc_ns"),
    sqlite_with_rowid=False,
)

observation = Table(
    "observation",
    metadata,
    key("session"),
    key("series"),
    key("number"),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("value", Double),
    text("text"),
    sqlite_with_rowid=False,
)

# Who waits for others at a meeting point, and who has met there.
meeting = Table(
    "meeting",
    metadata,
    Column("id", KEY, Identity(), primary_key=True),
    text("name", nullable=False),
    Column("parties", Integer, nullable=False),
    Column("session", BigInteger, ForeignKey("session.id"), nullable=False),
    Column("at_utc_ns", BigInteger, nullable=False),
    time("met_utc_ns"),
    Index("meeting_of_name", "name", "met_utc_ns"),
    sqlite_autoincrement=True,
)
