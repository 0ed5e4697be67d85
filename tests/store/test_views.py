"""What SQL users see; the same columns and values on both databases, but for the type of instants."""

from datetime import UTC, datetime
from typing import Any

from tests.store import lab

from shotlane.records import Outcome, Status
from shotlane.store import SessionStart, open_log, open_reader, open_recorder


def _rows(url: str, query: str) -> list[dict[str, Any]]:
    with open_reader(url) as reader:
        driver: Any = reader._connection.connection.driver_connection
        cursor = driver.cursor()
        cursor.execute(query)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        cursor.close()
        return rows


def _record(url: str) -> None:
    rows = [
        lab.sample(0, 0, 25.5),
        lab.sample(0, 1, None, status=Status.FAILED, raw="-------"),
        lab.sample(3, 0, "He"),
        lab.sample(4, 0, [1.0, 2.0]),
    ]
    with open_recorder(url) as recorder:
        lab.record_run(recorder, shots=1, rows=lambda _: rows)


def _instant(value: Any) -> datetime:
    """Text of SQLite, or a timestamp of PostgreSQL, to the microsecond."""
    if isinstance(value, str):
        return datetime.fromisoformat(value[:26] + "+00:00")
    assert isinstance(value, datetime)
    return value.astimezone(UTC)


def test_samples_show_names_units_instants_and_words(store_url: str) -> None:
    _record(store_url)
    query = "SELECT * FROM sample_view WHERE run = 1 AND channel = 'furnace.temperature' ORDER BY tick"
    first, failed = _rows(store_url, query)
    origin = datetime(2024, 10, 4, 0, 0, 1, 133456, tzinfo=UTC)
    assert abs((_instant(first["time"]) - origin).total_seconds()) < 1e-5
    assert (first["run"], first["shot"], first["attempt"], first["attempt_outcome"]) == (1, 1, 1, "done")
    assert (first["tick"], first["value"], first["unit"], first["status"]) == (0, 25.5, "degC", "ok")
    assert [first[name] for name in ("target_s", "received_s", "lateness_ms")] == [0.0, 0.0009, 0.005]
    assert (failed["status"], failed["value"], failed["raw"]) == ("failed", None, "-------")


def test_text_and_arrays_stand_beside_their_samples(store_url: str) -> None:
    _record(store_url)
    text = _rows(store_url, "SELECT text, value FROM sample_view WHERE channel = 'gas.name'")
    assert text == [{"text": "He", "value": None}]
    array = _rows(store_url, "SELECT channel, dtype, shape, unit FROM array_view")
    assert array == [{"channel": "scope.trace", "dtype": "<f8", "shape": "[2]", "unit": "V"}]


def test_every_view_answers(store_url: str) -> None:
    _record(store_url)
    counts = {
        "run_view": 1, "shot_view": 1, "parameter_view": 4, "attempt_view": 1, "sample_view": 4,
        "array_view": 1, "action_view": 2, "tally_view": 1, "step_view": 2, "event_view": 4,
    }  # fmt: skip
    assert {name: len(_rows(store_url, f"SELECT * FROM {name}")) for name in counts} == counts


def test_runs_count_their_shots(store_url: str) -> None:
    _record(store_url)
    row = _rows(store_url, "SELECT * FROM run_view")[0]
    assert (row["run"], row["outcome"], row["shots_planned"], row["shots_committed"]) == (1, "done", 1, 1)
    assert _instant(row["started"]) == datetime(2024, 10, 4, 0, 0, 0, 123456, tzinfo=UTC)


def test_parameters_can_be_asked_for_by_value(store_url: str) -> None:
    _record(store_url)
    rows = _rows(store_url, "SELECT shot, unit FROM parameter_view WHERE name = 'T_soak' AND value > 30")
    assert rows == [{"shot": 1, "unit": "degC"}]


def test_sessions_say_where_when_and_how_they_ended(store_url: str) -> None:
    with open_log(store_url, session=SessionStart(kind="station", station="bench", user="ada")) as outer:
        with open_recorder(store_url, session=SessionStart(parent=outer.session)) as recorder:
            lab.record_run(recorder, shots=1)
        query = "SELECT * FROM session_view ORDER BY parent IS NOT NULL"
        assert [row["outcome"] for row in _rows(store_url, query)] == ["no end recorded", "done"]
        outer.close(Outcome.PASSED)
    bench, inner = _rows(store_url, query)
    assert (bench["kind"], bench["station"], bench["user_name"]) == ("station", "bench", "ada")
    assert (bench["outcome"], bench["parent"], inner["parent"]) == ("passed", None, bench["session"])
    assert _instant(bench["started"]) <= _instant(inner["started"]) <= _instant(bench["ended"])
    runs = _rows(store_url, "SELECT run FROM run_view r JOIN session_view s ON s.session = r.session")
    assert runs == [{"run": 1}]
