"""A whole cell that is one call: `tare()`, `ramp(25 degC, T, shape="smooth")`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shotlane.expression._expression import Expression, make_expression, read_tokens
from shotlane.expression._fault import ExpressionError, Fault
from shotlane.expression._grammar import check_order
from shotlane.expression._reserved import FUNCTIONS
from shotlane.expression._token import Kind, Token


@dataclass(frozen=True, slots=True)
class CallExpression:
    """A call of something that is no function of expressions.

    Places are offset and length in the text of the call: `name_place`, `argument_places` in the order of
    `arguments`, `keyword_places` of the values. Faults of the arguments count from there as well.
    """

    text: str
    name: str
    arguments: tuple[Expression, ...] = ()
    keywords: Mapping[str, Expression] = field(default_factory=dict)
    name_place: tuple[int, int] = (0, 0)
    argument_places: tuple[tuple[int, int], ...] = ()
    keyword_places: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def parse_call(text: str, *, names: Collection[str] = ()) -> CallExpression | None:
    """Read a text that is one call; None when it is none, or one of a function of expressions.

    Raises `ExpressionError` when it begins as a call and its arguments cannot be read.
    """
    head = text.strip().partition("(")[0]
    if "(" not in text or not all(part.isidentifier() for part in head.split(".")) or head in FUNCTIONS:
        return None
    tokens, faults = read_tokens(text, names)
    inner = _inside(tokens)
    if inner is None:
        return None
    arguments: list[Expression] = []
    keywords: dict[str, Expression] = {}
    places: dict[str, tuple[int, int]] = {}
    found = list(faults)
    for group in _split(inner):
        try:
            _take(group, text, arguments, keywords, places)
        except ExpressionError as error:
            found += error.faults
    if found:
        raise ExpressionError(*found)
    argument_places = tuple(_place(group) for group in _split(inner) if not _keyword(group))
    name = tokens[0]
    own = (name.offset, len(name.text))
    return CallExpression(text, name.text, tuple(arguments), keywords, own, argument_places, places)


def _inside(tokens: list[Token]) -> list[Token] | None:
    """The tokens between the parentheses of a text that is one call; None when it is something else."""
    if len(tokens) < 2 or tokens[0].kind is not Kind.NAME or tokens[1].kind is not Kind.OPEN:
        return None
    if tokens[1].offset != tokens[0].end:
        return None
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if depth == 0 and index > 0:
            return tokens[2:-1] if index == len(tokens) - 1 else None
    help = "every ( needs its )"
    raise ExpressionError(Fault("EXP001", "the parenthesis is not closed", tokens[1].offset, 1, help))


def _split(tokens: list[Token]) -> list[list[Token]]:
    """Groups of tokens between the commas that belong to the call itself."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if token.kind is Kind.COMMA and depth == 0:
            groups.append([token])
        else:
            groups[-1].append(token)
    stripped = [
        [token for token in group[:1] if token.kind is not Kind.COMMA] + group[1:] for group in groups
    ]
    for group, bare in zip(groups, stripped, strict=True):
        if not bare and tokens:
            at = group[0] if group else next(token for token in tokens if token.kind is Kind.COMMA)
            raise ExpressionError(Fault("EXP001", "a value is missing beside ','", at.offset, 1))
    return [group for group in stripped if group]


def _keyword(group: list[Token]) -> bool:
    return len(group) > 1 and group[0].kind is Kind.NAME and group[1].kind is Kind.ASSIGN


def _place(group: list[Token]) -> tuple[int, int]:
    return group[0].offset, group[-1].end - group[0].offset


def _take(
    group: list[Token],
    text: str,
    arguments: list[Expression],
    keywords: dict[str, Expression],
    places: dict[str, tuple[int, int]],
) -> None:
    """Read one argument into its list."""
    if not _keyword(group):
        if keywords:
            message = "a value without a name stands after one with a name"
            raise ExpressionError(Fault("EXP022", message, *_place(group), "put it before the named ones"))
        check_order(group, text)
        arguments.append(make_expression(group, text, []))
        return
    name, value = group[0], group[2:]
    if name.text in keywords:
        message = f"'{name.text}' is given twice"
        raise ExpressionError(Fault("EXP022", message, name.offset, len(name.text)))
    if not value:
        message = f"a value is missing after '{name.text}='"
        raise ExpressionError(Fault("EXP001", message, *_place(group)))
    check_order(value, text)
    keywords[name.text] = make_expression(value, text, [])
    places[name.text] = _place(value)
