"""Version 3: sessions at a station and what they observe, notes, and runs that repeat others."""

import sqlalchemy as sa
from alembic.operations import Operations


def to_3(op: Operations) -> None:
    """Bring a store of version 2 to version 3."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    for name, kind in (("kind", sa.Text()), ("station", sa.Text()), ("parent", sa.BigInteger())):
        op.add_column("session", sa.Column(name, kind))
    op.create_table(
        "attachment",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.add_column("run", sa.Column("repeats", sa.Text))
    _create_note(op, key)
    _create_observations(op, key)
    _create_meeting(op, key)


def _create_note(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "note",
        sa.Column("id", key, primary_key=True, autoincrement=False),
        sa.Column("run", sa.BigInteger, sa.ForeignKey("run.number"), nullable=False),
        sa.Column("at_utc_ns", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("note_of_run", "note", ["run", "at_utc_ns"])


def _create_observations(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "series",
        *(sa.Column(name, key, primary_key=True, autoincrement=False) for name in ("session", "series")),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("sample_interval_ns", sa.BigInteger),
        sa.Column("began_utc_ns", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    keys = ("session", "series", "number")
    op.create_table(
        "observation",
        *(sa.Column(name, key, primary_key=True, autoincrement=False) for name in keys),
        sa.Column("at_utc_ns", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("text", sa.Text),
        sqlite_with_rowid=False,
    )


def _create_meeting(op: Operations, key: "sa.types.TypeEngine[int]") -> None:
    op.create_table(
        "meeting",
        sa.Column("id", key, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parties", sa.Integer, nullable=False),
        sa.Column("session", sa.BigInteger, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("at_utc_ns", sa.BigInteger, nullable=False),
        sa.Column("met_utc_ns", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("meeting_of_name", "meeting", ["name", "met_utc_ns"])
