"""The register codec and the planning of block reads; pure."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments.modbus._registers import Place, RegisterKind, halves, requests
from shotlane.instruments.modbus._words import BitField, Codec, Order
from shotlane.model import ValueType

HOLDING = RegisterKind.HOLDING
RANGES = {
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**64 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
orders = st.builds(Order, st.booleans(), st.booleans())


@given(st.data(), st.sampled_from(sorted(RANGES)), orders)
def test_whole_numbers_come_back(data: st.DataObject, type_: str, order: Order) -> None:
    codec = Codec(type_, order)
    value = data.draw(st.integers(*RANGES[type_]))
    assert codec.decode(codec.encode(value)).value == value


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), orders)
def test_float32_comes_back_as_a_decimal_of_the_same_register(value: float, order: Order) -> None:
    codec = Codec("float32", order, ValueType.FLOAT)
    words = codec.encode(value)
    assert codec.encode(codec.decode(words).value) == words


@given(st.integers(-999_999, 999_999), st.integers(0, 5))
def test_six_digit_decimals_survive_float32(digits: int, places: int) -> None:
    codec = Codec("float32", value_type=ValueType.FLOAT)
    value = digits / 10**places
    assert codec.decode(codec.encode(value)).value == value


def test_low_word_first_is_the_watlow_order() -> None:
    codec = Codec("float32", Order(low_word_first=True), ValueType.FLOAT)
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


@pytest.mark.parametrize(
    ("codec", "value", "told"),
    [
        (
            Codec("int16", value_type=ValueType.FLOAT, scale=0.01),
            362.0,
            "362.0 is 36200 on the wire, which",
        ),
        (Codec("bcd16", value_type=ValueType.FLOAT, scale=0.1), 1000.0, "1000.0 is 10000 on the wire, which"),
        (Codec("int16"), 40000, "40000 does not fit into a register of type int16"),
    ],
)
def test_the_number_that_does_not_fit_is_told(codec: Codec, value: float, told: str) -> None:
    with pytest.raises(ValueError, match="does not fit into a register of type") as caught:
        codec.encode(value)
    assert str(caught.value).startswith(told)


@given(st.floats(allow_nan=False, allow_infinity=False), orders)
def test_float64_comes_back_to_the_last_bit(value: float, order: Order) -> None:
    codec = Codec("float64", order, ValueType.FLOAT)
    assert codec.decode(codec.encode(value)).value == value


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(), [0x0102, 0x0304]),
        (Order(low_word_first=True), [0x0304, 0x0102]),
        (Order(low_byte_first=True), [0x0201, 0x0403]),
        (Order(low_word_first=True, low_byte_first=True), [0x0403, 0x0201]),
    ],
)
def test_the_four_orders_of_a_long_number(order: Order, words: list[int]) -> None:
    assert Codec("uint32", order).decode(words).value == 0x01020304
    assert list(Codec("uint32", order).encode(0x01020304)) == words


@given(st.integers(0, 15), st.integers(1, 16), st.integers(0, 0xFFFF), st.data())
def test_bits_come_back_and_leave_the_others_alone(
    lowest: int, count: int, before: int, data: st.DataObject
) -> None:
    field = BitField(lowest, min(count, 16 - lowest))
    codec = Codec(bits=field)
    value = data.draw(st.integers(0, (1 << field.count) - 1))
    (after,) = codec.encode(value, [before])
    assert codec.decode([after]).value == value
    assert (after ^ before) & ~field.mask == 0


def test_bits_that_are_too_few_refuse_the_value() -> None:
    with pytest.raises(ValueError, match="does not fit into 3 bits"):
        Codec(bits=BitField(4, 3)).encode(8, [0])


def test_a_bit_is_a_boolean_and_named_bits_are_options() -> None:
    assert Codec(value_type=ValueType.BOOL, bits=BitField(3, 1)).decode([0b1000]).value is True
    modes = Codec(value_type=ValueType.OPTION, bits=BitField(4, 2), codes={"off": 0, "heat": 2})
    assert modes.decode([0x2F]).value == "heat"
    assert modes.encode("off", [0xFFFF]) == (0xFFCF,)


def test_texts_are_padded_and_come_back() -> None:
    codec = Codec("text", value_type=ValueType.TEXT, length=4)
    assert codec.encode("PT100") == (0x5054, 0x3130, 0x3000, 0)
    assert codec.decode(codec.encode("PT100")).value == "PT100"
    assert codec.decode([0x5054, 0x2020, 0, 0x4141]).value == "PT"
    swapped = Codec("text", Order(low_byte_first=True), ValueType.TEXT, length=2)
    assert swapped.decode([0x4241, 0x4443]).value == "ABCD"


def test_a_text_that_cannot_be_is_refused_or_no_value() -> None:
    codec = Codec("text", value_type=ValueType.TEXT, length=2)
    with pytest.raises(ValueError, match="2 registers"):
        codec.encode("longer")
    assert codec.decode([0xFFFF, 0]) == (None, "ff ff", None)


def test_nan_is_no_value() -> None:
    codec = Codec("float32", value_type=ValueType.FLOAT)
    reading = codec.decode(codec.encode(math.nan))
    assert (reading.value, reading.raw) == (None, "nan")


@pytest.mark.parametrize(
    ("codec", "word", "told"),
    [
        (Codec("int16", scale=0.1, missing=frozenset({32767, -32768})), 0x7FFF, "32767"),
        (Codec("int16", scale=0.1, missing=frozenset({32767, -32768})), 0x8000, "-32768"),
        (Codec("bcd16", missing=frozenset({9999})), 0x9999, "9999"),
        (Codec(bits=BitField(4, 4), missing=frozenset({15})), 0x12F3, "15"),
        (Codec(value_type=ValueType.OPTION, codes={"on": 1}, missing=frozenset({0})), 0, "0"),
    ],
)
def test_a_listed_number_is_no_value(codec: Codec, word: int, told: str) -> None:
    assert codec.decode([word]) == (None, f"{told} is listed as missing", None)
    assert codec.decode([1]).value is not None


def test_a_listed_float_is_no_value_as_its_shortest_decimal() -> None:
    codec = Codec("float32", value_type=ValueType.FLOAT, scale=2.0, missing=frozenset({-999.9}))
    words = Codec("float32", value_type=ValueType.FLOAT).encode(-999.9)
    assert codec.decode(words) == (None, "-999.9 is listed as missing", None)
    assert codec.decode(codec.encode(-999.9)).value == -999.9


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


def test_nothing_is_joined_across_a_cut() -> None:
    wanted = [Place(HOLDING, at) for at in range(6)]
    cuts = [(HOLDING, 2), (HOLDING, 3)]
    assert requests(wanted, cuts=cuts) == [Place(HOLDING, 0, 2), Place(HOLDING, 2), Place(HOLDING, 3, 3)]


def test_halves_cut_between_places_only() -> None:
    block = Place(HOLDING, 0, 6)
    assert halves(block, [Place(HOLDING, 0, 4), Place(HOLDING, 4, 2)]) == (
        Place(HOLDING, 0, 4),
        Place(HOLDING, 4, 2),
    )
    assert halves(block, [Place(HOLDING, 0, 6)]) is None
    assert halves(block, [Place(HOLDING, 0, 4), Place(HOLDING, 2, 4)]) is None
    assert halves(block, [Place(HOLDING, 0), Place(HOLDING, 5)]) == (Place(HOLDING, 0), Place(HOLDING, 5))


places = st.builds(Place, st.sampled_from(RegisterKind), st.integers(0, 400), st.integers(1, 2))


@given(st.lists(places, min_size=1, max_size=60), st.integers(2, 125))
def test_blocks_cover_everything_and_keep_their_limit(wanted: list[Place], most: int) -> None:
    blocks = requests(wanted, wanted, most=most)
    assert all(any(block.covers(place) for block in blocks) for place in wanted)
    assert all(block.count <= (2000 if block.kind.is_bit else most) for block in blocks)


# Decimal digits, and floats of 16 bits.


@given(st.integers(0, 9999), orders)
def test_decimal_digits_come_back(number: int, order: Order) -> None:
    codec = Codec("bcd16", order)
    assert codec.decode(codec.encode(number)).value == number


def test_decimal_digits_stand_in_halves_of_bytes() -> None:
    assert Codec("bcd16").encode(1234) == (0x1234,)
    assert Codec("bcd32", Order(low_word_first=True)).encode(12345678) == (0x5678, 0x1234)
    assert Codec("bcd16", value_type=ValueType.FLOAT, scale=0.1).decode([0x0215]).value == 21.5


def test_what_is_no_decimal_digit_is_no_value() -> None:
    reading = Codec("bcd16").decode([0x12AF])
    assert (reading.value, reading.raw) == (None, "0x12af (no decimal digits)")


@pytest.mark.parametrize("number", [10000, -1])
def test_what_has_too_many_digits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit into a register of type bcd16"):
        Codec("bcd16").encode(number)


@given(st.floats(width=16, allow_nan=False, allow_infinity=False))
def test_float16_comes_back_as_a_decimal_of_the_same_register(value: float) -> None:
    codec = Codec("float16", value_type=ValueType.FLOAT)
    words = codec.encode(value)
    assert codec.encode(codec.decode(words).value) == words


def test_float16_is_read_as_its_shortest_decimal() -> None:
    codec = Codec("float16", value_type=ValueType.FLOAT)
    assert codec.decode(codec.encode(21.3)).value == 21.3
