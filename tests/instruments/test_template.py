"""Templates of ASCII dialogues; pure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments.dialogue._template import ReplyMismatch, TemplateError, parse_frame, parse_write

FRAME = "A {pressure:f} {temperature:f} {_:f} {flow:f} {setpoint:f} {gas:w} {flags:rest?}"
REPLY = "A +014.70 +025.00 +000.007 +000.012 020.000     Air"


def test_frame_of_a_flow_controller_is_read() -> None:
    fields = parse_frame(FRAME).parse(REPLY)
    assert {name: field.value for name, field in fields.items()} == {
        "pressure": 14.7,
        "temperature": 25.0,
        "flow": 0.012,
        "setpoint": 20.0,
        "gas": "Air",
        "flags": "",
    }


def test_status_words_may_follow() -> None:
    assert parse_frame(FRAME).parse(REPLY + " HLD MOV")["flags"].value == "HLD MOV"


@pytest.mark.parametrize("raw", ["-------", "--.--", "nan"])
def test_dashes_for_a_number_are_no_value(raw: str) -> None:
    field = parse_frame("{mass:f} g").parse(f"{raw} g")["mass"]
    assert (field.value, field.raw) == (None, raw)


@pytest.mark.parametrize(
    "reply", ["", "?", REPLY[:20], REPLY.replace("+000.012", "+000.01#"), REPLY.replace("Air", "")]
)
def test_what_does_not_fit_whole_is_refused(reply: str) -> None:
    with pytest.raises(ReplyMismatch, match="no reply of the form"):
        parse_frame(FRAME).parse(reply)


def test_reply_of_another_address_says_so() -> None:
    with pytest.raises(ReplyMismatch, match="the reply says 'B' where 'A' must stand"):
        parse_frame(FRAME).parse("B" + REPLY[1:])


def test_units_and_headers_stand_beside_numbers() -> None:
    assert parse_frame("VOLT:{value:f}V").parse("VOLT:1.25e-3V")["value"].value == 1.25e-3
    assert parse_frame("{count:d}/{of:d}").parse("3/12")["of"].value == 12


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back(value: float) -> None:
    assert parse_frame("{value:f}").parse(repr(value))["value"].value == value


@given(st.text(max_size=40))
def test_no_reply_breaks_the_reader(text: str) -> None:
    try:
        parse_frame(FRAME).parse(text)
    except ReplyMismatch:
        return


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("{flow:q}", "has no type of a field"),
        ("{flow}", "has no type of a field"),
        ("{flow:f} {flow:f}", "stands twice"),
        ("{flow:f", "braces"),
        ("{a.b:f}", "is not a field"),
    ],
)
def test_faulty_frames_are_told(frame: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        parse_frame(frame)


@pytest.mark.parametrize(
    ("template", "value", "written"),
    [
        ("S{value:.3f}", 12.5, "S12.500"),
        ("S{value:.3f}", -0.0001, "S0.000"),
        ("S{value:d}", 3.0, "S3"),
        ("SET {value}", "He", "SET He"),
        ("{{{value:04d}}}", 7, "{0007}"),
    ],
)
def test_values_are_written_as_asked(template: str, value: object, written: str) -> None:
    assert parse_write(template, ["value"]).fill({"value": value}) == written


def test_unknown_field_of_a_written_text_is_told() -> None:
    with pytest.raises(TemplateError, match=r"\{vlaue\} has no value here") as caught:
        parse_write("S{vlaue:.3f}", ["value"])
    assert caught.value.help == "fields that have one: {value}"


def test_bad_format_is_told() -> None:
    with pytest.raises(TemplateError, match="is not a format"):
        parse_write("S{value:.3q}", ["value"])


@pytest.mark.parametrize(
    ("frame", "reply", "value"),
    [
        ("{v:x}", "0x1F", 31),
        ("{v:s}", '"say ""hi"""', 'say "hi"'),
        ("{v:s}", "plain words", "plain words"),
        ("{v:s},{_:rest}", "'a,b',c", "a,b"),
        ("{_:header?}{v:f}", ":VOLT:DC 1.5", 1.5),
        ("{_:header?}{v:f}", "1.5", 1.5),
    ],
)
def test_further_types_of_fields(frame: str, reply: str, value: object) -> None:
    assert parse_frame(frame).parse(reply)["v"].value == value


@given(st.lists(st.floats(allow_infinity=False), min_size=1), st.sampled_from([",", ", ", ";", "  ", "\r\n"]))
def test_every_list_of_numbers_comes_back(values: list[float], between: str) -> None:
    array = parse_frame("{values:list}").parse(between.join(map(repr, values)))["values"].value
    assert np.array_equal(np.asarray(array), values, equal_nan=True)


@pytest.mark.parametrize("reply", ["1,,2", "1,2,", "1,x", ""])
def test_a_list_with_a_gap_is_refused(reply: str) -> None:
    with pytest.raises(ReplyMismatch):
        parse_frame("{values:list}").parse(reply)


@pytest.mark.parametrize(
    ("reply", "number"), [("-   12.34 g", -12.34), ("+ 5.0 g", 5.0), ("- 1e3 g", -1000.0)]
)
def test_blanks_may_stand_after_a_sign(reply: str, number: float) -> None:
    assert parse_frame("{mass:f} g").parse(reply)["mass"].value == number


def test_in_a_list_a_blank_stands_between_two_numbers() -> None:
    assert parse_frame("{all:list}").parse("-1 +2 -3")["all"].value.tolist() == [-1, 2, -3]  # type: ignore[union-attr]
    with pytest.raises(ReplyMismatch):
        parse_frame("{all:list}").parse("- 1 2")


@pytest.mark.parametrize(
    ("digits", "number"), [("FFFE", -2), ("7FFF", 32767), ("8000", -32768), ("ff", -1), ("0f", 15)]
)
def test_hexadecimal_numbers_with_a_sign_are_in_twos_complement(digits: str, number: int) -> None:
    assert parse_frame("{value:sx}").parse(digits)["value"].value == number


@given(st.integers(-32768, 32767))
def test_what_is_written_in_twos_complement_comes_back(number: int) -> None:
    text = parse_write("{value:sx4}", ["value"]).fill({"value": number})
    assert len(text) == 4
    assert parse_frame("{value:sx}").parse(text)["value"].value == number


def test_twos_complement_is_refused_beyond_its_digits() -> None:
    with pytest.raises(ValueError, match="128 does not fit into 2 hexadecimal digits"):
        parse_write("{value:sx2}", ["value"]).fill({"value": 128})
