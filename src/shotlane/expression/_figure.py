"""Figures inside an expression: `mean(furnace.temperature, soak)` is one number out of a channel's readings.

A figure is taken out as a whole, and one name of its own length stands for it in the expression, so that
places, and what messages show, stay those of the text. What its second value means (steps, a look-back, a
time) is left to whoever asks; a span of steps `first..last` stands nowhere else.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from shotlane.expression._expression import Expression, make_expression, read_tokens
from shotlane.expression._fault import ExpressionError, Fault
from shotlane.expression._grammar import check_order
from shotlane.expression._reserved import FUNCTIONS
from shotlane.expression._token import Kind, Token

FIGURES: Final = frozenset({"mean", "min", "max", "std", "first", "last", "count", "integral", "slope", "at"})
_SPAN: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|(?<=[A-Za-z0-9_])\s*\.\.\s*(?=[A-Za-z_])")
_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class FigureCall:
    """A figure as it was written. `name` stands for it in the expression; places count from the text's start.

    `second`: what stands after the channel; None where nothing does.
    """

    name: str
    function: str
    channel: str
    channel_place: tuple[int, int]
    place: tuple[int, int]
    second: str | None = None
    second_place: tuple[int, int] = (0, 0)


# Whether `min` or `max` of a name (and of what stands after it) is the figure, and not the function.
Decide = Callable[[FigureCall], bool]


def parse_figures(
    text: str, *, names: Collection[str] = (), decide: Decide
) -> tuple[Expression, tuple[FigureCall, ...]]:
    """Read an expression and the figures in it, from left to right. Raises `ExpressionError`."""
    masked = _SPAN.sub(lambda found: found[0] if found[0][0] in "'\"" else "_" * len(found[0]), text)
    tokens, faults = read_tokens(masked, names)
    left: list[Token] = []
    figures: list[FigureCall] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found = _figure(tokens, at, text, decide)
        if found is None:
            _refuse_span(token, text)
            left.append(token)
            at += 1
        else:
            figures.append(found[0])
            left.append(Token(Kind.NAME, found[0].name, token.offset))
            at = found[1]
    check_order(left, text, faults)
    return make_expression(left, text, faults), tuple(figures)


def _figure(tokens: list[Token], at: int, text: str, decide: Decide) -> tuple[FigureCall, int] | None:
    """The figure that begins at a token, and which token comes after it; None when it is something else."""
    name = tokens[at]
    follows = tokens[at + 1] if at + 1 < len(tokens) else None
    if name.kind is not Kind.NAME or name.text not in FIGURES or follows is None:
        return None
    if follows.kind is not Kind.OPEN or follows.offset != name.end:
        return None
    groups, after = _values(tokens, at + 1)
    end = tokens[after - 1].end
    place = (name.offset, end - name.offset)
    subject = groups[0][0] if groups and len(groups[0]) == 1 else None
    if subject is None or subject.kind is not Kind.NAME or len(groups) > _MOST or not all(groups):
        if name.text in FUNCTIONS:
            return None
        raise ExpressionError(_misused(name, place))
    second = (groups[1][0].offset, groups[1][-1].end) if len(groups) == _MOST else None
    call = FigureCall(
        f"_{name.offset}".ljust(place[1], "_"),
        name.text,
        text[subject.offset : subject.end],
        (subject.offset, len(subject.text)),
        place,
        None if second is None else text[slice(*second)],
        (0, 0) if second is None else (second[0], second[1] - second[0]),
    )
    return (call, after) if name.text not in FUNCTIONS or decide(call) else None


def _values(tokens: list[Token], opened: int) -> tuple[list[list[Token]], int]:
    """What stands between commas in the parenthesis that opens there, and which token comes after it."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for at in range(opened, len(tokens)):
        token = tokens[at]
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if depth == 0:
            return ([] if groups == [[]] else groups), at + 1
        if token.kind is Kind.COMMA and depth == 1:
            groups.append([])
        elif at > opened:
            groups[-1].append(token)
    help = "every ( needs its )"
    fault = Fault("EXP001", "the parenthesis is not closed", tokens[opened].offset, 1, help)
    raise ExpressionError(fault)


def _misused(name: Token, place: tuple[int, int]) -> Fault:
    message = f"{name.text}() takes a channel, and at most one more value"
    help = f"write {name.text}(role.attribute), and calculate with what it gives"
    return Fault("EXP022", message, *place, help)


def _refuse_span(token: Token, text: str) -> None:
    """A token that only masking made one word."""
    written = text[token.offset : token.end]
    if written != token.text:
        help = "a span of steps stands behind a channel: mean(role.attribute, first..last)"
        message = f"'{written}' is no value"
        raise ExpressionError(Fault("EXP001", message, token.offset, len(written), help))
