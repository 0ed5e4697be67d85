"""The statements of the writer name every column of its tables, in their order."""

import subprocess
import sys
from pathlib import Path

import pytest

from shotlane.store import open_log
from shotlane.store._statements import BULK, PARTS
from shotlane.store._tables import metadata

# The store makes this key.
_GIVEN = {"run": {"number"}}


@pytest.mark.parametrize("table", [*BULK, *PARTS])
def test_a_statement_has_the_columns_of_its_table(table: str) -> None:
    columns = [column.name for column in metadata.tables[table].columns]
    named = (BULK | PARTS)[table].split()
    assert named == [name for name in columns if name not in _GIVEN.get(table, ())]


def test_every_table_that_runs_and_sessions_fill_has_a_statement() -> None:
    # A request and a meeting are written by who asks; the version by who makes the tables.
    others = {"meeting", "request", "schema_version"}
    assert {*BULK, *PARTS} == {*metadata.tables} - others


def test_who_writes_to_a_file_that_is_there_needs_no_sqlalchemy(tmp_path: Path) -> None:
    store = tmp_path / "lab.db"
    open_log(store).close()
    code = (
        "import sys; from shotlane.store import open_recorder\n"
        f"open_recorder({str(store)!r}).close(); print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
