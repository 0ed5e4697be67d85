r"""Dialogues of catalogue instruments, as data: what is sent and answered, literally, and what it means.

A file `NAME.dialogue` holds a head (`wire`, `options`) and steps. A step is one line of what a person does:
`open`, `read NAME ...`, `write NAME VALUE`, `call NAME`; then its lines: `>` is sent, `<` is answered, `=` is
a value that follows from it (one for each name that is read; after `open`, a part of the identity), `!` is
the fault. Control characters are written `\r`, `\n`, `\x02`, a blank at the end `\x20`; for the wire
`modbus`, unit and PDU as hexadecimal bytes. `#` begins a comment.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.instruments._scripted import peer
from tests.instruments._stations import sound

from shotlane.instruments import InstrumentError, Pool, build_pool

FOLDER = Path(__file__).parent / "dialogues"


@dataclass
class Step:
    """One action, the requests and replies that belong to it, and what must come of it."""

    words: list[str]
    exchanges: list[tuple[bytes, bytes]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    fault: str | None = None


@dataclass
class Dialogue:
    """All steps with one device."""

    name: str
    wire: str = "tcp"
    options: str = "{}"
    steps: list[Step] = field(default_factory=list)

    @property
    def touched(self) -> set[str]:
        """Attributes and commands that occur."""
        several = {word for step in self.steps if step.words[0] == "read" for word in step.words[1:]}
        return several | {step.words[1] for step in self.steps if step.words[0] in ("write", "call")}


def read_dialogue(path: Path) -> Dialogue:
    """Read a file."""
    dialogue = Dialogue(path.stem)
    for line in path.read_text(encoding="ascii").splitlines():
        mark, _, rest = line.partition(" ")
        if not line.strip() or mark == "#":
            continue
        match mark:
            case "wire:" | "options:":
                setattr(dialogue, mark[:-1], rest.strip())
            case ">":
                dialogue.steps[-1].exchanges.append((_bytes(rest, dialogue.wire), b""))
            case "<":
                sent, answered = dialogue.steps[-1].exchanges[-1]
                dialogue.steps[-1].exchanges[-1] = (sent, answered + _bytes(rest, dialogue.wire))
            case "=":
                dialogue.steps[-1].values.append(_value(rest))
            case "!":
                dialogue.steps[-1].fault = rest.strip()
            case _:
                dialogue.steps.append(Step(line.split()))
    return dialogue


def _bytes(text: str, wire: str) -> bytes:
    return (
        bytes.fromhex(text) if wire == "modbus" else text.encode().decode("unicode_escape").encode("latin-1")
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text.strip()


class Script:
    """The device: takes one request after the other as it stands, and nothing else."""

    def __init__(self, wire: str) -> None:
        self.waiting: list[tuple[bytes, bytes]] = []
        self.unexpected = b""
        self._modbus = wire == "modbus"
        self._buffer = b""

    def __call__(self, piece: bytes) -> bytes:
        """What is answered to what came."""
        self._buffer += piece
        answer = b""
        while (request := self._next()) is not None:
            head, message = request
            expected, reply = self.waiting.pop(0) if self.waiting else (b"", b"")
            if message != expected:
                self.unexpected += message
                break
            answer += head[:4] + len(reply).to_bytes(2, "big") + reply if head else reply
        return answer

    def _next(self) -> tuple[bytes, bytes] | None:
        """Header and message that stand in the buffer whole."""
        if self._modbus:
            end = 6 + int.from_bytes(self._buffer[4:6], "big")
            if len(self._buffer) < max(7, end):
                return None
            head, message, self._buffer = self._buffer[:6], self._buffer[6:end], self._buffer[end:]
            return head, message
        expected = self.waiting[0][0] if self.waiting else b""
        if not self._buffer or (expected != self._buffer and expected.startswith(self._buffer)):
            return None
        cut = len(expected) if expected and self._buffer.startswith(expected) else len(self._buffer)
        message, self._buffer = self._buffer[:cut], self._buffer[cut:]
        return b"", message


@contextmanager
def _pool(dialogue: Dialogue, script: Script, folder: Path, timeout: str) -> Iterator[Pool]:
    wire = "pty" if dialogue.wire == "pty" else "tcp"
    with peer(script, wire=wire, end=None) as device:
        resource = f"modbus+{device.resource}?unit=1" if dialogue.wire == "modbus" else device.resource
        text = f"station: one\ninstruments:\n  it:\n    instrument: {dialogue.name}\n"
        text += f"    resource: {resource}\n    options: {dialogue.options}\n    timeout: {timeout}\n"
        pool = build_pool(sound(text, folder), now_ns=lambda: 0, notify=lambda *_: None)
        try:
            yield pool
        finally:
            pool.close()


def play(dialogue: Dialogue, folder: Path, *, timeout: str = "3 s") -> None:
    """Do every step through a real pool on a real wire and compare both sides."""
    script = Script(dialogue.wire)
    with _pool(dialogue, script, folder, timeout) as pool:
        for step in dialogue.steps:
            script.waiting = list(step.exchanges)
            fault, values = _do(pool, step)
            _wait_until_heard(script)
            here = f"{dialogue.name}: {' '.join(step.words)}"
            heard = script.unexpected.hex(" ") if dialogue.wire == "modbus" else script.unexpected
            assert not script.unexpected, f"{here}: unexpected {heard!r}"
            assert not script.waiting, f"{here}: never sent {script.waiting}"
            assert (fault, values) == (step.fault, step.values), f"{here}: {fault}, {values}"


def _do(pool: Pool, step: Step) -> tuple[str | None, list[Any]]:
    try:
        return None, _values(pool, step)
    except InstrumentError as error:
        return error.fault, []


def _values(pool: Pool, step: Step) -> list[Any]:
    match step.words:
        case ["open"]:
            pool.open(["it"])
            identity = pool.identities["it"]
            return [
                f"{expected.split()[0]} {getattr(identity, expected.split()[0])}" for expected in step.values
            ]
        case ["read", *names]:
            readings = pool.read("it", names).readings
            return [_plain(readings[name].value) for name in names]
        case ["write", name, *words]:
            pool.write("it", name, _value(" ".join(words)))
            return []
        case ["call", name]:
            result = pool.call("it", name, {}).result
            return [_plain(result)] if step.values else []
        case _:
            raise ValueError(f"{step.words} is no step")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _wait_until_heard(script: Script) -> None:
    """A command that is not answered may still be on its way."""
    until = time.monotonic() + 2.0
    while script.waiting and not script.unexpected and time.monotonic() < until:
        time.sleep(0.002)
