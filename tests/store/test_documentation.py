"""docs/store.md names every table, view and column that there is."""

from pathlib import Path

from shotlane.store._tables import metadata
from shotlane.store._views import sqlite_time, views

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


def test_every_table_and_column_is_told() -> None:
    for table in metadata.sorted_tables:
        row = next(
            line for line in PAGE.splitlines() if line.startswith(f"| `{table.name}`") and "_view" not in line
        )
        assert [column.name for column in table.columns if f"`{column.name}`" not in row] == []


def test_every_view_is_told() -> None:
    assert [name for name, _ in views(sqlite_time) if f"| `{name}` |" not in PAGE] == []
