"""Every fault of a text is one diagnostic, in bounded time and memory."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.document.reading import codes_of, read, shown

from shotlane.diagnostics import Report
from shotlane.document import read_file, read_text
from shotlane.document._build import MAX_ALIASED, MAX_FAULTS
from shotlane.document._read import MAX_CHARACTERS

BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "YAML009"),
        ("# only a comment\n", "YAML009"),
        ("[1, 2]", "YAML009"),
        ("just text", "YAML009"),
        ("a: [1\n", "YAML001"),
        ("a: 'x\n", "YAML001"),
        ('a: "\\q"\n', "YAML001"),
        ('a: "\\UFFFFFFFF"\n', "YAML001"),
        ('a: "\\ud800"\n', "YAML001"),
        ("%YAML 1.x\n---\na: 1\n", "YAML001"),
        ("%YAML 3.0\n---\na: 1\n", "YAML001"),
        ("a: !e!x 1\n", "YAML001"),
        ("a: 1\n...\nb: 2\n", "YAML008"),
        ("a: \ud800\n", "YAML013"),
        ("a: \0\n", "YAML013"),
        ("a: " + "[" * 100_000, "YAML007"),
        ("a:\n" + "".join("  " * n + "a:\n" for n in range(1, 200)), "YAML007"),
        ("a: " + "x" * MAX_CHARACTERS, "YAML014"),
        (BOMB, "YAML006"),
        ("a: &a {b: &b {c: [*a, *b]}}\n", "YAML005"),
    ],
)
def test_a_broken_text_is_told_quickly(text: str, code: str) -> None:
    began = time.thread_time()
    assert set(codes_of(text)) == {code}
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("text", ["a: [A-Z]{2}[0-9]+\n", "- x: [10, 20] sccm\n", "a: {b: 1} c\n"])
def test_text_behind_a_bracket_is_no_matter_of_indentation(text: str) -> None:
    _, report = read(text)
    (told,) = report
    assert told.message == "the value has ended with the bracket before this"


def test_an_alias_bomb_is_told_once_and_the_rest_is_read() -> None:
    document, report = read(BOMB + "z: 1\n")
    assert [item.code for item in report] == ["YAML006"]
    assert document is not None
    assert document.data["z"] == 1


def test_a_chain_of_aliases_cannot_pass_the_cap_on_depth() -> None:
    chain = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    assert codes_of(chain) == ["YAML007"]


def test_aliases_up_to_the_cap_are_fine() -> None:
    items = ",".join("1" * 100)
    uses = "".join(f"b{n}: *a\n" for n in range(MAX_ALIASED // 101 - 1))
    assert codes_of(f"a: &a [{items}]\n{uses}") == []


def test_the_first_of_two_equal_keys_counts_and_is_pointed_at() -> None:
    document, report = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document is not None
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [(item.code, str(item.span), str(item.notes[0].span)) for item in report] == [
        ("YAML002", "x.yaml:2:11", "x.yaml:2:5"),
        ("YAML002", "x.yaml:3:1", "x.yaml:1:1"),
    ]


def test_a_split_call_is_explained_with_both_ways_out() -> None:
    document, report = read("a: {heat: ramp(25 degC, T), cool: 3}\n")
    (fault,) = report
    assert fault.span is not None
    assert shown(fault.span) == "ramp(25 degC, T)"
    assert '"ramp(25 degC, T)"' in str(fault.help)
    assert document is not None
    assert document.data == {"a": {"cool": 3}}
    assert document.is_dropped(("a", "heat"))


def test_a_split_call_is_no_duplicate_key() -> None:
    assert codes_of("a: {x: f(1, T), y: g(2, T)}\n") == ["YAML010", "YAML010"]


def test_a_split_call_may_hold_a_list_that_breaks_the_syntax() -> None:
    _, report = read("a: {b: interp(t, [1, 2], [3, 4])}\n")
    (fault,) = report
    assert fault.span is not None
    assert (fault.code, shown(fault.span)) == ("YAML010", "interp(t, [1, 2], [3, 4])")


def test_a_parenthesis_that_nobody_closes_is_left_to_the_expression() -> None:
    document, report = read("a: {b: f(1, c: 2}\nd: {e: (}\ng: ['(', \"a)\", ')']\n")
    assert report.ok
    assert document is not None
    assert document.data["a"] == {"b": "f(1", "c": 2}


def test_the_number_of_messages_is_bounded() -> None:
    assert len(codes_of("a: 1\n" * 50_000)) == MAX_FAULTS + 1


def test_two_mistakes_are_two_messages() -> None:
    assert codes_of("a: !x 1\nb: {c: f(1, 2)}\nd: *no\n") == ["YAML003", "YAML010", "YAML005"]


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"a: \xb0C\n", "0xB0"), ("a: 1\n".encode("utf-16"), "UTF-16"), (b"a: \x07", "U+0007")],
)
def test_a_file_that_is_not_utf_8_text_is_told(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    report = Report()
    assert read_file(path, report) is None
    assert [item.code for item in report] == ["YAML013"]
    assert part in next(iter(report)).message


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    report = Report()
    assert read_file(tmp_path / "no.yaml", report, name="no.yaml") is None
    assert read_file(tmp_path, report, name="folder") is None
    assert read_file(Path("a\0b"), report, name="odd") is None
    assert sorted(item.message for item in report) == [
        "'folder' is a folder, and should be a file",
        "'odd' is not a file name",
        "there is no file 'no.yaml'",
    ]


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: " + b"\xff" * (5 * MAX_CHARACTERS))
    report = Report()
    assert read_file(path, report) is None
    assert [item.code for item in report] == ["YAML014"]


@given(st.text(st.sampled_from("abT:-?{}[],&*!|>'\"%@#\n\t 1.()\\<~=é\u2028"), max_size=60))
def test_no_text_raises(text: str) -> None:
    report = Report()
    document = read_text(text, "x.yaml", report)
    assert document is not None or not report.ok
    for item in report:
        assert item.span is None or 0 <= item.span.start <= item.span.end <= len(item.span.source.text)
