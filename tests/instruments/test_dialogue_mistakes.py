"""Whatever stands in an ASCII, SCPI or binary document, the answer is a diagnostic at its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._stations import marked, resolve
from tests.instruments.test_binary import PUMP
from tests.instruments.test_mistakes import variants
from tests.instruments.test_scpi import SUPPLY

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import check_instrument, resolve_station
from shotlane.instruments._wire import make_driver
from shotlane.model import load_station

CHATTY: dict[str, Any] = {
    "instrument": "chatty",
    "protocol": "ascii",
    "options": {"address": "07"},
    "write": "#{address}{command}{checksum}\r",
    "read": "={address}{reply}{checksum}\r",
    "checksum": {"kind": "xor8", "style": "decimal", "skip": 1},
    "echo": "{command}\r",
    "gap": "10 ms",
    "missing": ["----"],
    "ignore": ["! {_:rest}"],
    "errors": {"ERR {code:d}": "rejected", "BUSY{address}": "refused"},
    "replies": {
        "one": "{name:s} {value:x}",
        "two": {"frame": "{value:list}", "lines": 2},
        "three": {"pattern": r"(?P<a>\d+),(?P<b>\d+)", "types": {"a": "d"}, "until": "OK"},
    },
    "attributes": {
        "hex": {"query": "H", "reply": "one", "field": "value"},
        "trace": {"query": "T", "reply": "two", "type": "array"},
        "a": {"query": "P", "reply": "three", "field": "a", "scale": 0.1, "offset": 2},
    },
}
DOCUMENTS = {"pump": PUMP, "supply": SUPPLY, "chatty": CHATTY}
WIRE = "station: one\ninstruments:\n  role: {instrument: it, resource: 'tcp://10.0.0.1:5025'}\n"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_gives_a_traceback_and_sound_ones_can_be_driven(name: str, tmp_path: Path) -> None:
    for text in variants(json.dumps(DOCUMENTS[name])):
        report = Report()
        document = read_text(text, "it.yaml", report)
        if document is not None:
            check_instrument(document, report)
        (tmp_path / "it.yaml").write_text(text, encoding="utf-8")
        report = Report()
        document = read_text(WIRE, "one.yaml", report)
        assert document is not None
        station = load_station(document, report)
        assert station is not None
        resolved = resolve_station(station, document, report, folder=tmp_path)
        if resolved is not None and report.ok:
            make_driver(resolved.definitions["role"], {}, lambda type_, fields: None)


def told(changed: dict[str, Any], folder: Path) -> tuple[str, str, str]:
    """Code, place and message of the one mistake."""
    text = json.dumps({"instrument": "it"} | changed, indent=1)
    _, report = resolve(WIRE, folder, {"it": text})
    (item,) = report
    return item.code, marked(item), item.message


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_sound(name: str, tmp_path: Path) -> None:
    _, report = resolve(WIRE, tmp_path, {"it": json.dumps(DOCUMENTS[name] | {"instrument": "it"})})
    assert not list(report)


ATTRIBUTE = {"query": "Q", "reply": "{value:f}"}


@pytest.mark.parametrize(
    ("keys", "code", "place", "words"),
    [
        ({"checksum": "sum9"}, "INS005", '"sum9"', "is not a choice"),
        ({"checksum": "sum8"}, "INS033", '"sum8"', "no line holds the checksum"),
        (
            {"write": "{command}{checksum}\r"},
            "INS033",
            '"{command}{checksum}\\r"',
            "nothing says what {checksum} is",
        ),
        ({"read": "{rply}\r"}, "INS033", '"{rply}\\r"', "holds no reply"),
        ({"read_end": ""}, "INS033", '""', "is empty"),
        ({"echo": "{comand}"}, "INS033", '"{comand}"', "{comand} has no value here"),
        ({"errors": {"E{x:q}": "rejected"}}, "INS033", '"rejected"', "has no type of a field"),
        ({"errors": {"E": "reject"}}, "INS005", '"reject"', "is not a choice"),
        ({"ignore": [" "]}, "INS033", '" "', "stands for no line"),
        ({"gap": "3 V"}, "INS010", '"3 V"', "not a time"),
        ({"gap": "soon"}, "INS010", '"soon"', "soon"),
        ({"error_queue": True}, "INS031", '"error_queue"', "belongs to protocol scpi"),
        (
            {"encoding": "ascii", "write": "{command}\u00b5\r"},
            "INS033",
            '"{command}\\u00b5\\r"',
            "cannot be written in ascii",
        ),
        ({"replies": {"r": {"lines": 2}}}, "INS033", '{\n   "lines": 2\n  }', "what the reply looks like"),
        (
            {"replies": {"r": {"frame": "{a:f}", "end": "03"}}},
            "INS031",
            '"end"',
            "belongs to protocol binary",
        ),
        (
            {"replies": {"r": {"pattern": "(a+)+"}}},
            "INS033",
            '{\n   "pattern": "(a+)+"\n  }',
            "may never end",
        ),
        (
            {"attributes": {"x": ATTRIBUTE | {"scpi": "VOLT"}}},
            "INS031",
            '"scpi"',
            "belongs to protocol scpi",
        ),
        ({"attributes": {"x": ATTRIBUTE | {"type": "array"}}}, "INS032", '"array"', "is no list of numbers"),
        (
            {"attributes": {"x": {"query": "Q", "reply": "{v:list}", "type": "float"}}},
            "INS032",
            '"float"',
            "is an array",
        ),
        ({"attributes": {"x": ATTRIBUTE | {"missing": [9999]}}}, "INS003", "9999", "is a text of the field"),
        ({"attributes": {"x": ATTRIBUTE | {"scale": 0}}}, "INS032", "0", "the scale is 0"),
        (
            {"attributes": {"x": ATTRIBUTE | {"holding": 3}}},
            "INS031",
            '"holding"',
            "belongs to protocol modbus",
        ),
    ],
)
def test_mistakes_are_told_once_at_their_place(
    keys: dict[str, Any], code: str, place: str, words: str, tmp_path: Path
) -> None:
    found = told({"protocol": "ascii", "attributes": {}} | keys, tmp_path)
    assert found[:2] == (code, place)
    assert words in found[2]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("write: '{command}\\r'", [("'{command}\\r'", "not a carriage return")]),
        ("write: '{command}\\x0d'", [("'{command}\\x0d'", "not a control character")]),
        ("read_end: \\n", [("\\n", "not a line feed")]),
        ("enquiry: '\\x05'\nacknowledge: OK", [("'\\x05'", "not a control character")]),
        ('write: "{command}\\r"', []),
        ('write: "{command}\\\\r\\r"', []),  # a backslash that is meant
        ("ignore: ['C:\\right']", []),
    ],
)
def test_a_control_character_that_was_not_read_is_told(line: str, found: list[tuple[str, str]]) -> None:
    attribute = 'attributes: {v: {query: "V?", reply: "{v:f}"}}'
    report = Report()
    document = read_text(f"instrument: it\nprotocol: ascii\n{line}\n{attribute}\n", "it.yaml", report)
    assert document is not None
    check_instrument(document, report)
    warnings = [item for item in report if item.code == "INS034"]
    assert [(marked(item), item.message.split(", ")[1]) for item in warnings] == found


def test_what_is_sent_is_looked_at_too() -> None:
    text = """
instrument: it
protocol: scpi
attributes: {v: {query: 'V?\\n', unit: V, access: rw, set: {send: 'V {value}\\n'}, safe: 0 V}}
commands: {go: {send: 'GO\\r'}}
"""
    report = Report()
    document = read_text(text, "it.yaml", report)
    assert document is not None
    check_instrument(document, report)
    assert [marked(item) for item in report] == [r"'V?\n'", r"'V {value}\n'", r"'GO\r'"]
