"""Checksums against the published check values of "123456789"."""

import pytest

from shotlane.instruments.dialogue._checksum import Checksum, ChecksumError

CHECK = b"123456789"


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        ("sum8", b"DD"),
        ("xor8", b"31"),
        ("lrc", b"23"),
        ("crc16", b"4B37"),
        ("crc16_xmodem", b"31C3"),
        ("crc16_ccitt", b"29B1"),
    ],
)
def test_sums_have_their_check_values(kind: str, digits: bytes) -> None:
    assert Checksum(kind).of(CHECK) == digits
    assert Checksum(kind, skip=2).of(b"##" + CHECK) == digits


@pytest.mark.parametrize(
    ("style", "sum_"),
    [("hex", b"4B37"), ("decimal", b"19255"), ("low_first", b"\x37\x4b"), ("high_first", b"\x4b\x37")],
)
def test_a_sum_is_written_in_its_style(style: str, sum_: bytes) -> None:
    checksum = Checksum("crc16", style)  # type: ignore[arg-type]
    assert checksum.of(CHECK) == sum_
    assert checksum.width == len(sum_)
    checksum.check(CHECK, sum_.lower() if checksum.is_text else sum_)


def test_a_wrong_sum_shows_both() -> None:
    with pytest.raises(ChecksumError, match="'4B38' where '4B37' must stand"):
        Checksum("crc16").check(CHECK, b"4B38")
    with pytest.raises(ChecksumError, match="37 4C where 37 4B must stand"):
        Checksum("crc16", "low_first").check(CHECK, b"\x37\x4c")
