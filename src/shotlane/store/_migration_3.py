"""Version 3: sessions at a station and what they observe, notes, and runs that repeat others."""

import sqlalchemy as sa
from alembic.operations import Operations


def to_3(op: Operations) -> None:
    """Bring a store of version 2 to version 3."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    for name, kind in (("kind", sa.Text()), ("station", sa.Text()), ("parent", sa.BigInteger())):
        op.add_column("session", sa.Column(name, kind))
    op.add_column("run", sa.Column("repeats", sa.Text))
    _create_note(op, key)


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
