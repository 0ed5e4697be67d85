"""An expression: parsed once, then typed and evaluated as often as wanted. Immutable."""

import ast
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from shotlane.expression import _evaluate
from shotlane.expression._evaluate import Value
from shotlane.expression._fault import ExpressionError, Fault
from shotlane.expression._grammar import check_order
from shotlane.expression._infer import Inference
from shotlane.expression._node import Quantity, place_of
from shotlane.expression._token import Kind, Lexer, Token
from shotlane.expression._tree import build_tree, names_of
from shotlane.expression._type import TEXT, Type
from shotlane.expression._unit import Unit

MAX_TEXT: Final = 4000


@dataclass(frozen=True, slots=True)
class Expression:
    """Places count from the start of the text that was parsed (for an argument: of the whole call)."""

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)
    _places: Mapping[str, tuple[int, int]] = field(repr=False, compare=False)
    _source: str = field(repr=False, compare=False)

    @property
    def is_constant(self) -> bool:
        """Whether it uses no name."""
        return not self.names

    def place(self, name: str) -> tuple[int, int]:
        """Offset and length of the first use of a name."""
        return self._places[name]

    @property
    def compared_texts(self) -> list[tuple[str, str, tuple[int, int]]]:
        """Every name that is compared with a text, with that text and its place."""
        return list(_compared_texts(self._tree))

    def infer(self, types: Mapping[str, Type]) -> Type:
        """Type of the value, given those of the names. Raises `ExpressionError` with every fault."""
        inference = Inference(self._source, types)
        found = inference.visit(self._tree)
        if inference.faults or found is None:
            raise ExpressionError(*inference.faults)
        return found

    def evaluate(self, values: Mapping[str, Value]) -> Value:
        """Value in SI units, given those of the names; `infer` must have accepted it.

        Columns (arrays of float64 or bool, objects for texts) of any shape broadcast against each other.
        Never raises for numbers: the result may be infinite or nan. `values` may hold more than is used.
        """
        return _evaluate.evaluate(self._tree, {name: values[name] for name in self.names})


def parse(text: str | float | bool, *, names: Collection[str] = ()) -> Expression:
    """Read an expression. `names` are those in scope, which cannot be part of a unit without spaces.

    Raises `ExpressionError`.
    """
    if isinstance(text, int | float):
        text = _number_text(text)
    tokens, faults = read_tokens(text, names)
    check_order(tokens, text, faults)
    return make_expression(tokens, text, faults)


def read_tokens(text: str, names: Collection[str]) -> tuple[list[Token], list[Fault]]:
    """Tokens of a text within the limit of length, and faults of units."""
    if len(text) > MAX_TEXT:
        message = f"the expression is longer than {MAX_TEXT} characters"
        raise ExpressionError(Fault("EXP003", message, MAX_TEXT, 1, "split it into parameters"))
    lexer = Lexer(text, names)
    return lexer.run(), lexer.faults


def make_expression(tokens: list[Token], source: str, faults: list[Fault]) -> Expression:
    """The expression of tokens in the right order; `faults` are those already found in them."""
    tree, more = build_tree(tokens, source)
    if faults or more:
        raise ExpressionError(*faults, *more)
    places = names_of(tree)
    text = source[tokens[0].offset : tokens[-1].end]
    return Expression(text, frozenset(places), tree, places, source)


def _compared_texts(tree: ast.expr) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for pair in pairwise([node.left, *node.comparators]):
                for name, text in (pair, pair[::-1]):
                    if isinstance(name, ast.Name) and isinstance(text, Quantity) and text.type == TEXT:
                        yield name.id, str(text.value), place_of(text)


def _number_text(number: float | bool) -> str:
    """The text of a value that YAML has read as a number or a boolean."""
    if isinstance(number, bool):
        return "true" if number else "false"
    try:
        finite = math.isfinite(number)
    except OverflowError:
        finite = False
    if not finite:
        help = "a value is a finite number, at most about 1e308"
        raise ExpressionError(Fault("EXP004", "the number is not finite", 0, 1, help))
    return str(number)


def parse_literal(text: str) -> tuple[float, Unit] | None:
    """Value in SI and unit of a text that is one number, with or without unit and sign; else None."""
    try:
        tokens, faults = read_tokens(text, ())
    except ExpressionError:
        return None
    signs, operand = tokens[:-1], tokens[-1] if tokens else None
    if faults or operand is None or operand.kind is not Kind.LITERAL or len(signs) > 1:
        return None
    if signs and signs[0].text not in {"+", "-"}:
        return None
    value = make_expression(tokens, text, []).evaluate({})
    assert isinstance(value, float)
    assert operand.unit is not None
    return value, operand.unit
