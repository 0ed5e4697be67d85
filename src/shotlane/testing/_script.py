r"""Dialogues with a device, as text.

`> TEXT` is sent to the device, `< TEXT` answered; several answers in a row are one answer in pieces. `pause
DURATION` stands before an answer, `hang up` after one: the device closes the connection. Control characters
are written `\r`, `\n`, `\x02`, a blank at an end `\x20`; `>x` and `<x` are followed by bytes in hexadecimal.
`#` begins a comment, on a line of its own.

`port: ADDRESS` begins the dialogue with another port, as `--capture` writes it; what is written of one port
in several places is one dialogue. `wire: KIND` says what it is played on. On a wire of Modbus `>` and `<` are
unit and PDU in hexadecimal, without what a frame puts around them; `>x` and `<x` are all bytes there.
"""

from dataclasses import dataclass, field
from typing import Final

from shotlane.instruments.adopted._declare import in_unit
from shotlane.instruments.modbus._codec import rtu_frame, rtu_is_sound
from shotlane.instruments.ports._wire_text import as_hex, as_text, from_hex, from_text, shown_ends

WIRES: Final = ("tcp", "serial", "modbus+tcp", "modbus+serial")
# What a wire that no test can have is played on.
_STANDS_FOR: Final = {"visa": "tcp", "rfc2217": "tcp", "modbus+rfc2217": "modbus+tcp"}
_MARKS: Final = (">", "<", ">x", "<x", "pause", "hang")


class ScriptError(ValueError):
    """A dialogue that cannot be read, with the number of its line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is answered at once. `framed`: unit and PDU, which still need their frame."""

    data: bytes
    framed: bool = False
    pause_s: float = 0.0
    hangs_up: bool = False


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its answer; an empty request is before all others, as one opens the wire."""

    line: int
    request: bytes
    answer: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """The dialogue with one port. `framing`: of Modbus, `tcp` or `rtu`; empty for lines of text."""

    wire: str
    framing: str
    query: str
    exchanges: list[Exchange]

    def shown(self, data: bytes) -> str:
        """A request as it would be written."""
        if not self.framing:
            return f"> {shown_ends(as_text(data))}"
        if self.framing == "tcp":
            return f"> {as_hex(data)}"
        return f"> {as_hex(data[:-2])}" if rtu_is_sound(data) else f">x {as_hex(data)}"


@dataclass(slots=True)
class _Line:
    number: int
    mark: str
    text: str


def read_script(text: str, wire: str | None = None, port: str | None = None) -> Script:
    """Read the dialogue with one port. Raises `ScriptError`."""
    place, lines, kind = _of_port(_dialogues(text), port)
    scheme, _, rest = place.partition("://")
    chosen = wire or kind or _STANDS_FOR.get(scheme, scheme) or "tcp"
    if chosen not in WIRES:
        raise ScriptError(f"there is no wire '{chosen}': write one of {', '.join(WIRES)}")
    if not chosen.startswith("modbus"):
        return Script(chosen, "", "", _exchanges(lines, ""))
    rtu = chosen == "modbus+serial" or scheme == "modbus+rfc2217" or "framing=rtu" in rest
    query = "framing=rtu" if rtu and chosen == "modbus+tcp" else ""
    framing = "rtu" if rtu else "tcp"
    return Script(chosen, framing, query, _exchanges(lines, framing))


def _dialogues(text: str) -> dict[str, list[_Line]]:
    """The lines of each port; those before the first stand under the empty name."""
    found: dict[str, list[_Line]] = {}
    place = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark, _, rest = line.strip().partition(" ")
        if mark == "port:":
            place = rest.strip()
            found.setdefault(place, [])
        elif mark and not mark.startswith("#"):
            found.setdefault(place, []).append(_Line(number, mark, rest))
    return found


def _of_port(dialogues: dict[str, list[_Line]], port: str | None) -> tuple[str, list[_Line], str | None]:
    head = dialogues.pop("", [])
    if port is None and len(dialogues) > 1:
        raise ScriptError(
            f"there are dialogues with several ports; say which: port='{next(iter(dialogues))}'"
        )
    if port is not None and port not in dialogues:
        known = ", ".join(dialogues) or "none"
        raise ScriptError(f"there is no dialogue with the port '{port}'; those there are: {known}")
    place = port or next(iter(dialogues), "")
    lines = [*head, *dialogues.get(place, [])]
    kind = [line.text.strip() for line in lines if line.mark == "wire:"]
    return place, [line for line in lines if line.mark != "wire:"], kind[-1] if kind else None


def _exchanges(lines: list[_Line], framing: str) -> list[Exchange]:
    found = [Exchange(0, b"")]
    pause_s = 0.0
    for line in lines:
        try:
            pause_s = _add(line, found, framing, pause_s)
        except ValueError as error:
            raise ScriptError(f"line {line.number}: {error}") from error
    if pause_s:
        raise ScriptError(f"line {lines[-1].number}: {_PAUSE}")
    return found if found[0].answer else found[1:]


_PAUSE: Final = "a pause stands before an answer: no device makes its user wait"


def _add(line: _Line, found: list[Exchange], framing: str, pause_s: float) -> float:
    """Take a line; how long the next answer is to wait."""
    if line.mark not in _MARKS:
        raise ValueError(
            f"'{line.mark}' is none of >, <, >x, <x, pause, hang up, port:, wire: and # for a comment"
        )
    if line.mark == "pause":
        return pause_s + in_unit(line.text.strip(), "s")
    if line.mark == "hang":
        if line.text.strip() != "up":
            raise ValueError("write hang up")
        found[-1].answer.append(Piece(b"", pause_s=pause_s, hangs_up=True))
        return 0.0
    raw = line.mark.endswith("x")
    data = from_hex(line.text) if raw or framing else from_text(line.text)
    if line.mark.startswith("<"):
        found[-1].answer.append(
            Piece(_framed(data, framing, raw), bool(framing == "tcp" and not raw), pause_s)
        )
        return 0.0
    if pause_s:
        raise ValueError(_PAUSE)
    if not data:
        raise ValueError("nothing stands behind >")
    whole = data[6:] if raw and framing == "tcp" else _framed(data, framing, raw)
    found.append(Exchange(line.number, whole))
    return 0.0


def _framed(data: bytes, framing: str, raw: bool) -> bytes:
    """With the CRC; the header of Modbus TCP is that of the request, and comes later."""
    if framing and not raw and len(data) < 2:
        raise ValueError("write unit and PDU, e.g. 01 03 00 00 00 01")
    return rtu_frame(data[0], data[1:]) if framing == "rtu" and not raw else data
