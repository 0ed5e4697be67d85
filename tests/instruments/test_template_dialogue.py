"""Whole ASCII documents: faults at their places, and values of every type, on a scripted line."""

from typing import Any

import pytest
from tests.instruments._wired import GAS, Told, define

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.dialogue._dialogue import parse_dialogue
from shotlane.instruments.dialogue._driver import AsciiDriver
from shotlane.instruments.dialogue._line import Request
from shotlane.model import InstrumentDocument

METER: dict[str, Any] = {
    "instrument": "meter",
    "protocol": "ascii",
    "write": "{command}\r\n",
    "attributes": {
        "voltage": {"query": "MEAS?", "reply": "{value:f}", "missing": ["9.9E37"]},
        "count": {"query": "CNT?", "reply": "{value:d}", "type": "int"},
        "mode": {
            "query": "MODE?",
            "reply": "{value:w}",
            "options": {"volts": 1, "amps": "CURR"},
            "set": {"send": "MODE {value}", "reply": "none"},
            "access": "rw",
        },
        "on": {
            "query": "OUT?",
            "reply": "OUT {value:w}",
            "type": "bool",
            "set": {"send": "OUT {value}", "reply": "none"},
            "access": "rw",
        },
        "note": {"query": "NOTE?", "reply": "{value:rest}", "type": "text"},
    },
    "commands": {"add": {"send": "ADD {n}", "reply": "{sum:d}", "field": "sum", "parameters": {"n": {}}}},
}


class ScriptedLine:
    """Answers each request from a table, and remembers what it was sent."""

    openings = 1
    requests = 0

    def __init__(self, replies: dict[str, str]) -> None:
        self.sent: list[bytes] = []
        self.distrusted = False
        self._replies = replies

    def connect(self, timeout_s: float) -> None:
        pass

    def distrust(self, *, owed: bool = True) -> None:
        self.distrusted = True

    def exchange(self, request: Request, timeout_s: float) -> bytes:
        self.sent.append(request.data)
        return b"" if request.reply is None else self._replies[request.command].encode("latin-1")


def meter(replies: dict[str, str]) -> tuple[AsciiDriver, ScriptedLine]:
    line: Any = ScriptedLine(replies)
    driver = AsciiDriver(define(METER, "tcp://127.0.0.1:9"), line, Told())
    driver._set_up._opening = 1
    return driver, line


@pytest.mark.parametrize(
    ("name", "command", "reply", "reading"),
    [
        ("voltage", "MEAS?", " +1.250E-03 ", Reading(0.00125)),
        ("voltage", "MEAS?", "9.9E37", Reading(None, "9.9E37")),
        ("voltage", "MEAS?", "-----", Reading(None, "-----")),
        ("count", "CNT?", "+0012", Reading(12)),
        ("mode", "MODE?", "CURR", Reading("amps")),
        ("mode", "MODE?", "+1", Reading("volts")),
        ("mode", "MODE?", "TEMP", Reading(None, "TEMP")),
        ("on", "OUT?", "OUT ON", Reading(True)),
        ("on", "OUT?", "OUT 0", Reading(False)),
        ("note", "NOTE?", "He 5.0 ", Reading("He 5.0")),
    ],
)
def test_replies_become_values(name: str, command: str, reply: str, reading: Reading) -> None:
    driver, _ = meter({command: reply})
    assert driver.read([name]) == {name: reading}


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [("mode", "amps", b"MODE CURR\r\n"), ("mode", "volts", b"MODE 1\r\n"), ("on", True, b"OUT 1\r\n")],
)
def test_values_become_lines(name: str, value: Any, sent: bytes) -> None:
    driver, line = meter({})
    driver.write(name, value)
    assert line.sent == [sent]


def test_command_returns_its_field() -> None:
    driver, line = meter({"ADD 2": "5"})
    assert driver.call("add", {"n": 2}) == 5
    assert line.sent == [b"ADD 2\r\n"]


@pytest.mark.parametrize("reply", ["ERR 113", "\xff\xfe"])
def test_unreadable_reply_is_garbled_with_its_text(reply: str) -> None:
    driver, line = meter({"MEAS?": reply})
    with pytest.raises(InstrumentError) as caught:
        driver.read(["voltage"])
    assert (caught.value.fault, line.distrusted) == ("garbled", True)
    assert caught.value.context.received == repr(reply.encode("latin-1"))[2:-1]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"write": "A{command}"}, ("write",), "has no end"),
        ({"replies": {"frame": "A {x:q}"}}, ("replies", "frame"), "has no type of a field"),
        ({"commands": {"t": {"send": "V"}}}, ("commands", "t"), "needs its reply"),
        ({"commands": {"t": {"send": "V", "reply": "fram"}}}, ("commands", "t", "reply"), "no reply 'fram'"),
        ({"commands": {"t": {"send": "V{x}", "reply": "none"}}}, ("commands", "t", "send"), "no value here"),
        ({"identity": {"query": "?"}}, ("identity", "query"), "needs its reply"),
    ],
)
def test_faults_have_their_place(change: dict[str, Any], path: tuple[str, ...], words: str) -> None:
    attributes = {} if "replies" in change else GAS["attributes"]
    document = InstrumentDocument.model_validate(GAS | {"attributes": attributes, "commands": {}} | change)
    (fault,) = parse_dialogue(document)[1]
    assert fault.path == path
    assert words in fault.message


@pytest.mark.parametrize(
    ("attribute", "help"),
    [
        ({"query": "Q", "reply": "{v:f}", "set": {"send": "S{value:.1}"}}, "write {value:.1f}"),
        ({"unit": "V", "set": {"send": "S{value:08.3}"}}, "write {value:08.3f}"),
        ({"type": "int", "set": {"send": "S{value:.2}"}}, "write {value:.2f}"),
        ({"type": "text", "set": {"send": "S{value:.8}"}}, None),
        ({"query": "Q", "reply": "{v:w}", "set": {"send": "S{value:.8}"}}, None),
        ({"options": {"a": 1}, "set": {"send": "S{value:.1}"}}, None),
        ({"unit": "V", "set": {"send": "S{value:.1g}"}}, None),
        ({"unit": "V", "set": {"send": "S{value:08}"}}, None),
    ],
)
def test_a_number_needs_the_letter_of_its_format(attribute: dict[str, Any], help: str | None) -> None:
    given = attribute | {"access": "rw", "set": attribute["set"] | {"reply": "none"}}
    document = InstrumentDocument.model_validate(METER | {"attributes": {"goal": given}, "commands": {}})
    faults = parse_dialogue(document)[1]
    assert [(fault.path, fault.help) for fault in faults] == (
        [] if help is None else [(("attributes", "goal", "set", "send"), help)]
    )
    assert all("has no letter: 100 would be written as " in fault.message for fault in faults)


@pytest.mark.parametrize(("type_", "count"), [({}, 1), ({"type": "float"}, 1), ({"type": "text"}, 0)])
def test_an_argument_needs_it_too(type_: dict[str, Any], count: int) -> None:
    command = {"send": "GO {n:.3}", "reply": "none", "parameters": {"n": type_}}
    document = InstrumentDocument.model_validate(METER | {"attributes": {}, "commands": {"go": command}})
    assert len(parse_dialogue(document)[1]) == count


def test_sound_document_has_no_faults() -> None:
    assert parse_dialogue(InstrumentDocument.model_validate(METER))[1] == []
