"""One exchange of a dialogue: what is sent, and how its reply is cut out and read.

Protocols differ in how a message is composed and a reply is read; the driver knows only what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shotlane.instruments.dialogue._framing import Framing
from shotlane.instruments.dialogue._template import Field

Path = tuple[str | int, ...]
Fields = Mapping[str, Field]


class DeviceRefusal(Exception):
    """The device answered that it refuses; `fault` says whether it is rejected, refused or garbled.

    `whole` False: more of its answer may follow.
    """

    def __init__(self, fault: str, message: str, *, whole: bool = True) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.whole = whole


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: for people, as bytes, and what the device sends back of it before it answers."""

    text: str
    data: bytes
    echo: bytes = b""


class Send(Protocol):
    """Composes messages of one kind."""

    @property
    def text(self) -> str:
        """As the document has it; equal texts send equal messages."""

    def compose(self, values: Mapping[str, Any]) -> Message:
        """The message with these values. Raises `ValueError` for a value that cannot be written."""


class Reply(Protocol):
    """Reads replies of one kind."""

    @property
    def key(self) -> str:
        """Equal for replies that are read alike."""

    @property
    def types(self) -> Mapping[str, str]:
        """Its fields and their types."""

    @property
    def framing(self) -> Framing:
        """How it is cut from what comes."""

    def parse(self, payload: bytes) -> Fields:
        """Its fields. Raises `ValueError` for what cannot be read, and `DeviceRefusal`."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One exchange: what is sent, its reply (None: there is none), the field that is wanted."""

    send: Send
    reply: Reply | None = None
    field: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Equal for exchanges that are one."""
        return self.send.text, self.reply.key if self.reply else ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a device answers first to each line, and what is then sent to fetch the reply, if anything."""

    acknowledge: Reply
    enquiry: Message | None


@dataclass(frozen=True, slots=True)
class DialogueFault:
    """A mistake in a template and where it stands in the document; `unknown`: a name that means nothing."""

    path: Path
    message: str
    help: str | None = None
    unknown: bool = False
