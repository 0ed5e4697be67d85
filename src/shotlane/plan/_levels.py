"""What a channel can be set to: a number, a boolean, an option or a text, as columns of floats.

Invariant: `column` gives values as they are sent, so that equal values compare equal and a value is within
its limits exactly if what goes over the wire is. Numbers are in the channel's unit; a boolean is 0 or 1; an
option is its index among the channel's options; a text is its index among the plan's texts; nan is a text
that is no option.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Span, did_you_mean
from shotlane.expression import BOOLEAN, NUMBER, Type
from shotlane.model import Attribute, Channel, ScalarValue, ValueType
from shotlane.plan._rounding import as_sent
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._written import Written

Floats = NDArray[np.float64]

_NOTHING: tuple[int, int, Floats] = (0, 0, np.empty((0, 1)))


class Level(Protocol):
    """A value that may differ between points of the sweep."""

    @property
    def span(self) -> Span:
        """Where it was written."""

    @property
    def varies(self) -> bool:
        """Whether it differs between points."""

    def column(self, rows: Rows) -> Floats:
        """Values as sent, of shape (n, 1) or (1, 1)."""


@dataclass(slots=True)
class Texts:
    """Every text that the plan sends, in the order of first use."""

    index: dict[str, int] = field(default_factory=dict)

    def code(self, text: str) -> int:
        """Position of a text, which is added when it is new."""
        return self.index.setdefault(text, len(self.index))


@dataclass(frozen=True, slots=True)
class TermLevel:
    """A number or a boolean."""

    term: Term
    attribute: Attribute
    cache: dict[str, tuple[int, int, Floats]] = field(default_factory=dict, compare=False)

    @property
    def span(self) -> Span:
        """Where it was written."""
        return self.term.span

    @property
    def varies(self) -> bool:
        """Whether it differs between points."""
        return self.term.varies

    def column(self, rows: Rows) -> Floats:
        """Values as sent. Whole blocks are evaluated and kept: checking and cutting ask for their parts."""
        first, stop, values = self.cache.get("block", _NOTHING)
        if not self.term.varies:
            if not len(values):
                values = sent(self.term.column(rows), self.attribute)
                self.cache["block"] = (0, 0, values)
            return values
        if not first <= rows.first <= rows.stop <= stop:
            block = rows.block()
            first, stop, values = block.first, block.stop, sent(self.term.column(block), self.attribute)
            self.cache["block"] = (first, stop, values)
        return values[rows.first - first : rows.stop - first]


def sent(values: NDArray[Any], attribute: Attribute) -> Floats:
    """Values in SI, or booleans, as they are sent."""
    if attribute.type is ValueType.BOOL:
        return values.astype(np.float64)
    numbers = np.asarray(values, dtype=np.float64)
    return as_sent(attribute.unit.from_si(numbers) if attribute.unit is not None else numbers, attribute)


@dataclass(frozen=True, slots=True)
class CodeLevel:
    """The same coded value at all points."""

    span: Span
    code: float
    varies: bool = False

    def column(self, rows: Rows) -> Floats:
        """The code."""
        return np.full((1, 1), self.code)


@dataclass(frozen=True, slots=True)
class LabelLevel:
    """The text of a label, coded at every point."""

    span: Span
    name: str
    codes: Floats  # one per point, or one
    varies: bool

    def column(self, rows: Rows) -> Floats:
        """The codes; nan where the label is no option."""
        return self.codes[rows.first : rows.stop, np.newaxis] if self.varies else self.codes.reshape(1, 1)


def type_of(attribute: Attribute) -> Type:
    """Type of an expression that gives a value of the attribute."""
    if attribute.type is ValueType.BOOL:
        return BOOLEAN
    return attribute.unit.type if attribute.unit is not None else NUMBER


def fits(compiler: Compiler, term: Term, channel: Channel) -> bool:
    """Report a value of another kind or dimension than its channel takes."""
    return expect(compiler, term, type_of(channel.attribute), unit=channel.attribute.unit)


def is_choice(attribute: Attribute) -> bool:
    """Whether values are texts."""
    return attribute.type in (ValueType.OPTION, ValueType.TEXT)


def make_level(compiler: Compiler, channel: Channel, texts: Texts, written: Written) -> Level | None:
    """A constant value of a channel; None when it is faulty or hangs on something faulty."""
    if is_choice(channel.attribute):
        return _choice(compiler, channel, texts, written)
    term = compiler.term(written)
    if term is None or not fits(compiler, term, channel) or not term.sound:
        return None
    return TermLevel(term, channel.attribute)


def _choice(compiler: Compiler, channel: Channel, texts: Texts, written: Written) -> Level | None:
    text = written.text
    scope = compiler.scope
    if text in scope.broken:
        return None
    if text in scope.labels:
        return _label(compiler, channel, texts, written, text)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    attribute = channel.attribute
    if attribute.type is ValueType.TEXT:
        return CodeLevel(written.span, texts.code(text))
    if text not in attribute.options and not scope.complete and text.isidentifier():
        return None  # it may be one of the labels that could not be read
    if text not in attribute.options:
        compiler.report.error(
            "SEQ219",
            f"'{text}' is no option of '{channel.name}'",
            written.span,
            help=did_you_mean(text, [*attribute.options, *scope.labels], what="options"),
        )
        return None
    return CodeLevel(written.span, attribute.options.index(text))


def _label(compiler: Compiler, channel: Channel, texts: Texts, written: Written, name: str) -> Level | None:
    value = compiler.scope.values.get(name)
    if value is None:
        return None
    unanswered = name in compiler.scope.unanswered and not isinstance(value, np.ndarray)
    if unanswered and channel.attribute.options:
        return CodeLevel(written.span, 0.0)  # stands for an option that is not known yet
    varies = isinstance(value, np.ndarray)
    entries: Sequence[str] = value.tolist() if varies else [str(value)]
    codes = {text: encode(channel.attribute, texts, text) for text in dict.fromkeys(entries)}
    return LabelLevel(written.span, name, np.array([codes[text] for text in entries]), varies)


def encode(attribute: Attribute, texts: Texts, value: ScalarValue) -> float:
    """The number that stands for a value in a plan; nan for a text that is no option."""
    match attribute.type:
        case ValueType.OPTION:
            return attribute.options.index(str(value)) if str(value) in attribute.options else np.nan
        case ValueType.TEXT:
            return texts.code(str(value))
        case ValueType.BOOL:
            return float(bool(value))
        case _:
            return float(as_sent(float(value), attribute))
