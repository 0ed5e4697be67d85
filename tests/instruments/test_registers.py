"""The register codec and the planning of block reads; pure."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments._registers import Codec, Place, RegisterKind, requests
from shotlane.model import ValueType

HOLDING = RegisterKind.HOLDING
RANGES = {
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
}


@given(st.data(), st.sampled_from(sorted(RANGES)), st.booleans())
def test_whole_numbers_come_back(data: st.DataObject, type_: str, low_first: bool) -> None:
    codec = Codec(type_, low_first)
    value = data.draw(st.integers(*RANGES[type_]))
    assert codec.decode(codec.encode(value)).value == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.booleans())
def test_float32_comes_back_as_a_decimal_of_the_same_register(value: float, low_first: bool) -> None:
    codec = Codec("float32", low_first, ValueType.FLOAT)
    words = codec.encode(value)
    assert codec.encode(codec.decode(words).value) == words


@given(st.integers(-999_999, 999_999), st.integers(0, 5))
def test_six_digit_decimals_survive_float32(digits: int, places: int) -> None:
    codec = Codec("float32", value_type=ValueType.FLOAT)
    value = digits / 10**places
    assert codec.decode(codec.encode(value)).value == value


def test_low_word_first_is_the_watlow_order() -> None:
    codec = Codec("float32", low_first=True, value_type=ValueType.FLOAT)
    high, low = struct.unpack(">HH", struct.pack(">f", 77.25))
    assert codec.decode([low, high]).value == 77.25


def test_scaled_integers_have_no_binary_dust() -> None:
    codec = Codec("int16", value_type=ValueType.FLOAT, scale=0.1, offset=-5.0)
    assert codec.decode([253]).value == 20.3
    assert codec.encode(20.3) == (253,)


@pytest.mark.parametrize(("type_", "value"), [("uint16", -1), ("int16", 40000), ("float32", 1e39)])
def test_what_does_not_fit_is_refused(type_: str, value: float) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Codec(type_, value_type=ValueType.FLOAT).encode(value)


def test_nan_is_no_value() -> None:
    codec = Codec("float32", value_type=ValueType.FLOAT)
    reading = codec.decode(codec.encode(math.nan))
    assert (reading.value, reading.raw) == (None, "nan")


def test_options_are_named_and_unknown_codes_are_no_value() -> None:
    codec = Codec(value_type=ValueType.OPTION, codes={"eeprom": 106, "volatile": 59})
    assert codec.encode("volatile") == (59,)
    assert codec.decode([106]).value == "eeprom"
    assert codec.decode([7]) == (None, "7 (known are 106 eeprom, 59 volatile)", None)


def test_booleans_have_codes_where_the_document_gives_them() -> None:
    codec = Codec(value_type=ValueType.BOOL, codes={"true": 62, "false": 63})
    assert codec.encode(True) == (62,)
    assert codec.decode([63]).value is False


def test_neighbours_are_one_request() -> None:
    assert requests([Place(HOLDING, 360, 2), Place(HOLDING, 362)]) == [Place(HOLDING, 360, 3)]


def test_holes_are_bridged_only_where_the_document_knows_them() -> None:
    wanted = [Place(HOLDING, 0), Place(HOLDING, 3)]
    assert requests(wanted) == wanted
    known = [Place(HOLDING, 1, 2)]
    assert requests(wanted, known) == [Place(HOLDING, 0, 4)]


def test_the_first_wanted_comes_first() -> None:
    wanted = [Place(HOLDING, 2160, 2), Place(HOLDING, 360, 2)]
    assert requests(wanted) == wanted


places = st.builds(Place, st.sampled_from(RegisterKind), st.integers(0, 400), st.integers(1, 2))


@given(st.lists(places, min_size=1, max_size=60), st.integers(2, 125))
def test_blocks_cover_everything_and_keep_their_limit(wanted: list[Place], most: int) -> None:
    blocks = requests(wanted, wanted, most=most)
    assert all(any(block.covers(place) for block in blocks) for place in wanted)
    assert all(block.count <= (2000 if block.kind.is_bit else most) for block in blocks)
