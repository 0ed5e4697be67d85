"""When a reply is whole; pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments.dialogue._framing import (
    Block,
    Framing,
    FramingError,
    Ignored,
    Lines,
    Preceded,
    Taken,
    Until,
)

LINE = Until(b"\r")


def is_ok(line: bytes) -> bool:
    return line == b"OK"


def is_starred(line: bytes) -> bool:
    return line.startswith(b"*")


@pytest.mark.parametrize(
    ("framing", "data", "taken"),
    [
        (LINE, b"12\r3", Taken(b"12", 3)),
        (Until(b"\x03", 1), b"\x021\x03\x03x", Taken(b"\x021\x03\x03", 4)),
        (Until(b"\x03", 2, b"\r"), b"1\x03AB\r", Taken(b"1\x03AB", 5)),
        (Lines(LINE, 2), b"a\rb\rc\r", Taken(b"a\nb", 4)),
        (Lines(LINE, is_last=is_ok), b"a\rOK\rb\r", Taken(b"a", 5)),
        (Lines(LINE, 3, is_error=is_starred), b"*E1\r", Taken(b"*E1", 4)),
        (Lines(LINE, 2, ignored=is_starred), b"a\r*x\rb\r", Taken(b"a\nb", 7)),
        (Block(b"\n"), b"#13ab\n\n", Taken(b"#13ab\n", 7)),
        (Block(b"\n"), b"#13abc", Taken(b"#13abc", 6, sure=False)),
        (Block(b"\n"), b"#0a\nb\n", Taken(b"#0a\nb", 6, sure=False)),
        (Block(b"\n"), b"1,2\n", Taken(b"1,2", 4)),
        (Preceded(LINE, b"Q\r"), b"Q\r1\r", Taken(b"1", 4)),
        (Preceded(LINE, b"Q\r", Ignored(b"\r", is_starred)), b"*\rQ\r*a\r1\r", Taken(b"1", 9)),
    ],
)
def test_a_reply_is_cut_out_whole_and_never_earlier(framing: Framing, data: bytes, taken: Taken) -> None:
    assert framing.take(data) == taken
    assert framing.take(b"??" + data, 2) == taken
    for size in range(taken.size):
        early = framing.take(data[:size])
        assert early is None or not early.sure


@pytest.mark.parametrize(
    ("framing", "data"),
    [
        (Block(b"\n"), b"#A"),
        (Block(b"\n"), b"#2x1"),
        (Block(b"\n"), b"#9999999999"),
        (Block(b"\n"), b"#11ab"),
        (Until(b"\x03", 1, b"\r"), b"1\x03Ax"),
        (Preceded(LINE, b"Q\r"), b"R"),
        (Preceded(LINE, b"Q\r", Ignored(b"\r", is_starred)), b"R\r"),
    ],
)
def test_what_cannot_become_a_reply_is_told_at_once(framing: Framing, data: bytes) -> None:
    with pytest.raises(FramingError):
        framing.take(data)


FRAMINGS: list[Framing] = [
    LINE,
    Lines(LINE, 3, is_error=is_starred),
    Block(b"\r"),
    Preceded(Block(b"\r"), b"Q\r", Ignored(b"\r", is_starred)),
]


@given(st.sampled_from(FRAMINGS), st.binary(max_size=30) | st.text("#0123\rQ*", max_size=30).map(str.encode))
def test_no_bytes_break_a_framing(framing: Framing, data: bytes) -> None:
    try:
        taken = framing.take(data)
    except FramingError:
        return
    assert taken is None or 0 <= taken.size <= len(data)
