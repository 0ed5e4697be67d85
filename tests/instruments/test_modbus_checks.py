"""Mistakes in a Modbus document: one message each, at its place."""

from pathlib import Path

import pytest
from tests.instruments._stations import marked, only, resolve, sound

from shotlane.model import ValueType

STATION = "station: bench\ninstruments:\n  unit: {instrument: unit, resource: 'modbus+tcp://127.0.0.1'}\n"


def document(part: str, head: str = "") -> str:
    return f"instrument: unit\nprotocol: modbus\n{head}attributes:\n  x: {{{part}}}\n"


@pytest.mark.parametrize(
    ("part", "code", "at", "message"),
    [
        ("holding: 1, coil: 2", "INS030", "coil", "stands at two places"),
        ("type: uint16", "INS030", "x", "nothing says where"),
        ("input: 1, access: rw", "INS032", "rw", "cannot be set"),
        ("coil: 1, type: uint16", "INS032", "uint16", "a coil is a bool"),
        ("coil: 1, bit: 3", "INS032", "bit", "a coil has no 'bit'"),
        ("discrete: 1, byte_order: low_first", "INS032", "byte_order", "a discrete has no 'byte_order'"),
        ("holding: 1, bit: 16", "INS032", "16", "no bit 16 in 16 bits"),
        ("holding: 1, bits: [4, 2]", "INS032", "[4, 2]", "lowest bit comes first"),
        ("holding: 1, bit: 1, bits: [1, 2]", "INS032", "bits", "`bit` and `bits`"),
        ("holding: 1, type: float32, bit: 1", "INS032", "bit", "has no single bits"),
        ("holding: 1, type: text", "INS030", "text", "how long the text is"),
        ("holding: 1, length: 2", "INS032", "length", "'length' is that of a text"),
        ("holding: 65535, type: uint32", "INS032", "65535", "beyond the last one"),
        ("holding: 65533, type: float64", "INS032", "65533", "4 registers from 65533"),
        ("holding: 1, scale: 0", "INS032", "0", "the scale is 0"),
        ("holding: 1, options: {a: 1.5}", "INS041", "1.5", "no whole number"),
        ("holding: 1, writes: multiple", "INS032", "writes", "its access is r"),
        ("holding: 1, access: w, status: true", "INS032", "true", "must be read"),
        ("holding: 1, type: uint32, access: rw, writes: single", "INS032", "single", "several registers"),
        ("holding: 1, access: rw, writes: mask", "INS032", "mask", "changes some bits"),
        ("holding: 1, valid: {is: 1}", "INS030", "valid", "nothing says where"),
        ("holding: 1, valid: {coil: 1, bit: 2, is: 1}", "INS032", "bit", "a coil has no 'bit'"),
        (
            "holding: 1, type: int16, scale: 0.01, unit: degC, access: rw, min: 0 degC, max: 1200 degC",
            "INS011",
            "1200 degC",
            "1200 degC is 120000 on the wire, which does not fit into a register of type int16, which holds"
            " -327.68 to 327.67 degC",
        ),
        (
            "holding: 1, scale: -0.1, offset: 5, unit: degF, access: rw, min: -6548.5 degF, max: 50 degF",
            "INS011",
            "50 degF",
            "which holds -6548.5 to 5 degF",
        ),
        ("holding: 1, bits: [0, 2], access: rw, max: 8", "INS011", "8", "8 does not fit into 3 bits, which"),
        ("holding: 1, type: bcd16, access: rw, min: -1", "INS011", "-1", "type bcd16, which holds 0 to 9999"),
        ("holding: 1, type: int16, missing: [32768]", "INS032", "32768", "holds -32768 to 32767"),
        ("holding: 1, type: int16, scale: 0.1, missing: [3276.7]", "INS032", "3276.7", "never stands in"),
        ("holding: 1, type: bcd16, missing: [10000]", "INS032", "10000", "holds 0 to 9999"),
        ("holding: 1, bits: [0, 3], missing: [16]", "INS032", "16", "never stands in 4 bits"),
        ("holding: 1, missing: [OVER]", "INS003", "OVER", "a register holds a number"),
        ("holding: 1, missing: 32767", "INS003", "32767", "takes a list"),
        ("coil: 1, missing: [1]", "INS032", "missing", "a coil has no 'missing'"),
        ("holding: 1, type: text, length: 2, missing: [1]", "INS032", "missing", "this holds a text"),
        (
            "holding: 1, valid: {input: 1, bit: 0, is: 2}",
            "INS032",
            "2",
            "2 never stands in one bit, which holds",
        ),
        ("holding: 1, valid: {discrete: 1, is: [0, 5]}", "INS032", "5", "never stands in a discrete"),
        ("holding: 1, valid: {input: 1, is: -1}", "INS032", "-1", "type uint16, which holds 0 to 65535"),
        ("holding: 1, valid: {input: 1, bits: [3, 2], is: 9}", "INS032", "[3, 2]", "lowest bit comes first"),
        ("holding: 1, type: uint8", "INS005", "uint8", ""),
        ("holding: 70000", "INS005", "70000", ""),
        ("holding: 1, query: A", "INS031", "query", "protocol ascii"),
    ],
)
def test_a_mistake_is_one_message_at_its_place(
    tmp_path: Path, part: str, code: str, at: str, message: str
) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document(part)})
    item = only(report)
    assert (item.code, marked(item)) == (code, at)
    assert message in item.message


@pytest.mark.parametrize(
    ("type_", "help"),
    [
        ("int8", "write int16 or int32 or int64"),
        ("uint8", "write uint16 or uint32 or uint64"),
        ("unit16", "did you mean 'uint16'?"),
        ("boool", "did you mean 'bool'?"),
    ],
)
def test_a_type_of_no_such_size_is_answered_with_the_sizes(tmp_path: Path, type_: str, help: str) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document(f"holding: 1, type: {type_}")})
    assert only(report).help == help


@pytest.mark.parametrize(
    "part",
    [
        "holding: 1, type: float32, access: rw, max: 1e30",
        "holding: 1, scale: 0.01, unit: percent, max: 1000 percent",  # is only read
        "holding: 1, type: int16, scale: 0.1, unit: degC, access: rw, min: -3276.8 degC, max: 3276.7 degC",
        "holding: 1, unit: mbar, access: rw, min: -1 mbar, calibration: {from: V, factor: 2 mbar/V}",
    ],
)
def test_limits_that_fit_or_are_of_no_register_are_not_told(tmp_path: Path, part: str) -> None:
    sound(STATION, tmp_path, {"unit": document(part)})


@pytest.mark.parametrize(
    ("part", "below"),
    [
        ("input: 1, unit: C", "simulate: {x: {start: 22 degC, noise: 0.1 K}}\n"),
        ("holding: 1, unit: C, access: rw, min: 20 degC, max: 60 degC, safe: 20 degC", ""),
    ],
)
def test_a_coulomb_that_stands_for_a_degree_is_told_at_the_unit(
    tmp_path: Path, part: str, below: str
) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document(part) + below})
    item = only(report)
    assert (item.code, marked(item), item.help) == ("INS010", "C", "write `unit: degC`")
    assert item.message.startswith("C is the coulomb, and '2")


def test_a_degree_of_one_character_is_told_as_degC(tmp_path: Path) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document("input: 1, unit: ℃")})
    assert (marked(only(report)), only(report).help) == ("℃", "write degC")


def test_a_time_without_a_unit_may_be_in_milliseconds(tmp_path: Path) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document("input: 1", "timeout: 300\n")})
    assert only(report).help == "write `300 s`, or `300 ms`"


def test_what_a_register_with_a_sign_holds_is_proposed(tmp_path: Path) -> None:
    _, report = resolve(STATION, tmp_path, {"unit": document("holding: 1, type: int16, missing: [0x8000]")})
    assert "write -32768" in (only(report).help or "")


def test_single_writes_of_the_document_are_told_once_where_they_stand(tmp_path: Path) -> None:
    text = document("holding: 1, type: float32, access: rw", "writes: single\n")
    _, report = resolve(STATION, tmp_path, {"unit": text})
    assert (only(report).code, marked(only(report))) == ("INS032", "single")


@pytest.mark.parametrize(
    ("part", "type_"),
    [
        ("holding: 1", ValueType.INT),
        ("holding: 1, type: uint64", ValueType.INT),
        ("holding: 1, type: float64", ValueType.FLOAT),
        ("holding: 1, scale: 0.1", ValueType.FLOAT),
        ("holding: 1, bit: 3", ValueType.BOOL),
        ("holding: 1, bits: [0, 3]", ValueType.INT),
        ("holding: 1, bits: [0, 3], options: {off: 0, on: 1}", ValueType.OPTION),
        ("holding: 1, type: text, length: 4", ValueType.TEXT),
        ("coil: 1", ValueType.BOOL),
    ],
)
def test_what_a_register_is(tmp_path: Path, part: str, type_: ValueType) -> None:
    resolved = sound(STATION, tmp_path, {"unit": document(part)})
    assert resolved.table.channels["unit.x"].attribute.type is type_
