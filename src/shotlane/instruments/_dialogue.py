"""The ASCII dialogue of an instrument document: each query, set and command with what it sends and expects.

Pure: `parse_dialogue` checks every template of a document before any port is opened, and lists all faults
with their places in the document.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shotlane.instruments._template import (
    ReplyFrame,
    TemplateError,
    WriteTemplate,
    parse_frame,
    parse_write,
)
from shotlane.model import InstrumentAttribute, InstrumentCommand, InstrumentDocument, SetText

_LINE_END: Final = re.compile(r"[\x00-\x1f]+\Z")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """One exchange: what is sent, the frame of its reply (None: there is none), the field that is wanted."""

    send: WriteTemplate
    reply: ReplyFrame | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class DialogueFault:
    """A mistake in a template and where it stands in the document."""

    path: Path
    message: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """All exchanges of a document; `sets` of a boolean hold one for each value, others one for None."""

    line: WriteTemplate
    end: str
    queries: Mapping[str, Talk] = field(default_factory=dict)
    sets: Mapping[str, Mapping[bool | None, Talk]] = field(default_factory=dict)
    commands: Mapping[str, Talk] = field(default_factory=dict)
    identity: Talk | None = None


def parse_dialogue(document: InstrumentDocument) -> tuple[Dialogue, list[DialogueFault]]:
    """Read every template; what is faulty is listed and left out."""
    return _Reader(document).read()


class _Reader:
    """Collects the exchanges and the faults of one document."""

    def __init__(self, document: InstrumentDocument) -> None:
        self._document = document
        self._faults: list[DialogueFault] = []
        self._frames: dict[str, ReplyFrame | None] = {}
        for name, text in document.replies.items():
            self._frames[name] = self._frame(text, ("replies", name))

    def read(self) -> tuple[Dialogue, list[DialogueFault]]:
        document = self._document
        attributes = document.attributes.items()
        dialogue = Dialogue(
            line=self._written(document.write, ("command",), ("write",))
            or WriteTemplate("{command}", frozenset()),
            end=self._end(),
            queries=_present((name, self._query(name, declared)) for name, declared in attributes),
            sets={name: self._set(name, declared.set) for name, declared in attributes if declared.set},
            commands=_present((name, self._command(name, c)) for name, c in document.commands.items()),
            identity=self._identity(),
        )
        return dialogue, self._faults

    def _query(self, name: str, declared: InstrumentAttribute) -> Talk | None:
        if declared.query is None:
            return None
        path: Path = ("attributes", name)
        send = self._written(declared.query, (), (*path, "query"))
        frame = self._reply(declared.reply, path)
        wanted = self._field(declared.field, frame, path, name)
        if send is None or frame is None or wanted is None:
            if frame is None and declared.reply in (None, "none"):
                self._fault((*path, "query"), "a query needs its reply", "add `reply:`, the name of a frame")
            return None
        return Talk(send, frame, wanted)

    def _set(self, name: str, declared: SetText) -> Mapping[bool | None, Talk]:
        path: Path = ("attributes", name, "set")
        reply = declared.reply
        if reply is None:
            self._fault(
                path, "a set needs its reply", "name the frame that the device answers, or `reply: none`"
            )
            return {}
        frame = self._reply(reply, path)
        texts: dict[bool | None, tuple[str, str | None]] = {
            None: ("send", declared.send),
            True: ("true", declared.true),
            False: ("false", declared.false),
        }
        talks: dict[bool | None, Talk] = {}
        for value, (key, text) in texts.items():
            if text is not None and (send := self._written(text, ("value",), (*path, key))) is not None:
                talks[value] = Talk(send, frame)
        return talks

    def _command(self, name: str, declared: InstrumentCommand) -> Talk | None:
        path: Path = ("commands", name)
        if declared.send is None:
            self._fault(path, "the command sends nothing", "add `send:`, the text that is written")
            return None
        if declared.reply is None:
            self._fault(
                path, "a command needs its reply", "name the frame that the device answers, or `reply: none`"
            )
            return None
        send = self._written(declared.send, tuple(declared.parameters), (*path, "send"))
        frame = self._reply(declared.reply, path)
        wanted = None if declared.field is None else self._field(declared.field, frame, path, name)
        return None if send is None else Talk(send, frame, wanted)

    def _identity(self) -> Talk | None:
        declared = self._document.identity
        if declared is None or declared.query is None:
            return None
        send = self._written(declared.query, (), ("identity", "query"))
        if declared.reply in (None, "none"):
            self._fault(("identity", "query"), "a query needs its reply", "add `reply:`, the name of a frame")
        frame = self._reply(declared.reply, ("identity",))
        return None if send is None or frame is None else Talk(send, frame)

    def _reply(self, reply: str | None, path: Path) -> ReplyFrame | None:
        if reply is None or reply == "none":
            return None
        if reply in self._frames:
            return self._frames[reply]
        if "{" in reply:
            return self._frame(reply, (*path, "reply"))
        known = ", ".join([*self._frames, "none"])
        self._fault((*path, "reply"), f"there is no reply {reply!r}", f"replies are {known}")
        return None

    def _field(self, wanted: str | None, frame: ReplyFrame | None, path: Path, name: str) -> str | None:
        """The field of a reply: as named, or the only one, or the one named like the attribute."""
        if frame is None:
            return None
        fields = list(frame.types)
        if wanted is None and (len(fields) == 1 or name in fields):
            return name if name in fields else fields[0]
        if wanted in fields:
            return wanted
        what = "which field of the reply is meant" if wanted is None else f"the reply has no field {wanted!r}"
        self._fault((*path, "field") if wanted else path, what, f"fields are {', '.join(fields) or 'none'}")
        return None

    def _end(self) -> str:
        if self._document.read_end is not None:
            return self._document.read_end
        found = _LINE_END.search(self._document.write)
        if found is None:
            help_text = 'end it like the device does, in double quotes: "{command}\\r\\n"'
            self._fault(("write",), "the line written has no end", help_text)
            return "\n"
        return found[0]

    def _written(self, text: str, names: tuple[str, ...], path: Path) -> WriteTemplate | None:
        try:
            return parse_write(text, names)
        except TemplateError as error:
            self._fault(path, error.message, error.help)
            return None

    def _frame(self, text: str, path: Path) -> ReplyFrame | None:
        try:
            return parse_frame(text)
        except TemplateError as error:
            self._fault(path, error.message, error.help)
            return None

    def _fault(self, path: Path, message: str, help_text: str | None) -> None:
        self._faults.append(DialogueFault(path, message, help_text))


def _present(talks: Iterable[tuple[str, Talk | None]]) -> dict[str, Talk]:
    return {name: talk for name, talk in talks if talk is not None}
