"""Dialogues in text: how the messages and replies of an ASCII or SCPI document are made.

What is faulty is told through `fault` and replaced by something harmless, so that the rest can be checked.
"""

from collections.abc import Callable, Sequence

import numpy as np

from shotlane.instruments.dialogue._checksum import Checksum
from shotlane.instruments.dialogue._envelope import (
    ReplyLine,
    WrittenLine,
    line_end,
    parse_reply_line,
    parse_written_line,
    plain_reply_line,
)
from shotlane.instruments.dialogue._framing import Block, Framing, Ignored, Lines, Quiet, Sized, any_of
from shotlane.instruments.dialogue._missing import Missing
from shotlane.instruments.dialogue._pattern import parse_pattern
from shotlane.instruments.dialogue._talk import Handshake, Message, Path, Reply, Send
from shotlane.instruments.dialogue._template import (
    ReplyFrame,
    TemplateError,
    check_number_format,
    parse_frame,
    parse_write,
)
from shotlane.instruments.dialogue._text_parts import BlockReply, Frame, Refusals, TextReply, TextSend
from shotlane.model import BlockForm, ChecksumForm, InstrumentDocument, ReplyForm

Tell = Callable[[Path, TemplateError], None]


class TextLanguage:
    """Makes messages and replies of one document."""

    def __init__(self, document: InstrumentDocument, fault: Tell) -> None:
        self._document = document
        self._fault = fault
        self._encoding = document.encoding
        checksum = checksum_of(document.checksum, "hex")
        self._line = self._written_line(checksum)
        self._end = self._reply_end()
        self._reply_line = self._read_line(checksum)
        self._check_checksum(checksum)
        self._refusals = Refusals(
            [
                (frame, kind)
                for text, kind in document.errors.items()
                if (frame := self._bare_frame(text, ("errors", text))) is not None
            ]
        )
        self._unasked = [
            frame
            for index, text in enumerate(document.ignore or ())
            if (frame := self._bare_frame(text, ("ignore", index))) is not None
        ]
        self._check_echo()

    @property
    def ignored(self) -> Ignored | None:
        """Lines that come unasked."""
        test = any_of([self._on_line(frame.fits) for frame in self._unasked])
        return None if test is None else Ignored(self._end.encode(self._encoding), test)

    def is_inline(self, text: str) -> bool:
        """Whether a text is a reply itself, not the name of one."""
        return "{" in text

    def send(self, text: str, names: Sequence[str], numbers: Sequence[str] = ()) -> Send:
        """Messages of a template; `numbers` are names that are numbers. Raises `TemplateError`."""
        template = parse_write(text, names)
        for name in numbers:
            check_number_format(template, name)
        _encode(text, self._encoding)
        return TextSend(template, self._line, self._document.echo or False)

    def reply(self, form: str | ReplyForm, missing: Missing | None = None) -> Reply:
        """Replies of a form, with texts in place of its numbers. Raises `TemplateError`."""
        form = ReplyForm(frame=form) if isinstance(form, str) else form
        framing: Framing = self._reply_line.framing
        line = self._reply_line
        several = form.lines is not None or form.until is not None
        if several:
            framing = self._lines(form)
        elif form.length is not None or form.quiet:
            framing = self._endless(form)
            line = plain_reply_line(self._end, self._encoding)
        key = form.model_dump_json(exclude_unset=True)
        return TextReply(key, _frame(form, missing or Missing()), framing, line, self._refusals, several)

    def handshake(self) -> Handshake | None:
        """What stands between a line and its reply; None where nothing does."""
        document = self._document
        if document.acknowledge is None:
            if document.enquiry is not None:
                help = "write `acknowledge:`, the line that comes first"
                self._fault(("enquiry",), TemplateError("nothing says what comes before it", help))
            return None
        if self._bare_frame(document.acknowledge, ("acknowledge",)) is None:
            return None
        enquiry = document.enquiry or ""
        try:
            _encode(enquiry, self._encoding)
        except TemplateError as error:
            self._fault(("enquiry",), error)
            return None
        reply = self.reply(ReplyForm(frame=document.acknowledge))
        return Handshake(reply, Message(enquiry, enquiry.encode(self._encoding)) if enquiry else None)

    def block(self, form: BlockForm) -> Reply:
        """Replies that are binary blocks."""
        dtype = np.dtype(form.type).newbyteorder(">" if form.byte_order == "high_first" else "<")
        framing = Block(self._end.encode(self._encoding))
        return BlockReply(form.model_dump_json(), framing, dtype, self._reply_line, self._refusals)

    def idn(self, pattern: str) -> Reply:
        """Replies of a pattern of ours."""
        return self.reply(ReplyForm(pattern=pattern))

    def _endless(self, form: ReplyForm) -> Framing:
        """Of a reply that nothing ends. Raises `TemplateError`."""
        if self._document.read is not None or self._document.checksum is not None:
            raise TemplateError("`length` and `quiet` do not go with `read` or `checksum`")
        if form.length is None:
            return Quiet()
        if form.quiet or not isinstance(form.length, int):
            raise TemplateError("`length` is a number of bytes, and stands alone")
        return Sized(form.length)

    def _lines(self, form: ReplyForm) -> Lines:
        until = (form.until or "").strip()
        return Lines(
            self._reply_line.framing,
            form.lines,
            None if form.until is None else self._on_line(lambda text: text.strip() == until),
            self._on_line(self._refusals.fits),
            any_of([self._on_line(frame.fits) for frame in self._unasked]),
        )

    def _on_line(self, test: Callable[[str], bool]) -> Callable[[bytes], bool]:
        def on_line(payload: bytes) -> bool:
            """Whether the line holds it, inside what stands around replies or bare."""
            bare = payload.decode(self._encoding, "replace")
            try:
                return test(bare) or test(self._reply_line.open(payload))
            except ValueError:
                return False

        return on_line

    def _written_line(self, checksum: Checksum | None) -> WrittenLine:
        try:
            return parse_written_line(self._document.write, checksum, self._encoding)
        except TemplateError as error:
            self._fault(("write",), error)
            return parse_written_line("{command}", None, self._encoding)

    def _reply_end(self) -> str:
        if self._document.read_end is not None:
            if self._document.read_end:
                return self._document.read_end
            self._fault(("read_end",), TemplateError("the end of a reply is empty"))
            return "\n"
        end = line_end(self._document.read or "") or line_end(self._document.write)
        if end is None:
            help_text = 'end it like the device does, in double quotes: "{command}\\r\\n"'
            self._fault(("write",), TemplateError("the line written has no end", help_text))
        return end or "\n"

    def _read_line(self, checksum: Checksum | None) -> ReplyLine:
        try:
            _encode(self._end, self._encoding)
            if self._document.read is not None:
                return parse_reply_line(self._document.read, self._end, checksum, self._encoding)
        except TemplateError as error:
            self._fault(("read",) if self._document.read is not None else ("read_end",), error)
            return plain_reply_line("\n", self._encoding)
        return plain_reply_line(self._end, self._encoding)

    def _check_checksum(self, checksum: Checksum | None) -> None:
        document = self._document
        if checksum is not None and "{checksum}" not in f"{document.write}{document.read}":
            help_text = "put `{checksum}` into `write`, and into `read`"
            self._fault(("checksum",), TemplateError("no line holds the checksum", help_text))

    def _check_echo(self) -> None:
        echo = self._document.echo
        if isinstance(echo, str):
            try:
                parse_write(echo, ("command",))
                _encode(echo, self._encoding)
            except TemplateError as error:
                self._fault(("echo",), error)

    def _bare_frame(self, text: str, path: Path) -> ReplyFrame | None:
        if not text.strip():
            self._fault(path, TemplateError("an empty text stands for no line"))
            return None
        try:
            return parse_frame(text)
        except TemplateError as error:
            self._fault(path, error)
            return None


def checksum_of(written: str | ChecksumForm | None, style: str) -> Checksum | None:
    """The checksum of a document; `style` where it says none."""
    if written is None:
        return None
    form = ChecksumForm.model_validate({"kind": written}) if isinstance(written, str) else written
    return Checksum(form.kind, form.style or style, form.skip)  # type: ignore[arg-type]


def _frame(form: ReplyForm, missing: Missing) -> Frame:
    if form.frame is not None and form.pattern is not None:
        raise TemplateError("it has a frame and a pattern", "leave one of them")
    if form.pattern is not None:
        return parse_pattern(form.pattern, form.types, missing)
    if form.frame is None:
        raise TemplateError("nothing says what the reply looks like", "write `frame:` or `pattern:`")
    if form.types:
        raise TemplateError("`types` belongs to `pattern`", "write the types into the frame: {name:f}")
    return parse_frame(form.frame, missing)


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        bad = text[error.start]
        raise TemplateError(f"{bad!r} cannot be written in {encoding}", "set `encoding:`") from error
