"""Samples on their way into PostgreSQL: COPY in its binary form, through the driver's own connection.

COPY knows no ON CONFLICT. It goes straight into the table while no row can be there already; after a commit
whose outcome is unknown, and out of a spool, it goes into a table of the transaction, and from there.
"""

from collections.abc import Sequence
from typing import Any

from shotlane.store._columns import copy_data
from shotlane.store._encode import Row

# Fewer rows are faster as plain inserts.
FEWEST = 32


class DuplicateError(Exception):
    """Rows were there already; nothing of the transaction was stored."""


def copy_samples(cursor: Any, rows: Sequence[Row], careful: bool) -> None:
    """Write rows of samples; `careful`: some may be there already. Raises `DuplicateError`."""
    if not careful:
        _copy(cursor, "sample", rows)
        return
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS sample_arrived (LIKE sample) ON COMMIT DROP")
    _copy(cursor, "sample_arrived", rows)
    cursor.execute("INSERT INTO sample SELECT * FROM sample_arrived ON CONFLICT DO NOTHING")
    cursor.execute("TRUNCATE sample_arrived")


def _copy(cursor: Any, table: str, rows: Sequence[Row]) -> None:
    from psycopg.errors import UniqueViolation  # late: of use with PostgreSQL alone

    try:
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
            for data in copy_data(rows):
                copy.write(data)
    except UniqueViolation:
        raise DuplicateError from None
