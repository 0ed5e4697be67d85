"""The leaves of an expression tree and the places of its nodes."""

import ast
from typing import Any

from shotlane.expression._type import Type
from shotlane.expression._unit import Unit


class Quantity(ast.Constant):
    """A constant. `value`: numpy float in SI, numpy bool, or text; `type` None: its unit cannot be used.

    `number` is what stands before `unit`, with its sign where that was folded into it.
    """

    # The defaults are for pickling, which makes an empty node and fills it.
    def __init__(
        self,
        value: Any = None,
        type: Type | None = None,
        unit: Unit | None = None,
        number: float | None = None,
    ) -> None:
        super().__init__(value)
        self.type = type
        self.unit = unit
        self.number = number
        self.signed = False

    @property
    def is_point(self) -> bool:
        """Whether it is a reading on a scale."""
        return self.type is not None and self.type.point


def place_of(node: ast.expr) -> tuple[int, int]:
    """Offset and length of a node in the text."""
    end = node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1
    return node.col_offset, end - node.col_offset
