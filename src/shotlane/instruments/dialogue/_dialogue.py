"""The dialogue of an instrument document: each query, set and command with what it sends and expects.

Pure: `parse_dialogue` checks every template of a document before any port is opened, and lists all faults
with their places in the document.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shotlane.instruments.dialogue._binary import BinaryLanguage
from shotlane.instruments.dialogue._framing import Ignored
from shotlane.instruments.dialogue._missing import Missing
from shotlane.instruments.dialogue._scpi import (
    ERROR_FRAME,
    ERROR_QUERY,
    IDENTITY_PATTERN,
    IDENTITY_QUERY,
    filled_in,
)
from shotlane.instruments.dialogue._talk import DialogueFault, Handshake, Path, Reply, Send, Talk
from shotlane.instruments.dialogue._template import TemplateError
from shotlane.instruments.dialogue._texts import TextLanguage
from shotlane.model import (
    BlockForm,
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    ReplyForm,
)

__all__ = ["Dialogue", "DialogueFault", "parse_dialogue"]


SetKey = bool | str | None
_NUMBERS = ("float", "int")
_TEXT_FIELD = re.compile(r"\{\w+:(?:w|s|rest)\??\}")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """All exchanges of a document.

    `sets` hold one for None, which is for all values, or one for each boolean or option that has its own.
    """

    queries: Mapping[str, Talk] = field(default_factory=dict)
    sets: Mapping[str, Mapping[SetKey, Talk]] = field(default_factory=dict)
    commands: Mapping[str, Talk] = field(default_factory=dict)
    identity: Talk | None = None
    errors: Talk | None = None
    ignored: Ignored | None = None
    handshake: Handshake | None = None


class Language(Protocol):
    """Makes messages and replies."""

    @property
    def ignored(self) -> Ignored | None:
        """Lines that come unasked."""

    def is_inline(self, text: str) -> bool:
        """Whether a text is a reply itself, not the name of one."""

    def send(self, text: str, names: tuple[str, ...], numbers: Sequence[str] = ()) -> Send:
        """Messages of a template; `numbers` are names that are numbers. Raises `TemplateError`."""

    def reply(self, form: str | ReplyForm, missing: Missing | None = None) -> Reply:
        """Replies of a form; texts that stand in place of its numbers. Raises `TemplateError`."""

    def block(self, form: BlockForm) -> Reply:
        """Replies that are binary blocks."""

    def handshake(self) -> Handshake | None:
        """What stands between a line and its reply."""


def parse_dialogue(document: InstrumentDocument) -> tuple[Dialogue, list[DialogueFault]]:
    """Read every template; what is faulty is listed and left out."""
    is_scpi = document.protocol == "scpi"
    return _Reader(filled_in(document) if is_scpi else document).read()


class _Reader:
    """Collects the exchanges and the faults of one document."""

    def __init__(self, document: InstrumentDocument) -> None:
        self._document = document
        self._faults: list[DialogueFault] = []
        language = BinaryLanguage if document.protocol == "binary" else TextLanguage
        self._language: Language = language(document, self._refuse)
        self._replies: dict[str, Reply | None] = {}
        for name, form in document.replies.items():
            self._replies[name] = self._made(form, ("replies", name), self._missing(name))

    def read(self) -> tuple[Dialogue, list[DialogueFault]]:
        document = self._document
        attributes = document.attributes.items()
        dialogue = Dialogue(
            queries=_present((name, self._query(name, declared)) for name, declared in attributes),
            sets={name: self._set(name, declared) for name, declared in attributes if declared.set},
            commands=_present((name, self._command(name, c)) for name, c in document.commands.items()),
            identity=self._identity(),
            errors=self._errors(),
            ignored=self._language.ignored,
            handshake=self._language.handshake(),
        )
        return dialogue, self._faults

    def _query(self, name: str, declared: InstrumentAttribute) -> Talk | None:
        if declared.query is None:
            return None
        path: Path = ("attributes", name)
        send = self._written(declared.query, (), (*path, "query"))
        if declared.block is not None:
            reply: Reply | None = self._language.block(declared.block)
        else:
            reply = self._reply(declared.reply, path, query=declared.query)
        wanted = self._field(declared.field, reply, path, name)
        if send is None or reply is None or wanted is None:
            if reply is None and declared.reply in (None, "none"):
                self._fault((*path, "query"), "a query needs its reply", "add `reply:`, the name of a frame")
            return None
        return Talk(send, reply, wanted)

    def _set(self, name: str, attribute: InstrumentAttribute) -> Mapping[SetKey, Talk]:
        path: Path = ("attributes", name, "set")
        declared = attribute.set
        if declared is None or declared.reply is None:
            self._fault(
                path, "a set needs its reply", "name the frame that the device answers, or `reply: none`"
            )
            return {}
        texts: dict[SetKey, tuple[str, str | None]] = {
            None: ("send", declared.send),
            True: ("true", declared.true),
            False: ("false", declared.false),
        }
        sends: dict[SetKey, Send] = {
            value: send
            for value, (key, text) in texts.items()
            if text is not None
            and (send := self._written(text, ("value",), (*path, key), self._numbers(attribute))) is not None
        }
        if isinstance(declared.reply, str):
            reply = self._reply(declared.reply, path)
            return {value: Talk(send, reply) for value, send in sends.items()}
        return self._set_by_value(attribute, declared.reply, sends, path)

    def _set_by_value(
        self,
        attribute: InstrumentAttribute,
        replies: Mapping[str, str],
        sends: Mapping[SetKey, Send],
        path: Path,
    ) -> Mapping[SetKey, Talk]:
        """One exchange for each value, since each has a reply of its own."""
        names = list(attribute.options or ("true", "false"))
        truths = {"true": True, "false": False} if set(names) == {"true", "false"} else {}
        talks: dict[SetKey, Talk] = {}
        for name in names:
            value = truths.get(name, name)
            send = sends.get(value) or sends.get(None)
            if name not in replies:
                help = f"write `{name}:` under `reply`"
                self._fault((*path, "reply"), f"nothing says what the device answers to {name}", help)
            elif send is not None:
                talks[value] = Talk(send, self._reply(replies[name], (*path, "reply"), name))
        for name in replies:
            if name not in names:
                self._fault(
                    (*path, "reply", name), f"there is no value '{name}'", f"values are {', '.join(names)}"
                )
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
        forms = declared.parameters.items()
        numbers = [name for name, form in forms if form.type in _NUMBERS and form.options is None]
        send = self._written(declared.send, tuple(declared.parameters), (*path, "send"), numbers)
        reply = self._reply(declared.reply, path)
        wanted = declared.field
        if wanted is None and self._document.protocol == "scpi" and reply is not None:
            wanted = next(iter(reply.types), None)
        elif wanted is not None:
            wanted = self._field(wanted, reply, path, name)
        return None if send is None else Talk(send, reply, wanted)

    def _identity(self) -> Talk | None:
        declared = self._document.identity
        is_scpi = self._document.protocol == "scpi"
        query = declared.query if declared is not None else None
        if is_scpi and query is None:
            query = IDENTITY_QUERY
        if is_scpi and query == IDENTITY_QUERY and not (declared and declared.reply):
            return self._own(IDENTITY_QUERY, ReplyForm(pattern=IDENTITY_PATTERN))
        if declared is None or query is None or (is_scpi and query == "none"):
            return None
        send = self._written(query, (), ("identity", "query"))
        if declared.reply in (None, "none"):
            self._fault(("identity", "query"), "a query needs its reply", "add `reply:`, the name of a frame")
        reply = self._reply(declared.reply, ("identity",))
        return None if send is None or reply is None else Talk(send, reply)

    def _errors(self) -> Talk | None:
        asked = self._document.error_queue
        if not asked or self._document.protocol != "scpi":
            return None
        return self._own(ERROR_QUERY if asked is True else asked, ERROR_FRAME)

    def _own(self, query: str, form: str | ReplyForm) -> Talk | None:
        """An exchange that the preset adds."""
        send = self._written(query, (), ("error_queue",))
        return None if send is None else Talk(send, self._language.reply(form))

    def _reply(
        self, reply: str | None, path: Path, key: str = "reply", query: str | None = None
    ) -> Reply | None:
        if reply is None or reply == "none":
            return None
        if reply in self._replies:
            return self._replies[reply]
        if self._language.is_inline(reply):
            return self._made(reply, (*path, key), self._missing(reply, query))
        known = ", ".join([*self._replies, "none"])
        self._fault((*path, key), f"there is no reply {reply!r}", f"replies are {known}", unknown=True)
        return None

    def _field(self, wanted: str | None, reply: Reply | None, path: Path, name: str) -> str | None:
        """The field of a reply: as named, or the only one, or the one named like the attribute."""
        if reply is None:
            return None
        fields = list(reply.types)
        if wanted is None and (len(fields) == 1 or name in fields):
            return name if name in fields else fields[0]
        if wanted in fields:
            return wanted
        what = "which field of the reply is meant" if wanted is None else f"the reply has no field {wanted!r}"
        place = (*path, "field") if wanted else path
        self._fault(place, what, f"fields are {', '.join(fields) or 'none'}", unknown=wanted is not None)
        return None

    def _numbers(self, attribute: InstrumentAttribute) -> tuple[str, ...]:
        """`value`, where it is certainly a number."""
        says_text = attribute.unit is None and _TEXT_FIELD.search(str(self._frame(attribute.reply)))
        is_number = attribute.type in _NUMBERS or (attribute.type is None and not says_text)
        return ("value",) if is_number and attribute.options is None else ()

    def _frame(self, reply: str | None) -> object:
        return self._document.replies.get(reply or "", reply)

    def _written(
        self, text: str, names: tuple[str, ...], path: Path, numbers: Sequence[str] = ()
    ) -> Send | None:
        try:
            return self._language.send(text, names, numbers)
        except TemplateError as error:
            self._refuse(path, error)
            return None

    def _missing(self, reply: str, query: str | None = None) -> Missing:
        """What may stand in place of numbers in a reply: a named one, or one that is written at its query."""
        named = reply in self._document.replies
        texts: dict[str, Sequence[str]] = {}
        for name, declared in self._document.attributes.items():
            if declared.reply == reply and declared.missing and (named or declared.query == query):
                known = texts.get(declared.field or name, ())
                found = [item for item in declared.missing if isinstance(item, str)]  # numbers are refused
                texts[declared.field or name] = [*known, *found]
        return Missing(self._document.missing or (), texts)

    def _made(self, form: str | ReplyForm, path: Path, missing: Missing) -> Reply | None:
        try:
            return self._language.reply(form, missing)
        except TemplateError as error:
            self._refuse(path, error)
            return None

    def _refuse(self, path: Path, error: TemplateError) -> None:
        self._fault(path, error.message, error.help)

    def _fault(self, path: Path, message: str, help_text: str | None, *, unknown: bool = False) -> None:
        self._faults.append(DialogueFault(path, message, help_text, unknown))


def _present(talks: Iterable[tuple[str, Talk | None]]) -> dict[str, Talk]:
    return {name: talk for name, talk in talks if talk is not None}
