"""A shot that waits in a spool was measured, and is not run again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import shotlane
from shotlane.api import prepare_resumption
from shotlane.diagnostics import Report
from shotlane.store import SessionStart, spools
from shotlane.store._address import parse_address
from shotlane.store._spool import Spool, spool_folder

SEQUENCE = Path(__file__).parents[2] / "sequences" / "gas-sweep.yaml"


def test_shots_that_wait_for_the_store_are_not_left_to_do(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'lab.db'}"
    run = shotlane.run(SEQUENCE, virtual_time=True, store=store)
    with closing(sqlite3.connect(tmp_path / "lab.db")) as connection, connection:
        (session,) = connection.execute("SELECT session FROM run").fetchone()
        rows = connection.execute("SELECT * FROM shot WHERE shot > 7").fetchall()
        connection.execute("DELETE FROM shot WHERE shot > 7")
    spool = Spool(spool_folder(parse_address(store)), SessionStart(id=session), store)
    spool.append([("shot", rows)])
    spool.leave()
    with pytest.raises(shotlane.ResumeError, match=f"run {run.number} is complete"):
        prepare_resumption(run.number, Report(), store=store)
    assert spools(store) == ()
