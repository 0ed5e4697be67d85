"""From text to tokens: operands are numbers with their unit, names, texts and booleans; the rest is fixed.

What is not listed here does not exist for an expression: Python's parser sees only operators, parentheses and
placeholders (see `_tree`). Offsets are into the text as given.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shotlane.expression._fault import ExpressionError, Fault, UnitError
from shotlane.expression._refusals import refuse_character, refuse_word
from shotlane.expression._reserved import (
    BOOLEANS,
    CELL_FUNCTIONS,
    CONSTANTS,
    FUNCTIONS,
    PLACES,
    WORD_OPERATORS,
)
from shotlane.expression._unit import UNIT, Unit, parse_unit, unit_atoms


class Kind(Enum):
    """What a token is."""

    LITERAL = "number"
    NAME = "name"
    TEXT = "text"
    BOOLEAN = "boolean"
    OPERATOR = "operator"
    WORD = "word operator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    ASSIGN = "="


OPERANDS: Final = frozenset({Kind.LITERAL, Kind.NAME, Kind.TEXT, Kind.BOOLEAN})


@dataclass(frozen=True, slots=True)
class Token:
    """`value`: SI float of a literal, the text in quotes, or the boolean. `number`: without unit.

    `unit` None: not a literal, or one whose unit cannot be used.
    """

    kind: Kind
    text: str
    offset: int
    value: float | bool | str | None = None
    unit: Unit | None = None
    number: float | None = None

    @property
    def end(self) -> int:
        """Offset just after the token."""
        return self.offset + len(self.text)


_SPACE: Final = re.compile(r"\s+")
NUMBER: Final = r"(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d+)?"
_NUMBER: Final = re.compile(NUMBER, re.ASCII)
_DIGIT: Final = re.compile(r"\.?[0-9]")  # where a number begins
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_TEXT: Final = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"")
_OPERATOR: Final = re.compile(r"\*\*|<=|>=|==|!=|[-+*/<>]")
_UNIT: Final = re.compile(f" ?({UNIT})")
_MISSPELT: Final = re.compile(r"===|!==|<>|=>|=<|//|<<|>>")
_RADIX: Final = re.compile(r"0[xXbBoO][0-9A-Fa-f_]+\b")
_SINGLE: Final = {"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA}


class Lexer:
    """Splits one text. A fault of structure ends it; unknown units are collected and it goes on."""

    def __init__(self, text: str, scope: Collection[str]) -> None:
        self.text = text
        self.scope = scope
        self.tokens: list[Token] = []
        self.faults: list[Fault] = []
        self._at = 0

    def run(self) -> list[Token]:
        """All tokens. Raises `ExpressionError` at the first thing that no expression has."""
        while self._at < len(self.text):
            if space := _SPACE.match(self.text, self._at):
                self._at = space.end()
            else:
                self._next()
        return self.tokens

    def _next(self) -> None:
        text, at = self.text, self._at
        if _DIGIT.match(text, at):
            self._number()
        elif found := _NAME.match(text, at):
            self._name(found[0])
        elif found := _TEXT.match(text, at):
            self._add(Token(Kind.TEXT, found[0], at, found[0][1:-1]))
        elif text[at] in _SINGLE:
            self._add(Token(_SINGLE[text[at]], text[at], at))
        elif _MISSPELT.match(text, at):
            raise ExpressionError(refuse_character(text, at))
        elif operator := _OPERATOR.match(text, at):
            self._add(Token(Kind.OPERATOR, operator[0], at))
        elif text[at] == "=":
            self._add(Token(Kind.ASSIGN, "=", at))
        else:
            raise ExpressionError(refuse_character(text, at))

    def _add(self, token: Token) -> None:
        self.tokens.append(token)
        self._at = token.end

    def _name(self, name: str) -> None:
        if name in WORD_OPERATORS:
            self._add(Token(Kind.WORD, name, self._at))
        elif name in BOOLEANS:
            self._add(Token(Kind.BOOLEAN, name, self._at, BOOLEANS[name]))
        elif fault := refuse_word(self.text, name, self._at):
            raise ExpressionError(fault)
        else:
            self._add(Token(Kind.NAME, name, self._at))

    def _number(self) -> None:
        start = self._at
        if radix := _RADIX.match(self.text, start):
            raise ExpressionError(_radix_fault(radix[0], start))
        found = _NUMBER.match(self.text, start)
        assert found  # the caller saw a digit
        number = float(found[0].replace("_", ""))
        if not math.isfinite(number):
            raise ExpressionError(_too_large(start, len(found[0])))
        written = _UNIT.match(self.text, found.end())
        unit = self._unit(found[0], written) if written else Unit("")
        end = written.end() if written else found.end()
        value = None if unit is None else unit.to_si(number)
        if not math.isfinite(value or 0.0):
            raise ExpressionError(_too_large(start, end - start))
        self._add(Token(Kind.LITERAL, self.text[start:end], start, value, unit, number))

    def _unit(self, number: str, written: re.Match[str]) -> Unit | None:
        """The unit after a number; None when it cannot be used, which is then in `faults`."""
        text, offset = written[1], written.start(1)
        if clash := self._clash(number, text, offset, written.end()):
            raise ExpressionError(*self.faults, clash)  # nobody can say where the unit was meant to end
        try:
            return parse_unit(text)
        except UnitError as error:
            help = self._product_help(number, text) or error.help
            self.faults.append(Fault(error.code, error.message, offset, len(text), help))
            return None

    def _product_help(self, number: str, text: str) -> str | None:
        """For a first factor that is no unit but a name."""
        first = unit_atoms(text)[0][2]
        if first in self.scope:
            return f"'{first}' is a name here: write {number} * {text}"
        return None

    def _clash(self, number: str, text: str, offset: int, end: int) -> Fault | None:
        """A unit text with a part that is a name here, too: a product needs spaces."""
        following = self.text[end : end + 1]
        atoms = unit_atoms(text)
        for index, (start, sign, name, _) in enumerate(atoms):
            last = index == len(atoms) - 1
            called = last and following == "("
            dotted = last and following == "." and self.text[end + 1 : end + 2].isalpha()
            known = name in CONSTANTS or (start > 0 and name in self.scope)
            if not (called or dotted or known):
                continue
            what = "a function" if called and name in FUNCTIONS | CELL_FUNCTIONS else "a name"
            whole = _NAME.match(self.text, offset + start)
            shown = whole[0] if whole and dotted else name
            front = text[: start - 1] if index else ""
            before = f"{number} {front} {sign or '*'}".replace("  ", " ")
            message = f"'{shown}' is {what} here, and cannot be part of the unit '{text}'"
            ending = "(...)" if called else ""
            help = f"with spaces it is a product: {before} {shown}{ending}"
            if name in self.scope and name not in PLACES:
                help += f"; for the unit, '{name}' needs another name"
            return Fault("EXP011", message, offset + start, len(name), help)
        return None


def _too_large(offset: int, length: int) -> Fault:
    return Fault("EXP004", "the number is too large", offset, length, "the largest is about 1e308")


def _radix_fault(text: str, offset: int) -> Fault:
    base = {"x": 16, "b": 2, "o": 8}[text[1].lower()]
    try:
        help = f"write it as a decimal number: {float(int(text[2:].rstrip('_'), base)):.15g}"
    except (ValueError, OverflowError):
        help = "write it as a decimal number"
    return Fault("EXP004", f"'{text[:40]}' is not a decimal number", offset, len(text), help)
