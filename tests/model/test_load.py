"""Documents to models: sound parts go on, faults are told once."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.model.loading import GOOD, STATION, sequence_of, station_of, told

from shotlane.diagnostics import Report, render_text
from shotlane.document import read_text
from shotlane.model import Lane, Point, UntilStep, load_instrument, load_sequence, load_station, was_dropped


def test_a_whole_sequence_is_taken_as_it_is_written() -> None:
    sequence, document, report = sequence_of(GOOD)
    assert not len(report), render_text(report)
    assert sequence is not None
    assert sequence.model_dump(by_alias=True, exclude_unset=True) == document.data
    assert isinstance(sequence.timeline[1]["settle"], UntilStep)
    assert isinstance(sequence.lanes["furnace.setpoint"], Lane)


def test_a_whole_station_is_taken_as_it_is_written() -> None:
    station, document, report = station_of(STATION)
    assert not len(report), render_text(report)
    assert station is not None
    assert station.model_dump(by_alias=True, exclude_unset=True) == document.data


def test_values_keep_their_written_type() -> None:
    sequence, _, _ = sequence_of("sequence: a\ntimeline: [{a: 1}, {b: 1.0}, {c: true}, {d: '1'}]\n")
    assert sequence is not None
    assert [type(value) for item in sequence.timeline for value in item.values()] == [int, float, bool, str]


def test_faulty_items_of_the_timeline_keep_their_place() -> None:
    sequence, document, _ = sequence_of(
        "sequence: a\ntimeline:\n  - a: 1 s\n  - b: [1]\n  - 5 s\n  - c: 1 s\n"
    )
    assert sequence is not None
    assert sequence.timeline == [{"a": "1 s"}, {}, {}, {"c": "1 s"}]
    assert document.dropped == {("timeline", 1, "b"), ("timeline", 2)}


def test_a_list_of_points_with_a_faulty_one_is_left_out_as_a_whole() -> None:
    text = GOOD.replace("{at: end, value: T_soak}", "{at: end}")
    sequence, document, report = sequence_of(text)
    assert sequence is not None
    cells = sequence.lanes["furnace.setpoint"].set
    assert isinstance(cells, dict)
    assert list(cells) == ["heat", "settle..soak"]
    assert document.is_dropped(("lanes", "furnace.setpoint", "set", "otherwise"))
    assert [code for code, _ in told(report)] == ["SEQ102"]


def test_a_point_needs_both_parts() -> None:
    assert set(Point.model_fields) == {"at", "value"}


def test_a_misspelt_required_key_is_one_message_and_the_rest_is_read() -> None:
    sequence, document, report = sequence_of("sequence: a\ntimelin: [{a: 1}]\nlanes: {a.b: {set: 1}}\n")
    assert told(report) == [("SEQ101", "2:1")]
    assert sequence is not None
    assert sequence.lanes["a.b"].set == 1
    assert was_dropped(document, "step", "a")


def test_a_mistake_behind_an_anchor_is_told_once() -> None:
    text = (
        "sequence: a\ntimeline: [{a: 1 s}]\nlanes:\n"
        "  a.b: &l {evry: 1 s, record: 1 Hz}\n  a.c: *l\n  a.d: {<<: *l}\n"
    )
    sequence, _, report = sequence_of(text)
    assert told(report) == [("SEQ101", "4:12")]
    assert sequence is not None
    assert [lane.record for lane in sequence.lanes.values()] == ["1 Hz"] * 3


def test_what_the_reader_left_out_is_not_missed() -> None:
    text = GOOD.replace("value: T_soak}]", "value: max(T_soak, 1)}]").replace("otherwise: [{", "cool: [{")
    sequence, document, report = sequence_of(text)
    assert [code for code, _ in told(report)] == ["YAML010"]
    assert sequence is not None
    assert document.is_dropped(("lanes", "furnace.setpoint", "set", "cool"))


@pytest.mark.parametrize(
    ("thing", "name", "expected"),
    [
        ("parameter", "T", True),
        ("parameter", "laser.power", True),
        ("parameter", "laser", True),
        ("parameter", "U", False),
        ("label", "gas", True),
        ("step", "heat", True),
        ("step", "cool", False),
        ("lane", "a.b", True),
        ("axis", "T", True),
        ("axis", "U", False),
    ],
)
def test_what_was_dropped_is_known_by_name(thing: str, name: str, expected: bool) -> None:
    _, document, _ = sequence_of(
        "sequence: a\nparameters: {T: !x 1, U: 1, laser: {power: !x 1}}\nlabels: {gas: [He]}\n"
        "timeline: [{heat: [1]}, {soak: 1 s}]\nlanes: {a.b: 5}\nsweep: [{T: null}, {U: [1]}]\n"
    )
    assert was_dropped(document, thing, name) is expected  # type: ignore[arg-type]


def test_a_faulty_merge_may_have_held_any_parameter() -> None:
    _, document, _ = sequence_of("sequence: a\nparameters: {<<: *common, U: 1}\ntimeline: [{a: 1 s}]\n")
    assert was_dropped(document, "parameter", "T")


def test_an_item_that_was_no_step_may_have_been_any_step() -> None:
    _, document, _ = sequence_of("sequence: a\ntimeline: [a: 1 s, heat 1 s]\n")
    assert was_dropped(document, "step", "heat")


def test_more_mistakes_than_anybody_reads_are_cut_short() -> None:
    lanes = "".join(f"  a.b{n}: {{sett: 1}}\n" for n in range(500))
    sequence, _, report = sequence_of(f"sequence: a\ntimeline: [{{a: 1 s}}]\nlanes:\n{lanes}")
    assert sequence is None
    assert len(report) == 101
    assert [item.code for item in report][-1] in ("SEQ101", "YAML015")


def _messages(text: str) -> list[str]:
    return [f"{item.message} / {item.help}" for item in sequence_of(text)[2]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lane: {}", "unknown key 'lane' / did you mean 'lanes'?"),
        (
            "retry: 3",
            "'retry' takes a mapping, and this is the number 3 / keys that can stand below it: attempts, ",
        ),
        ("tags: x", "'tags' takes a list, and this is 'x' / write [x]"),
        (
            "station: 5",
            "'station' takes text, and this is the number 5 / put it in quotes when text is meant: \"5\"",
        ),
        ("cadence: [1]", "'cadence' takes a single value, and this is a list"),
        ("seed: five", "'seed' takes a whole number, and this is 'five'"),
        ("between: saef", "'saef' is not a choice for 'between' / did you mean 'safe'?"),
        ("guard: maybe", "'maybe' is not a choice for 'guard' / choices: off, on"),
        ("retry: {attempts: 0}", "'attempts' must be at least 1"),
        ("station:", "'station' has no value"),
        ("results:\nseed: 1", "'results' has no value / write a value after the colon, or delete the key"),
        ("retry: {on:timeout}", "unknown key 'on:timeout' in 'retry'"),
        ("results: {a: {x: 1}, b: {value: 1}}", "unknown key 'x' in 'a' / keys that can stand here: "),
        (
            "safe: {furnace.setpoint: 20 degC}",
            "unknown key 'safe' / safe values are the station's: write `safe: {attribute: value}` below",
        ),
        (
            "lanes: {furnace.setpoint: {set: 5 degC, safe: 20 degC}}",
            "unknown key 'safe' in 'furnace.setpoint' / safe values are the station's: write ",
        ),
        ("interlocks: {a: {if: x > 1}}", "unknown key 'if' in 'a' / did you mean 'when'?"),
        ("results: {a: {valu: 1}}", "unknown key 'valu' in 'a' / did you mean 'value'?"),
    ],
)
def test_messages_are_in_the_words_of_the_author(line: str, message: str) -> None:
    (found,) = _messages(f"sequence: a\ntimeline: [{{a: 1 s}}]\n{line}\n")
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("timeline: [{a: 1 s}]\nresults:\nT_mean: mean(furnace.temperature)\n", "T_mean"),
        ("timeline: [{a: 1 s}]\nlanes:\n  furnace.setpoint:\n    set:\n    a: 50 degC\n", "a"),
        ("timeline:\n  - settle:\n    until: furnace.temperature > 30 degC\n", "until"),
    ],
)
def test_what_stands_beside_its_key_and_not_below_it_is_told_at_the_key(text: str, stray: str) -> None:
    first = _messages(f"sequence: a\n{text}")[0]
    assert first.endswith(f"stands below it, indented: `{stray}:` begins in the same column")


TOKENS = re.findall(r"\w+|[^\w\s]+|\s+", GOOD + STATION)


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_no_mutated_document_raises(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from([GOOD, STATION])).splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        pieces = re.findall(r"\w+|[^\w\s]+|\s+", lines[index]) or [""]
        place = data.draw(st.integers(0, len(pieces) - 1))
        pieces[place] = data.draw(
            st.sampled_from([*TOKENS, "", "null", "[1]", "{a: b}", "!x ", "&a ", "*a", "(", ","])
        )
        lines[index] = "".join(pieces)
    for load in (load_sequence, load_station, load_instrument):
        report = Report()
        document = read_text("".join(lines), "x.yaml", report)
        if document is not None and load(document, report) is None:
            assert not report.ok
        render_text(report)
