"""A lazy frame gives what the eager one gives, and lets the database leave out what its filters leave out."""

import operator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.examples import examples
from tests.store import lab

from shotlane.analysis import LoadedRun, _sample_source, load
from shotlane.analysis import _push as push
from shotlane.records import Fault, Outcome, SampleRow, ShotEnd, Status
from shotlane.store import Selection, open_recorder, samples_of

T, N, GATE, GAS = "furnace.temperature", "furnace.count", "gas.shutoff", "gas.name"


def _rows(shot: int) -> list[SampleRow]:
    return [
        *(lab.sample(0, tick, shot + tick / 4) for tick in range(6)),
        lab.sample(1, 0, 7),
        lab.sample(1, 1, None, status=Status.FAILED, raw="?"),
        lab.sample(2, 2, True),
        lab.sample(3, 3, "He", status=Status.LATE, requested_ns=75 * lab.MS),
    ]


@pytest.fixture
def run(store_url: str) -> LoadedRun:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=4))
        for shot in range(1, 5):
            lab.begin_shot(recorder, shot)
            if shot == 2:
                bad = Fault("timeout", "no answer")
                lab.record_attempt(recorder, shot, _rows(shot), fault=bad)
            lab.record_attempt(recorder, shot, _rows(shot), attempt=1 + (shot == 2))
            recorder.end_shot(ShotEnd(shot, Outcome.DONE, 1 + (shot == 2)))
        lab.end_run(recorder)
    return load(store=store_url)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Selection]:
    """What the store was asked for."""
    seen: list[Selection] = []
    real = samples_of

    def spy(chosen: Selection, columns: Any) -> Any:
        seen.append(chosen)
        return real(chosen, columns)

    monkeypatch.setattr(_sample_source, "samples_of", spy)
    return seen


def test_a_lazy_frame_is_the_eager_one(run: LoadedRun) -> None:
    assert_frame_equal(run.lazy().collect(), run.samples())
    everything: dict[str, Any] = {"attempts": "all", "parameters": True}
    assert_frame_equal(run.lazy(**everything).collect(), run.samples(**everything))


CONDITIONS = {
    "channel": pl.col("channel") == T,
    "channels": pl.col("channel").is_in([N, GAS]),
    "a pattern of channels": pl.col("channel").str.starts_with("gas"),
    "shot": pl.col("shot") > 2,
    "shot from the left": pl.lit(3) <= pl.col("shot"),
    "status": pl.col("status") == "failed",
    "not ok": pl.col("status") != "ok",
    "t": pl.col("t").is_between(0.02, 0.06),
    "t open": (pl.col("t") > 0.02) & (pl.col("t") < 0.06),
    "exactly t": pl.col("t") == 0.040005,
    "tick": pl.col("tick") >= 4,
    "target": pl.col("target_ns") < 20 * lab.MS,
    "lateness": pl.col("lateness_ns") > 5_000,
    "value": pl.col("value") > 4,
    "step": pl.col("step") == "heat",
    "parameter": pl.col("T_soak") == 60,
    "either": (pl.col("shot") == 1) | (pl.col("channel") == T),
    "neither": ~((pl.col("shot") == 1) | (pl.col("channel") == T)),
    "all at once": (pl.col("shot") == 2) & (pl.col("channel") == T) & (pl.col("t") > 0.01),
    "nothing": (pl.col("channel") == "furnace.other"),
    "time": pl.col("time") > datetime(2024, 10, 4, 0, 0, 3, 150_000, UTC),
    "the newest": pl.col("shot") == pl.col("shot").max(),
    "no value": pl.col("value").is_null(),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_filter_keeps_the_same_rows_wherever_it_is_applied(run: LoadedRun, name: str) -> None:
    condition = CONDITIONS[name]
    eager = run.samples(parameters=True, attempts="all").filter(condition)
    assert_frame_equal(run.lazy(parameters=True, attempts="all").filter(condition).collect(), eager)
    assert eager.height == 0 if name == "nothing" else 0 < eager.height < 40


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("channels", {"channels": [1, 3]}),
        ("a pattern of channels", {"channels": [2, 3]}),
        ("shot", {"attempts": 2}),
        ("parameter", {"attempts": 1}),
        ("not ok", {"statuses": [1, 2, 3, 4, 5]}),
        ("tick", {"bounds": {"tick": (3, None)}}),
        ("t", {"bounds": {"began_ns": (20 * lab.MS - 1000, 60 * lab.MS + 1000)}}),
        ("all at once", {"channels": [0], "attempts": 1, "bounds": {"began_ns": (10 * lab.MS - 1000, None)}}),
    ],
)
def test_the_database_is_asked_for_no_more(
    run: LoadedRun, asked: list[Selection], name: str, what: dict[str, Any]
) -> None:
    if name in ("a pattern of channels", "t") and pl.__version__.startswith("1."):
        pytest.skip("polars 1 keeps functions for itself")
    run.lazy(parameters=True).filter(CONDITIONS[name]).select("value").collect()
    (chosen,) = asked
    found = {key: getattr(chosen, key) for key in what}
    found |= {"attempts": len(chosen.attempts)} if "attempts" in what else {}
    assert found == what


def test_no_query_is_made_for_what_cannot_be_there(run: LoadedRun, asked: list[Selection]) -> None:
    assert run.lazy().filter(pl.col("shot") == 99).collect().height == 0
    assert run.lazy().filter(channel="no.such").collect().height == 0
    assert asked == []


def test_only_the_columns_that_are_used_are_given(run: LoadedRun) -> None:
    assert run.lazy().select("value").collect().columns == ["value"]
    assert run.lazy().select(pl.len()).collect().item() == run.samples().height
    assert run.lazy().head(3).collect().equals(run.samples().head(3))


@pytest.mark.parametrize(
    "names", [("origin", "id", "ended"), ("index", "number", "rows"), ("began", "fault")]
)
def test_no_name_of_a_parameter_is_taken_for_something_else(store_url: str, names: tuple[str, ...]) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(parameter_units=dict.fromkeys(names, "V")))
        for shot in (1, 2):
            lab.record_shot(recorder, shot, [lab.sample(0, 0, 1.0)], values=dict.fromkeys(names, shot))
    lazy = load(store=store_url).lazy(parameters=True)
    for name in names:
        assert lazy.filter(pl.col(name) == 2).select("shot", name).collect().rows() == [(2, 2.0)]


def test_a_run_is_streamed_in_pieces_of_whole_attempts(
    run: LoadedRun, asked: list[Selection], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run.samples()
    monkeypatch.setattr(_sample_source, "_PIECE_ROWS", 12)
    asked.clear()
    assert_frame_equal(run.samples(), whole)
    assert [len(chosen.attempts) for chosen in asked] == [2, 2]


columns = st.sampled_from(["x", "y"])
numbers = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -0.5, float("nan"), float("inf"), None]))
compare = st.sampled_from([operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
single = st.builds(lambda c, op, n: op(pl.col(c), pl.lit(n, pl.Float64)), columns, compare, numbers)
between = st.builds(
    lambda c, low, high, closed: pl.col(c).is_between(low, high, closed=closed),
    columns,
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.sampled_from(["both", "left", "right", "none"]),
)
conditions = st.recursive(
    single | between,
    lambda each: st.one_of(
        st.builds(operator.and_, each, each),
        st.builds(operator.or_, each, each),
        st.builds(operator.inv, each),
    ),
    max_leaves=5,
)
TABLE = pl.DataFrame(
    {
        "x": [*(n / 2 for n in range(-7, 8)), None, float("nan")],
        "y": [*(-n / 2 for n in range(-7, 8)), 0, None],
    },
    strict=False,
)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions)
def test_no_row_that_a_filter_keeps_lies_outside_of_its_bounds(condition: pl.Expr) -> None:
    kept = TABLE.filter(condition)
    for name, (low, high) in push.bounds(push.parts(condition)).items():
        # NaN is above everything in polars; in a store it is not a number, and never lies within bounds.
        values = kept[name].drop_nulls().drop_nans()
        assert low is None or (values >= low).all()
        assert high is None or (values <= high).all()
        assert kept[name].null_count() == 0
