"""Where things stand."""

from tests.document.reading import read, shown, sound

from shotlane.document import Path

TEXT = """\
# a comment
lanes:
  furnace.setpoint:
    set: {heat: "T + 1", cool: T_base}   # here
    every: 20 ms
  gas: [He, 'N2', &x Ar]
  other: *x
text: |
  T + 1
folded: T
  + 1
"""


def test_every_key_and_value_has_its_place() -> None:
    document = sound(TEXT)
    assert shown(document.key_span(("lanes", "furnace.setpoint", "set", "cool"))) == "cool"
    assert shown(document.span(("lanes", "furnace.setpoint", "set", "cool"))) == "T_base"
    assert shown(document.span(("lanes", "furnace.setpoint", "set", "heat"))) == '"T + 1"'
    assert shown(document.span(("lanes", "gas", 1))) == "'N2'"
    assert shown(document.span(("lanes", "gas", 2))) == "Ar"
    assert shown(document.span(("lanes", "other"))) == "*x"
    assert document.span(("lanes", "gas", 1)).line == 6


def test_a_collection_ends_with_its_last_value() -> None:
    assert shown(sound(TEXT).span(("lanes", "furnace.setpoint"))).endswith("every: 20 ms")


def test_what_is_not_written_is_at_the_nearest_key_above_it() -> None:
    document = sound(TEXT)
    assert shown(document.span(("lanes", "gas", "no"))) == "gas"
    assert shown(document.key_span(("lanes", "furnace.setpoint", "read", "heat"))) == "furnace.setpoint"
    assert shown(document.span(("nothing",))) == "lanes"
    assert shown(document.span(())) == "lanes"


def within(path: Path, offset: int, length: int) -> str:
    return shown(sound(TEXT).within(path, offset, length))


def test_characters_inside_plain_and_simply_quoted_text_are_found() -> None:
    assert within(("lanes", "furnace.setpoint", "set", "cool"), 2, 4) == "base"
    assert within(("lanes", "furnace.setpoint", "set", "heat"), 4, 1) == "1"
    assert within(("lanes", "gas", 2), 1, 1) == "r"
    assert within(("lanes", "other"), 0, 2) == "Ar"


def test_where_the_text_is_not_written_as_it_reads_the_whole_value_is_meant() -> None:
    assert within(("text",), 0, 1) == "|\n  T + 1\n"
    assert within(("folded",), 0, 1) == "T\n  + 1"


def test_an_offset_past_the_end_stays_inside() -> None:
    assert within(("lanes", "furnace.setpoint", "set", "cool"), 99, 5) == ""


def test_escapes_make_the_whole_value_the_place() -> None:
    document = sound("a: \"T \\u002b 1\"\nb: 'it''s'\n")
    assert shown(document.within(("a",), 0, 1)) == '"T \\u002b 1"'
    assert shown(document.within(("b",), 0, 1)) == "'it''s'"


def test_a_merged_key_is_where_it_is_written() -> None:
    document = sound("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n")
    assert document.key_span(("b", "x")).line == 1
    assert document.key_span(("b", "y")).line == 4


def test_what_was_left_out_keeps_its_place_and_is_known() -> None:
    document, _ = read("a: {b: !x 1, c: [2, *no]}\n")
    assert document is not None
    assert document.data == {"a": {"c": [2, None]}}
    assert document.dropped == {("a", "b"), ("a", "c", 1)}
    assert shown(document.key_span(("a", "b"))) == "b"
    assert document.is_dropped(("a", "b", "below"))
    assert document.has_dropped(("a",))
    assert not document.is_dropped(("a", "c"))


def test_windows_line_ends_and_wide_characters_shift_nothing() -> None:
    document = sound("µ: 1\r\nb: '°C 𝄞'\r\nc: 3\r\n")
    assert str(document.span(("c",))) == "x.yaml:3:4"
