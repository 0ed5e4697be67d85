"""The order of tokens, checked before Python's parser sees them, so that messages speak of the expression.

One mistake is reported: the first from the left, because what follows it is guesswork.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shotlane.expression._fault import ExpressionError, Fault, shortened
from shotlane.expression._reserved import WORD_OPERATORS
from shotlane.expression._token import OPERANDS, Kind, Token
from shotlane.expression._unit_table import look_up

MAX_NESTING: Final = 40
_PREFIXES: Final = frozenset({"+", "-", "not"})


@dataclass(slots=True)
class _Level:
    """One pair of parentheses, or the whole text."""

    opened: Token | None
    call: bool
    open_ifs: list[Token]


def check_order(tokens: list[Token], text: str, faults: Collection[Fault] = ()) -> None:
    """Raise `ExpressionError` at the first token that cannot stand where it does.

    `faults` are those of the units. Where there are any they are raised instead: a unit that was read wrongly
    makes what follows look misplaced.
    """
    try:
        _check(tokens, text)
    except ExpressionError:
        if faults:
            raise ExpressionError(*faults) from None
        raise


def _check(tokens: list[Token], text: str) -> None:
    if not tokens:
        raise ExpressionError(
            Fault("EXP001", "the expression is empty", 0, len(text), "write a value, such as 0")
        )
    _Order(tokens, text).run()


class _Order:
    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.levels = [_Level(None, False, [])]
        self.prefixes = 0

    def run(self) -> None:
        wants_value = True
        for index, token in enumerate(self.tokens):
            before = self.tokens[index - 1] if index else None
            wants_value = self._value(token, before) if wants_value else self._operator(token, before)
        if wants_value:
            self._missing(None)
        for level in reversed(self.levels):
            self._close_ifs(level)
            if level.opened is not None:
                help = "every ( needs its )"
                raise ExpressionError(
                    Fault("EXP001", "the parenthesis is not closed", level.opened.offset, 1, help)
                )

    def _value(self, token: Token, before: Token | None) -> bool:
        """Take a token where a value must come; whether one is still wanted."""
        if token.kind in OPERANDS:
            self.prefixes = 0
            return False
        if token.text in _PREFIXES and token.kind in {Kind.OPERATOR, Kind.WORD}:
            self.prefixes += 1
            self._limit(token)
            return True
        if token.kind is Kind.OPEN:
            self.levels.append(_Level(token, False, []))
            self._limit(token)
            return True
        if (
            token.kind is Kind.CLOSE
            and before is not None
            and before.kind is Kind.OPEN
            and self.levels[-1].call
        ):
            self.levels.pop()
            return False
        self._missing(token)
        return True

    def _operator(self, token: Token, before: Token | None) -> bool:
        """Take a token after a value; whether another value must come."""
        assert before is not None
        level = self.levels[-1]
        match token.kind:
            case Kind.OPERATOR:
                return True
            case Kind.WORD if token.text != "not":
                return self._word(token, level)
            case Kind.COMMA if level.call:
                self._close_ifs(level)
                return True
            case Kind.CLOSE if level.opened is not None:
                self._close_ifs(level)
                self.levels.pop()
                return False
            case Kind.OPEN if before.kind is Kind.NAME and before.end == token.offset:
                self.levels.append(_Level(token, True, []))
                self._limit(token)
                return True
        raise ExpressionError(self._unexpected(token, before))

    def _word(self, token: Token, level: _Level) -> bool:
        if token.text == "if":
            level.open_ifs.append(token)
        elif token.text == "else":
            if not level.open_ifs:
                help = "a choice is written: a if condition else b"
                raise ExpressionError(Fault("EXP001", "`else` has no `if`", token.offset, 4, help))
            level.open_ifs.pop()
        return True

    def _close_ifs(self, level: _Level) -> None:
        if level.open_ifs:
            help = "a choice is written: a if condition else b"
            raise ExpressionError(Fault("EXP001", "`if` has no `else`", level.open_ifs[-1].offset, 2, help))

    def _limit(self, token: Token) -> None:
        if self.prefixes > MAX_NESTING or len(self.levels) > MAX_NESTING:
            message = f"the expression is nested more than {MAX_NESTING} times"
            help = "split it into parameters"
            raise ExpressionError(Fault("EXP003", message, token.offset, len(token.text), help))

    def _missing(self, token: Token | None) -> None:
        """A value was wanted."""
        if token is None:
            last = self.tokens[-1]
            message = f"a value is missing after '{shortened(last.text)}'"
            raise ExpressionError(Fault("EXP001", message, last.offset, len(last.text)))
        if token.kind is Kind.CLOSE and len(self.levels) == 1:
            raise ExpressionError(_surplus(token))
        if token.kind is Kind.ASSIGN:
            raise ExpressionError(_assignment(token))
        message = f"a value is missing before '{shortened(token.text)}'"
        raise ExpressionError(Fault("EXP001", message, token.offset, len(token.text)))

    def _unexpected(self, token: Token, before: Token) -> Fault:
        """The fault for a token that cannot follow a value."""
        if token.kind is Kind.ASSIGN:
            return _assignment(token)
        if token.kind is Kind.CLOSE:
            return _surplus(token)
        if token.kind is Kind.COMMA:
            help = "the decimal sign is a point: 1.5"
            return Fault(
                "EXP001", "a comma stands only inside a function's parentheses", token.offset, 1, help
            )
        message = f"an operator is missing between '{shortened(before.text)}' and '{shortened(token.text)}'"
        return Fault("EXP001", message, token.offset, len(token.text), self._adjacent_help(before, token))

    def _adjacent_help(self, before: Token, token: Token) -> str:
        between = self.text[before.end : token.offset]
        if before.kind is Kind.LITERAL and token.kind is Kind.LITERAL and between:
            return f"a sum needs its sign, {before.text} + {token.text}, and a product its star"
        if before.kind is Kind.LITERAL and token.kind is Kind.LITERAL:
            return "a number has one decimal point"
        if before.kind is Kind.LITERAL and token.kind is Kind.NAME and len(between) > 1:
            return f"at most one space stands between a number and its unit: {before.text} {token.text}"
        if token.kind is Kind.WORD and token.text in WORD_OPERATORS:
            return "`not` stands before a condition: not a == b"
        if token.kind is Kind.OPEN and before.kind is Kind.NAME and between:
            return f"a function is written without a space: {before.text}(...)"
        if before.kind is Kind.NAME and token.kind is Kind.NAME and look_up(token.text) is not None:
            return f"a unit stands after a number, where '{before.text}' gets its value; delete it here"
        return f"a product needs its star: {before.text} * {token.text}"


def _surplus(token: Token) -> Fault:
    return Fault("EXP001", "the parenthesis closes nothing", token.offset, 1, "remove it, or add its (")


def _assignment(token: Token) -> Fault:
    return Fault("EXP001", "'=' compares nothing", token.offset, 1, "equality is written ==")
