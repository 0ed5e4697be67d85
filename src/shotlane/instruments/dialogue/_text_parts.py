"""Messages and replies in text: a command in its line, a reply of one line or several, a binary block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from shotlane.instruments.dialogue._envelope import (
    ReplyLine,
    WrittenLine,
)
from shotlane.instruments.dialogue._framing import Block, Framing
from shotlane.instruments.dialogue._talk import DeviceRefusal, Fields, Message
from shotlane.instruments.dialogue._template import (
    Field,
    ReplyFrame,
    ReplyMismatch,
    WriteTemplate,
    parse_write,
)


class Frame(Protocol):
    """Reads the fields of a reply."""

    @property
    def text(self) -> str:
        """As the document has it."""

    @property
    def types(self) -> Mapping[str, str]:
        """Its fields and their types."""

    def parse(self, line: str) -> Fields:
        """Its fields. Raises `ReplyMismatch`."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Replies that mean that the device refuses."""

    frames: Sequence[tuple[ReplyFrame, str]] = ()

    def check(self, text: str) -> None:
        """Raise `DeviceRefusal` for one of them."""
        for frame, fault in self.frames:
            if frame.fits(text):
                raise DeviceRefusal(fault, f"the device answers {text.strip()!r}")

    def fits(self, text: str) -> bool:
        """Whether it is one of them."""
        return any(frame.fits(text) for frame, _ in self.frames)


@dataclass(frozen=True, slots=True)
class TextSend:
    """A command in a line."""

    template: WriteTemplate
    line: WrittenLine
    echo: str | bool

    @property
    def text(self) -> str:
        """The template."""
        return self.template.text

    def compose(self, values: Mapping[str, Any]) -> Message:
        """The line. Raises `ValueError`, `TypeError` or `KeyError` for a value that cannot be written."""
        text = self.template.fill(values)
        data = self.line.compose(text)
        if isinstance(self.echo, str):
            echo = parse_write(self.echo, ("command",)).fill({"command": text}).encode(self.line.encoding)
            return Message(text, data, echo)
        return Message(text, data, data if self.echo else b"")


@dataclass(frozen=True, slots=True)
class TextReply:
    """A reply of one line or several."""

    key: str
    frame: Frame
    framing: Framing
    line: ReplyLine
    refusals: Refusals
    several: bool = False

    @property
    def types(self) -> Mapping[str, str]:
        """Fields of its frame."""
        return self.frame.types

    def parse(self, payload: bytes) -> Fields:
        """The fields of its frame."""
        parts = payload.split(b"\n") if self.several else [payload]
        text = "\n".join(_opened(self.line, self.refusals, part) for part in parts)
        self.refusals.check(text)
        return self.frame.parse(text)


@dataclass(frozen=True, slots=True)
class BlockReply:
    """A reply that is a binary block: one field, `value`, an array."""

    key: str
    framing: Block
    dtype: np.dtype[Any]
    line: ReplyLine
    refusals: Refusals

    @property
    def types(self) -> Mapping[str, str]:
        """The one field."""
        return {"value": "list"}

    def parse(self, payload: bytes) -> Fields:
        """The numbers of the block, in the order of bytes of this machine."""
        if not payload.startswith(b"#"):
            text = _opened(self.line, self.refusals, payload)
            self.refusals.check(text)
            raise ReplyMismatch(f"{text!r} is no binary block")
        data = payload[2 + payload[1] - 0x30 :]
        if len(data) % self.dtype.itemsize:
            raise ReplyMismatch(f"the block has {len(data)} bytes, which are no whole {self.dtype.name}s")
        numbers = np.frombuffer(data, self.dtype)
        return {"value": Field(numbers.astype(self.dtype.newbyteorder("=")), "")}


def _opened(line: ReplyLine, refusals: Refusals, payload: bytes) -> str:
    """What the line holds; a refusal may stand there bare, without what stands around other replies."""
    try:
        return line.open(payload)
    except ValueError:
        refusals.check(payload.decode(line.encoding, "replace"))
        raise
