"""Samples in parts on PostgreSQL: every run has its part before it begins, and nothing falls beside."""

import pytest
from tests.store import lab

from shotlane.store import StoreRecorder, _partitions, open_reader, open_recorder

pytestmark = pytest.mark.postgres


def _ask(recorder: StoreRecorder, query: str) -> list[tuple[object, ...]]:
    with recorder._writer.look() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _parts(recorder: StoreRecorder) -> list[object]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'sample'::regclass ORDER BY 1"
    return [row[0] for row in _ask(recorder, query)]


def test_parts_are_made_ahead_of_the_runs_and_hold_their_samples(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_partitions, "_FIRST", 2)
    monkeypatch.setattr(_partitions, "_WIDEST", 3)
    with open_recorder(postgres_url) as recorder:
        for _ in range(4):
            lab.record_run(recorder)
        # The first ones were small, so that the next part is as wide as may be.
        assert _parts(recorder) == ["sample_1_2", "sample_3_5"]
        counts = [_ask(recorder, f"SELECT count(*) FROM {name}")[0][0] for name in _parts(recorder)]
        assert counts == [24, 24]
        with open_reader(postgres_url) as reader:
            assert [len(reader.samples(run)) for run in (1, 2, 3, 4)] == [12] * 4


def test_a_part_that_filled_up_is_followed_by_a_narrow_one(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_partitions, "_FIRST", 1)
    monkeypatch.setattr(_partitions, "_ROWS", 200)
    with open_recorder(postgres_url) as recorder:
        rows = [lab.sample(0, tick, 1.0) for tick in range(100)]
        lab.record_run(recorder, rows=lambda _: rows)
        lab.record_run(recorder, rows=lambda _: rows)
        assert _parts(recorder) == ["sample_1_1", "sample_2_2"]


def test_a_part_can_be_dropped_with_its_runs(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_partitions, "_FIRST", 1)
    with open_recorder(postgres_url) as recorder:
        lab.record_run(recorder)
        lab.record_run(recorder)
        with recorder._writer.transaction() as cursor:
            cursor.execute("DROP TABLE sample_1_1")
        with open_reader(postgres_url) as reader:
            assert [len(reader.samples(run)) for run in (1, 2)] == [0, 12]
        assert lab.record_run(recorder) == 3
        assert recorder.begin_run(lab.run_start(resumes=1)) == 1
        lab.record_shot(recorder, 4, lab.four_readings(4))
        assert "sample_1_1" in _parts(recorder)


def test_a_long_look_at_all_samples_holds_up_no_run(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_partitions, "_FIRST", 1)
    with open_recorder(postgres_url, wait_s=1) as recorder, open_recorder(postgres_url) as other:
        lab.record_run(recorder)
        with other._writer.look() as cursor:
            cursor.execute("SELECT count(*) FROM sample_view")
            assert lab.record_run(recorder) == 2


def test_only_the_part_of_a_run_is_looked_at(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_partitions, "_FIRST", 1)
    monkeypatch.setattr(_partitions, "_WIDEST", 1)
    with open_recorder(postgres_url) as recorder:
        for _ in range(3):
            lab.record_run(recorder)
        low, high = 2 << 32, 3 << 32
        query = f"EXPLAIN SELECT * FROM sample WHERE attempt >= {low} AND attempt < {high}"
        plan = "\n".join(str(row[0]) for row in _ask(recorder, query))
        assert "sample_2_2" in plan
        assert "sample_1_1" not in plan
        assert "sample_3_3" not in plan
