"""Evaluation by simpleeval over single values and over whole columns.

Only the nodes and operators listed here exist for the evaluator. It works in SI floats of numpy; nothing
raises for a number and nothing warns: a division by zero gives an infinity or nan, which the consumer checks.
A column equals its points bit for bit: every operation is pointwise and total, so a choice may evaluate both
branches and take from each what the condition says.
"""

import ast
import operator
import threading
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from simpleeval import SimpleEval

from shotlane.expression._function import TABLE, power
from shotlane.expression._node import Quantity

Value = float | bool | str | NDArray[Any]

_OPERATORS: Final[dict[type[ast.AST], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CALLS: Final = {name: function.call for name, function in TABLE.items()}


class _Evaluator(SimpleEval):  # type: ignore[misc]  # simpleeval has no annotations
    """simpleeval with the nodes of a tree of ours and nothing else."""

    def __init__(self) -> None:
        super().__init__(operators=dict(_OPERATORS), functions=dict(_CALLS), names={})
        self.nodes = {
            Quantity: self._eval_constant,
            ast.Name: self._eval_name,
            ast.UnaryOp: self._eval_unaryop,
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Compare: self._eval_compare,
            ast.IfExp: self._eval_ifexp,
            ast.Call: self._eval_call,
        }

    def _eval_name(self, node: ast.Name) -> Any:
        return self.names[node.id]

    def _eval_boolop(self, node: ast.BoolOp) -> Any:
        """`and`, `or`; a scalar that decides ends it, as in Python."""
        decisive = isinstance(node.op, ast.Or)
        combine = np.logical_or if decisive else np.logical_and
        result = self._eval(node.values[0])
        for value in node.values[1:]:
            if np.ndim(result) == 0 and bool(result) is decisive:
                break
            result = combine(result, self._eval(value))
        return result

    def _eval_compare(self, node: ast.Compare) -> Any:
        """A chain of comparisons holds where every one of them does."""
        left, result = self._eval(node.left), None
        for comparison, side in zip(node.ops, node.comparators, strict=True):
            right = self._eval(side)
            holds = self.operators[type(comparison)](left, right)
            result = holds if result is None else np.logical_and(result, holds)
            left = right
        return result

    def _eval_ifexp(self, node: ast.IfExp) -> Any:
        """For a column, both branches, and of each only the points that the condition gives to it."""
        condition = self._eval(node.test)
        if np.ndim(condition) == 0:
            return self._eval(node.body if condition else node.orelse)
        body, orelse = self._eval(node.body), self._eval(node.orelse)
        if isinstance(body, str) or np.asarray(body).dtype.kind == "O":
            body, orelse = np.asarray(body, dtype=object), np.asarray(orelse, dtype=object)
        return np.where(condition, body, orelse)


class _PerThread(threading.local):
    """simpleeval keeps the names of the evaluation in itself, so each thread has its own."""

    def __init__(self) -> None:
        self.evaluator = _Evaluator()


_EVALUATORS: Final = _PerThread()


def evaluate(tree: ast.expr, values: Mapping[str, Value]) -> Value:
    """Value of a tree whose types were inferred; `values` must hold every name that it uses."""
    evaluator = _EVALUATORS.evaluator
    evaluator.names = {name: _inward(value) for name, value in values.items()}
    try:
        with np.errstate(all="ignore"):
            return _outward(evaluator.eval("", tree))
    finally:
        evaluator.names = {}


def _inward(value: Value) -> Any:
    """A value as numpy calculates with it: Python's own floats raise where numpy's give an infinity."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        column = value if value.dtype.kind in "bO" else value.astype(np.float64, copy=False)
        return column if column.ndim else column[()]
    if isinstance(value, bool | np.bool_):
        return np.bool_(value)
    return np.float64(value)


def _outward(value: Any) -> Value:
    if isinstance(value, np.ndarray) and value.ndim:
        return value
    if isinstance(value, str):
        return value
    return bool(value) if isinstance(value, bool | np.bool_) else float(value)
