"""Readings that an interlock asked for."""

import polars as pl
from tests.store import lab

from shotlane.analysis import _types as types
from shotlane.analysis import load
from shotlane.records import PollRow, Status
from shotlane.store import open_recorder


def test_polls_stand_in_time_with_their_channel(store_url: str) -> None:
    at = lab.START_NS
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        recorder.poll(PollRow(0, at, at + 2_000_000, 25.5, Status.OK))
        recorder.poll(PollRow(0, at + lab.S, None, None, Status.FAILED, "no answer"))
        lab.end_run(recorder)
    found = load(store=store_url).polls()
    assert found.schema == pl.Schema(types.POLLS)
    assert found.select("channel", "took_s", "value", "status", "raw").rows() == [
        ("furnace.temperature", 0.002, 25.5, "ok", None),
        ("furnace.temperature", None, None, "failed", "no answer"),
    ]
    assert (found["time"][1] - found["time"][0]).total_seconds() == 1.0
