"""From tokens to a tree of few node kinds, and nothing that a user typed in between.

Every operand is replaced by a placeholder of its length, so Python's parser sees only placeholders,
operators, commas, parentheses and `if else and or not`; its positions are ours. The tree holds `Quantity`
and `Name` leaves and the inner nodes of `NODES`: anything else is refused here and unknown to evaluation.
"""

import ast
import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shotlane.diagnostics import did_you_mean
from shotlane.expression._evaluate import evaluate
from shotlane.expression._fault import ExpressionError, Fault, shortened
from shotlane.expression._function import TABLE
from shotlane.expression._node import Quantity, place_of
from shotlane.expression._reserved import CELL_FUNCTIONS, CONSTANTS
from shotlane.expression._token import OPERANDS, Kind, Token
from shotlane.expression._type import BOOLEAN, NUMBER, TEXT, Type

MAX_DEPTH: Final = 100
MAX_TOKENS: Final = 600
MAX_EXPONENT: Final = 1000
_CONSTANT_VALUES: Final = {"pi": math.pi, "e": math.e}


def build_tree(tokens: list[Token], text: str) -> tuple[ast.expr, list[Fault]]:
    """The tree of tokens whose order was checked, and the faults that leave its shape whole."""
    if len(tokens) > MAX_TOKENS:
        at = tokens[MAX_TOKENS]
        message = f"the expression has more than {MAX_TOKENS} parts"
        raise ExpressionError(Fault("EXP003", message, at.offset, len(at.text), "split it into parameters"))
    masked = _mask(tokens, text)
    try:
        parsed = ast.parse(masked, mode="eval").body
    except SyntaxError as error:
        offset = max(0, (error.offset or 2) - 2)
        message = "these operators cannot stand in this order"
        help = "put parentheses around the part that belongs together"
        raise ExpressionError(Fault("EXP001", message, offset, 1, help)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError(_too_deep(tokens[0].offset, 1)) from None
    builder = _Builder({token.offset: token for token in tokens if token.kind in OPERANDS}, text)
    return builder.convert(parsed, 1), builder.faults


def _mask(tokens: list[Token], text: str) -> str:
    """Placeholders for operands; a parenthesis around it all, so that leading spaces do not matter."""
    pieces, at = ["("], 0
    for token in tokens:
        pieces.append(" " * (token.offset - at))
        pieces.append("_" * len(token.text) if token.kind in OPERANDS else token.text)
        at = token.end
    return "".join([*pieces, ")"])


def _too_deep(offset: int, length: int) -> Fault:
    message = f"the expression is nested more than {MAX_DEPTH} times"
    return Fault("EXP003", message, offset, length, "split it into parameters")


@dataclass(slots=True)
class _Builder:
    """Rebuilds Python's tree from allowed nodes only."""

    operands: dict[int, Token]
    text: str
    faults: list[Fault] = field(default_factory=list)

    def convert(self, node: ast.expr, depth: int) -> ast.expr:
        """A node with everything below it."""
        offset = node.col_offset - 1
        length = (node.end_col_offset or node.col_offset + 1) - node.col_offset
        if depth > MAX_DEPTH:
            raise ExpressionError(_too_deep(offset, length))
        below = depth + 1
        match node:
            case ast.Name():
                return self._leaf(self.operands[offset])
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
                made: ast.expr = self._unary(node, offset, below)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
                made = self._binary(node, below)
            case ast.BoolOp():
                made = ast.BoolOp(node.op, [self.convert(value, below) for value in node.values])
            case ast.Compare():
                sides = [self.convert(side, below) for side in node.comparators]
                made = ast.Compare(self.convert(node.left, below), node.ops, sides)
            case ast.IfExp():
                parts = (node.test, node.body, node.orelse)
                made = ast.IfExp(*(self.convert(part, below) for part in parts))
            case ast.Call(func=ast.Name(), keywords=[]):
                made = self._call(node, below)
            case _:
                message = "this is not part of an expression"
                raise ExpressionError(Fault("EXP002", message, offset, length))
        made.col_offset, made.end_col_offset = offset, offset + length
        return made

    def _leaf(self, token: Token) -> ast.expr:
        leaf: ast.expr
        match token.kind:
            case Kind.NAME if token.text in CONSTANTS:
                leaf = Quantity(np.float64(_CONSTANT_VALUES[token.text]), NUMBER)
            case Kind.NAME:
                leaf = ast.Name(token.text, ast.Load())
            case Kind.TEXT:
                leaf = Quantity(token.value, TEXT)
            case Kind.BOOLEAN:
                leaf = Quantity(np.bool_(token.value), BOOLEAN)
            case _:
                leaf = self._literal(token)
        leaf.col_offset, leaf.end_col_offset = token.offset, token.end
        return leaf

    def _literal(self, token: Token) -> Quantity:
        known: Type | None = token.unit.type if token.unit else None
        value = np.float64(token.value if token.unit else math.nan)
        return Quantity(value, known, token.unit, token.number)

    def _unary(self, node: ast.UnaryOp, offset: int, depth: int) -> ast.expr:
        """A minus directly before a point (`-40 degC`) belongs to its number, not to the temperature in K."""
        operand = self.convert(node.operand, depth)
        written = isinstance(operand, Quantity) and not self.text[offset + 1 : operand.col_offset].strip()
        if isinstance(node.op, ast.USub) and isinstance(operand, Quantity) and written:
            unit, number = operand.unit, operand.number
            if unit is not None and number is not None and unit.point and not operand.signed:
                folded = Quantity(np.float64(unit.to_si(-number)), operand.type, unit, -number)
                folded.signed = True
                return folded
        return ast.UnaryOp(node.op, operand)

    def _binary(self, node: ast.BinOp, depth: int) -> ast.BinOp:
        left = self.convert(node.left, depth)
        before = len(self.faults)
        right = self.convert(node.right, depth)
        if isinstance(node.op, ast.Pow) and len(self.faults) == before:
            self._check_exponent(right)
        return ast.BinOp(left, node.op, right)

    def _check_exponent(self, exponent: ast.expr) -> None:
        if names_of(exponent) or not is_numeric(exponent):
            return
        value = evaluate(exponent, {})
        if isinstance(value, float) and not abs(value) <= MAX_EXPONENT:
            offset, length = place_of(exponent)
            message = f"the exponent {value:.6g} is too large"
            self.faults.append(Fault("EXP003", message, offset, length, f"the largest is {MAX_EXPONENT}"))

    def _call(self, node: ast.Call, depth: int) -> ast.Call:
        assert isinstance(node.func, ast.Name)
        token = self.operands[node.func.col_offset - 1]
        arguments = [self.convert(argument, depth) for argument in node.args]
        function = TABLE.get(token.text) if token.kind is Kind.NAME else None
        if function is None:
            self.faults.append(_unknown_function(token))
        elif len(arguments) < function.least or len(arguments) > (function.most or len(arguments)):
            self.faults.append(_wrong_count(token, len(arguments)))
        return ast.Call(ast.Name(token.text, ast.Load()), arguments, [])


def is_numeric(node: ast.expr) -> bool:
    """Whether a tree without faults can be evaluated although its types were not inferred: numbers only."""
    parts = list(ast.walk(node))
    leaves = [part for part in parts if isinstance(part, Quantity)]
    return all(leaf.type is not None and leaf.type.is_number for leaf in leaves) and not any(
        isinstance(part, ast.Compare | ast.BoolOp | ast.Not) for part in parts
    )


def names_of(node: ast.AST) -> dict[str, tuple[int, int]]:
    """The names that a tree uses with the place of their first use."""
    parts = list(ast.walk(node))
    functions = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    found: dict[str, tuple[int, int]] = {}
    names = [part for part in parts if isinstance(part, ast.Name) and id(part) not in functions]
    for name in sorted(names, key=lambda part: part.col_offset):
        found.setdefault(name.id, place_of(name))
    return found


def _unknown_function(token: Token) -> Fault:
    if token.text in CELL_FUNCTIONS:
        message = f"{token.text}() cannot be part of an expression"
        help = f"{token.text}(...) is a whole cell of a lane"
    else:
        message = f"unknown function '{shortened(token.text)}'"
        help = did_you_mean(token.text, TABLE, what="the functions are")
    return Fault("EXP021", message, token.offset, len(token.text), help)


_USAGES: Final = {
    "atan2": "atan2(y, x)",
    "clip": "clip(value, lowest, highest)",
    "hypot": "hypot(a, b)",
    "mod": "mod(a, b)",
    "min": "min(a, b, ...)",
    "max": "max(a, b, ...)",
    "round": "round(a); for other steps: round(a / step) * step",
}


def _wrong_count(token: Token, count: int) -> Fault:
    wanted = TABLE[token.text]
    number = f"{wanted.least} or more" if wanted.most is None else str(wanted.least)
    message = f"{token.text}() takes {number} value{'' if wanted.most == 1 else 's'}, and here are {count}"
    help = f"it is written {_USAGES.get(token.text, f'{token.text}(a)')}"
    return Fault("EXP022", message, token.offset, len(token.text), help)
