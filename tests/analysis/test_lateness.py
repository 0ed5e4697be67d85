"""How late every channel was in every shot, as a frame: the same figures as those of the view."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.store import lab
from tests.store.test_lateness import record_latenesses
from tests.store.test_views import _rows

from shotlane.analysis import _types as types
from shotlane.analysis import load
from shotlane.analysis._lateness import lateness
from shotlane.records import Status
from shotlane.store import open_recorder

_COUNTS = ("channel", "what", "planned", "started", "late")
_QUANTILES = ("p50", "p99", "max")


def test_lateness_of_each_channel_and_attempt_is_that_of_the_view(store_url: str) -> None:
    record_latenesses(store_url)
    found = load(store=store_url).lateness()
    assert found.schema == pl.Schema(types.LATENESS)
    for row in _rows(store_url, "SELECT * FROM lateness_view"):
        (own,) = found.filter(channel=row["channel"], what=row["what"]).to_dicts()
        assert [own[name] for name in _COUNTS] == [row[name] for name in _COUNTS]
        assert [own[f"{one}_ns"] / 1e6 for one in _QUANTILES] == [row[f"{one}_ms"] for one in _QUANTILES]
    assert {row["channel"]: row["p99_ns"] for row in found.to_dicts()} == {
        "furnace.temperature": 99_000,
        "furnace.setpoint": 7_000,
        "balance": 3_000,
    }


def test_every_attempt_has_figures_of_its_own_and_none_where_nothing_was_started(sqlite_url: str) -> None:
    with open_recorder(sqlite_url) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=1))
        lab.begin_shot(recorder, 1)
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, 1.0, requested_ns=7)], fault=lab.FAULT)
        missed = lab.sample(0, 0, None, requested_ns=None, received_ns=None, status=Status.MISSED)
        lab.record_attempt(recorder, 1, [missed], attempt=2)
    found = load(store=sqlite_url).lateness()
    assert found.select("attempt", "started", "p50_ns", "max_ns").rows() == [(1, 1, 7, 7), (2, 0, None, None)]


def test_its_columns_have_units(sqlite_url: str) -> None:
    record_latenesses(sqlite_url)
    run = load(store=sqlite_url)
    assert run.frame_units(run.lateness()) == dict.fromkeys(("p50_ns", "p99_ns", "max_ns"), "ns")


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=300))
def test_a_quantile_is_the_least_that_so_many_do_not_exceed(late_ns: list[int]) -> None:
    readings = pl.DataFrame({"lateness_ns": late_ns}).with_columns(
        shot=pl.lit(1, pl.Int64), attempt=pl.lit(1, pl.Int64), channel=pl.lit("furnace.temperature")
    )
    counts = dict.fromkeys(types.TALLIES, 0) | {"run": 1, "shot": 1, "attempt": 1, "ok": len(late_ns)}
    row = counts | {"channel": "furnace.temperature", "what": "readings"}
    tallies = pl.DataFrame([row], schema=types.TALLIES)
    (found,) = lateness(tallies, [readings], pl.DataFrame(schema=types.ACTIONS)).to_dicts()
    for part, name in ((0.5, "p50_ns"), (0.99, "p99_ns"), (1, "max_ns")):
        fitting = [one for one in late_ns if sum(other <= one for other in late_ns) / len(late_ns) >= part]
        assert found[name] == min(fitting)
