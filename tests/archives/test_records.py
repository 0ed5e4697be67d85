"""Whoever changes an archive and writes its hashes anew has to change everything that says the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.archives.packing import SEQUENCE, Packed, document, hash_again, make_run, replace_in

import shotlane

Change = Callable[[pl.DataFrame], pl.DataFrame]


def told(bag: Path, *, sizes: bool = True) -> dict[str, tuple[str, ...]]:
    """What disagrees, by what was compared, of an archive whose hashes hold."""
    hash_again(bag, sizes=sizes)
    found = shotlane.verify(bag, level=2)
    assert found.hashes.hold
    assert found.records is not None
    assert found.holds is (found.records.holds and found.recompiled is not None and found.recompiled.holds)
    return {check.name: check.faults for check in found.records.checks if not check.holds}


def changed_table(bag: Path, name: str, change: Change) -> dict[str, tuple[str, ...]]:
    path = bag / "data" / f"{name}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    return told(bag)


def changed_facts(bag: Path, change: Callable[[dict[str, Any]], object]) -> dict[str, tuple[str, ...]]:
    path = bag / "data/run.json"
    facts = json.loads(path.read_bytes())
    change(facts)
    path.write_text(json.dumps(facts))
    return told(bag)


def changed_events(
    bag: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> dict[str, tuple[str, ...]]:
    path = bag / "data/events.jsonl"
    events = change([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return told(bag)


def first(column: str, value: object) -> Change:
    """Another value in the first row."""
    return lambda rows: rows.with_columns(
        pl.Series(column, [value, *rows[column].to_list()[1:]], dtype=rows.schema[column])
    )


def where(condition: pl.Expr, **values: float | pl.Expr) -> Change:
    """Other values in some rows."""
    return lambda rows: rows.with_columns(
        pl.when(condition).then(value).otherwise(pl.col(name)).cast(rows.schema[name]).alias(name)
        for name, value in values.items()
    )


PLANNED_IN_1 = (pl.col("kind") == "planned") & (pl.col("shot") == 1)
READ_IN_2 = (pl.col("shot") == 2) & (pl.col("channel") == "furnace.temperature")


@pytest.mark.parametrize(
    ("table", "change", "name", "fault"),
    [
        ("samples/00001", first("channel", "gas.flow"), "tables", "1 rows of samples have other words"),
        ("samples/00001", first("shot", 3), "tables", "1 rows of samples have other words"),
        ("actions/00001", first("status_number", 2), "tables", "1 rows of actions have other words"),
        ("tables/attempts", lambda rows: rows.clear(), "shots", "shot 1 had 1 attempts, and 0 are recorded"),
        ("tables/attempts", first("outcome", "errored"), "shots", "shot 1 ended passed, and not so its"),
        ("tables/attempts", first("attempt", 2), "shots", "the attempts of shot 1 are numbered 2"),
        ("tables/attempts", first("fault", "timeout"), "events", "shot 1 ended passed by its event, and"),
        ("tables/shots", lambda rows: rows.head(2), "shots", "attempts are of shot 3, which is not recorded"),
        ("tables/shots", first("outcome", "failed"), "shots", "shot 1 ended failed, and not so its attempt"),
        ("tables/shots", first("digest", "0" * 64), "shots", "shot 1 is not the one of the plan"),
        ("tables/parameters", first("value", 39.0), "parameters", "shot 1: T is 39.0, and 35.0 by the plan"),
        (
            "samples/00001",
            where(READ_IN_2, value=44.0),
            "results",
            "degC, and its readings give 44 degC",
        ),
        (
            "samples/00001",
            where(READ_IN_2 & (pl.col("tick") == 3), status=pl.lit("failed"), status_number=2),
            "tallies",
            "shot 2, furnace.temperature: readings that were ok: ",
        ),
        (
            "samples/00001",
            lambda rows: rows.head(rows.height - 1),
            "tallies",
            "shot 3, furnace.temperature: readings that were ok: ",
        ),
        (
            "actions/00001",
            where(PLANNED_IN_1, status=pl.lit("late"), status_number=1),
            "tallies",
            "shot 1, balance: actions that were ok: 1 by the count, 0 by the rows",
        ),
        ("tables/tallies", first("planned", 99), "tallies", "do not sum to the 99 that were planned"),
        (
            "tables/tallies",
            where(pl.col("what") == "readings", planned=pl.col("planned") + 1, unreached=1),
            "tallies",
            " readings were planned by the count, ",
        ),
        (
            "tables/steps",
            first("end_ns", 49_000_000),
            "steps",
            "shot 1, step rest: 0 to 0.049 s, and 0 to 0.05 s",
        ),
        (
            "tables/steps",
            first("step", "pause"),
            "steps",
            "shot 1, its steps are pause, heat, soak, and rest",
        ),
        ("tables/steps", lambda rows: rows.head(8), "steps", "shot 3, its steps are rest, heat, and rest"),
        (
            "tables/results",
            first("value", 30.0),
            "results",
            "shot 1, T_last: recorded 30 degC, and its readings",
        ),
        (
            "tables/results",
            first("high", 30.0),
            "results",
            "shot 1, T_last: its limits are unit degC, high 30.0",
        ),
        (
            "tables/results",
            first("unit", "K"),
            "results",
            "shot 1, T_last: its limits are unit K, high 100.0",
        ),
        (
            "tables/results",
            first("verdict", "failed"),
            "results",
            "its verdict is failed, and passed by its value",
        ),
        (
            "tables/results",
            lambda rows: rows.tail(2),
            "results",
            "shot 1: its results are none, and T_last by",
        ),
    ],
)
def test_a_changed_table_is_told(bag: Path, table: str, change: Change, name: str, fault: str) -> None:
    assert any(fault in one for one in changed_table(bag, table, change)[name])


def test_readings_of_no_attempt_are_not_taken_for_checked(bag: Path) -> None:
    faults = changed_table(bag, "tables/attempts", lambda rows: rows.clear())
    readings = pl.read_parquet(bag / "data/samples/*.parquet").height
    assert f"{readings} rows of samples belong to no attempt of the archive" in faults["tables"]


@pytest.mark.parametrize(("key", "value"), [("unit", "K"), ("type", "text"), ("name", "another")])
def test_channels_that_are_not_those_of_the_plan_are_told(bag: Path, key: str, value: str) -> None:
    faults = changed_facts(bag, lambda facts: facts["channels"][0].update({key: value}))
    assert faults["run.json"][-1].startswith("the channels of the run are not those of its plan: furnace")


@pytest.mark.parametrize(
    ("change", "name", "fault"),
    [
        ({"sequence": "other"}, "run.json", "its sequence is 'other' by run.json, and 'warm-up'"),
        ({"station": "other"}, "events", "the run began with station demo by its event, and other"),
        ({"tags": []}, "run.json", "its tags is [] by run.json, and ['archived']"),
        ({"outcome": "done"}, "run.json", "the run ended done, and the worst of its shots passed"),
        (
            {"outcome": "aborted", "reason": "x"},
            "events",
            "the run ended passed by its event, and aborted (x)",
        ),
        ({"shots_planned": 4}, "run.json", "its shots_planned is 4 by run.json, and 3"),
        ({"shots_committed": 2}, "run.json", "2 shots ended by run.json, and 3 by the table of shots"),
        ({"stamps": ["virtual-time"]}, "run.json", "the stamp 'mocked' is missing"),
        ({"run": 3}, "run.json", "attempts are of run 1 by their keys, and of run 3 by run.json"),
        ({"session": 12345}, "run.json", "its session is 12345, and "),
        ({"died": True}, "run.json", "its process died by run.json, which says all the same"),
        ({"died": True, "outcome": "terminated"}, "run.json", "its process died by run.json, which says"),
        ({"ended_utc_ns": 1}, "run.json", "it ended before it began"),
    ],
    ids=str,
)
def test_a_changed_fact_of_the_run_is_told(bag: Path, change: dict[str, Any], name: str, fault: str) -> None:
    faults = changed_facts(bag, lambda facts: facts.update(change))
    assert any(one.startswith(fault) for one in faults[name])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda facts: facts["parameters"][0].update(unit="K"), "T is in K, and in degC by the plan"),
        (lambda facts: facts["parameters"][0].update(type="text"), "T is a text, and a number by the plan"),
        (
            lambda facts: facts["parameters"].pop(),
            "the parameters are T, rate, and T, rate, operator by the plan",
        ),
    ],
)
def test_a_parameter_of_another_unit_or_type_is_told(
    bag: Path, change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    assert fault in changed_facts(bag, change)["parameters"]


def test_figures_that_are_not_those_of_the_tables_are_told(bag: Path) -> None:
    faults = changed_facts(
        bag,
        lambda facts: facts["figures"].update(attempts=9, shots_failed=1, shots_errored=1, shots_planned=4),
    )
    assert faults["run.json"] == (
        "1 shots were failed by the figures of run.json, and 0 by the table",
        "1 shots were errored by the figures of run.json, and 0 by the table",
        "there were 9 attempts by the figures of run.json, and 3 are recorded",
        "4 shots were planned by the figures of run.json, and 3 by itself",
    )


def without(kind: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Events without those of a type, numbered anew."""

    def change(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = [event for event in events if event["type"] != kind]
        return [{**event, "number": number} for number, event in enumerate(kept, events[0]["number"])]

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda events: events[:5] + events[6:], "of a session 1 are missing"),
        (lambda events: [*events, events[-1]], " of a session is there twice, or not in its place"),
        (
            lambda events: [*events[:3], {**events[3], "number": events[4]["number"]}, *events[4:]],
            " of a session is there twice, or not in its place",
        ),
        (lambda events: [events[0], events[2], events[1], *events[3:]], "or not in its place"),
        (without("run.started"), "no event says that the run began"),
        (without("run.ended"), "no event says that the run ended"),
        (without("shot.started"), "no event says that shot 1 began"),
        (without("shot.ended"), "no event says that shot 1 ended"),
        (without("attempt.started"), "shot 1: no event says that it began"),
        (without("attempt.ended"), "shot 1: no event says how it ended"),
        (lambda events: [], "no event says that the run ended"),
    ],
)
def test_events_that_were_taken_out_are_told(
    bag: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], fault: str
) -> None:
    assert any(fault in one for one in changed_events(bag, change)["events"])


def test_an_event_that_says_something_else_is_told(bag: Path) -> None:
    def change(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for event in events:
            if event["type"] == "shot.started" and event["shot"] == 2:
                event["fields"]["parameters"]["T"] = 41.0
            if event["type"] == "shot.ended" and event["shot"] == 3:
                event["fields"]["outcome"] = "failed"
            if event["number"] == 9:
                event["at"] = "2001-01-01T00:00:00.000000000Z"
        return events

    faults = changed_events(bag, change)["events"]
    assert faults[0].startswith("event 9 was at ")
    assert faults[1:] == (
        "shot 2 has other parameters in its event than in the table",
        "shot 3 ended failed by its event, and passed by the table",
    )


def test_a_verdict_that_an_event_does_not_tell_is_told(tmp_path: Path) -> None:
    """Values, counts and limits are changed everywhere but in the events."""
    store = make_run(tmp_path / "project", SEQUENCE.replace("high: 100 degC", "high: 30 degC"))
    shotlane.archive(1, tmp_path / "bag", store=store)
    assert told(tmp_path / "bag") == {}
    faults = changed_events(tmp_path / "bag", without("verdict.failed"))
    assert faults["events"][0] == "shot 1: T_last failed by its result, and no event says so"


@pytest.mark.parametrize(("name", "value"), [("value", 99.0), ("unit", "K"), ("high", 31.0), ("low", 1.0)])
def test_the_event_of_a_verdict_tells_what_its_result_is(tmp_path: Path, name: str, value: object) -> None:
    store = make_run(tmp_path / "project", SEQUENCE.replace("high: 100 degC", "high: 30 degC"))
    shotlane.archive(1, tmp_path / "bag", store=store)

    def change(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        next(event for event in events if event["type"] == "verdict.failed")["fields"][name] = value
        return events

    assert changed_events(tmp_path / "bag", change) == {
        "events": ("shot 1: T_last has another value, unit or limit by its event",)
    }


def test_how_often_a_shot_was_tried_its_event_tells(bag: Path) -> None:
    def change(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        next(event for event in events if event["type"] == "shot.ended")["fields"]["attempts"] = 2
        return events

    assert changed_events(bag, change) == {
        "events": ("shot 1 had 2 attempts by its event, and 1 by the table",)
    }


@pytest.mark.parametrize(
    ("path", "old", "new", "fault"),
    [
        (
            "resolved/station.json",
            '"high": 200.0',
            '"high": 250.0',
            "channels.furnace.setpoint.high is 250.0, and 200.0 by the documents",
        ),
        (
            "resolved/sequence.json",
            '"sequence": "warm-up"',
            '"sequence": "cold"',
            'sequence is "cold", and "warm-up" by the documents',
        ),
        (
            "provenance/station.json",
            '"simulated": true',
            '"simulated": false',
            "roles.furnace.simulated is false, and true by the documents",
        ),
    ],
)
def test_what_was_resolved_is_resolved_again(bag: Path, path: str, old: str, new: str, fault: str) -> None:
    replace_in(bag / "data" / path, old, new)
    assert told(bag)["resolved"][0] == f"{path}: {fault}"


def test_provenance_is_known_by_its_digests(bag: Path) -> None:
    station = bag / "data/provenance/station.json"
    station.write_text(station.read_text() + "\n")
    assert told(bag) == {"run.json": ("provenance/station.json is not what it was when the run began",)}
    station.rename(station.with_name("another.json"))
    assert told(bag)["run.json"] == (
        "provenance/another.json is not of the run",
        "provenance/station.json is not there",
    )


def test_tables_in_each_others_places_are_told_one_by_one(bag: Path) -> None:
    one, other = (bag / "data/tables" / f"{name}.parquet" for name in ("results", "steps"))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    faults = told(bag)
    assert len(faults["tables"]) == 2
    assert "its column 'result' is no String" in faults["results"][0]
    assert "its column 'step' is no String" in faults["steps"][0]
    assert faults.keys() == {"tables", "results", "steps", "events"}


@pytest.mark.parametrize("name", ["samples/00001", "tables/attempts", "tables/shots", "tables/tallies"])
def test_a_table_that_cannot_be_read_ends_in_a_report(bag: Path, name: str) -> None:
    (bag / "data" / f"{name}.parquet").write_bytes(b"PAR1 nothing")
    hash_again(bag)
    found = shotlane.verify(bag)
    assert (found.hashes.hold, found.holds) == (True, False)
    assert found.recompiled is not None
    assert found.recompiled.holds
    assert found.replayed is not None
    assert found.replayed.damaged
    assert found.records is not None
    assert any("is no sound Parquet file" in fault for one in found.records.checks for fault in one.faults)


@pytest.mark.parametrize("text", ["", "{}", '{"@graph": [1]}', '{"@graph": [{"@id": "./", "hasPart": 7}]}'])
def test_a_broken_crate_is_told_and_the_rest_is_checked(bag: Path, text: str) -> None:
    (bag / "data/ro-crate-metadata.json").write_text(text)
    faults = told(bag)
    assert list(faults) == ["files"]
    assert "'ro-crate-metadata.json' of " in faults["files"][0]


def test_a_unit_that_only_the_crate_has_otherwise_is_told(bag: Path) -> None:
    replace_in(bag / "data/ro-crate-metadata.json", '"unitText": "cm**3/min"', '"unitText": "l/min"')
    assert told(bag) == {"files": ("the crate describes gas.flow_setpoint otherwise than run.json",)}


def test_a_table_that_is_gone_is_told(bag: Path) -> None:
    (bag / "data/tables/steps.parquet").unlink()
    faults = told(bag)
    assert faults["files"] == ("the crate describes tables/steps.parquet, which is not there",)
    assert faults.keys() == {"files", "tables", "steps", "results"}
    assert faults["steps"][0].endswith("holds no 'data/tables/steps.parquet'")


def test_sizes_and_rows_are_those_of_the_crate(bag: Path) -> None:
    path = bag / "data/tables/results.parquet"
    rows = pl.read_parquet(path)
    pl.concat([rows, rows.head(1)]).write_parquet(path)
    faults = told(bag, sizes=False)
    assert faults["files"][0].startswith("tables/results.parquet has ")
    assert "tables/results.parquet has 4 rows, and 3 by the crate" in faults["tables"]


def test_files_that_the_crate_does_not_describe_are_told_and_those_that_are_gone(bag: Path) -> None:
    (bag / "data/results.csv").write_text("1\n")
    (bag / "data/plan/sequence.plan").unlink()
    assert told(bag)["files"] == (
        "the crate describes plan/sequence.plan, which is not there",
        "the crate does not describe results.csv",
    )


@pytest.mark.parametrize("level", [2, 3])
def test_a_decision_that_makes_no_sense_is_told(bag: Path, level: int) -> None:
    path = bag / "data/events.jsonl"
    path.write_text(path.read_text().replace('"shot.started"', '"segment.ended"', 1))
    hash_again(bag)
    found = shotlane.verify(bag, level=level)
    assert not found.holds
    assert found.records is not None
    assert "an event of a decision is none" in found.records.checks[0].faults[0]
    assert {check.name for check in found.records.checks if check.holds} >= {"files", "tables", "tallies"}


def test_a_changed_limit_of_a_document_is_told_by_what_was_resolved(bag: Path) -> None:
    replace_in(document(bag, "demo.yaml"), "setpoint: [10 degC, 200 degC]", "setpoint: [10 degC, 199 degC]")
    assert len(told(bag)["resolved"]) == 2


def test_only_the_first_faults_of_many_are_kept(bag: Path) -> None:
    path = bag / "data/events.jsonl"
    event = json.loads(path.read_text().splitlines()[-1])
    lines = [
        json.dumps(
            {**event, "type": "attempt.started", "shot": shot, "attempt": 1, "number": event["number"] + shot}
        )
        for shot in range(1001, 2001)
    ]
    path.write_text(path.read_text() + "\n".join(lines) + "\n")
    hash_again(bag)
    found = shotlane.verify(bag, level=2)
    assert found.records is not None
    events = next(check for check in found.records.checks if check.name == "events")
    assert (len(events.faults), events.count) == (100, 1001)


def test_functions_of_an_archive_are_called_only_where_that_is_meant(tmp_path: Path) -> None:
    sequence = """
language: 1
sequence: own
station: demo
timeline: [{one: 40 ms}]
lanes:
  furnace.temperature: {record: 100 Hz}
results:
  mine: {python: 'own.py:found', unit: degC, high: 100 degC}
"""
    function = "def found(shot):\n    return shot.samples['furnace.temperature'].value.max()\n"
    store = make_run(tmp_path / "project", sequence, {"own.py": function})
    shotlane.archive(1, tmp_path / "bag", store=store)
    table = tmp_path / "bag/data/tables/results.parquet"
    first("value", 20.0)(pl.read_parquet(table)).write_parquet(table)
    hash_again(tmp_path / "bag")
    found = shotlane.verify(tmp_path / "bag", level=2)
    assert found.holds
    assert found.records is not None
    assert [check.left_out for check in found.records.checks if check.left_out] == [
        "1 values of functions in the archive, which only --trust calls"
    ]
    assert not shotlane.verify(tmp_path / "bag", level=2, trust=True).holds


def test_a_sound_archive_counts_what_was_compared(packed: Packed) -> None:
    found = shotlane.verify(packed.bag, level=2)
    assert found.records is not None
    counts = {check.name: check.compared for check in found.records.checks}
    assert (counts["shots"], counts["steps"], counts["results"], counts["parameters"]) == (3, 9, 3, 15)
    assert counts["tables"] > pl.read_parquet(packed.bag / "data/samples/*.parquet").height
