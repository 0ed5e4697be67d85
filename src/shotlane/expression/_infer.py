"""Types of expressions, found without evaluating them. A faulty part is silent about what depends on it."""

import ast
from collections.abc import Mapping
from typing import Final

from shotlane.diagnostics import did_you_mean, nearest
from shotlane.expression import _unit_table
from shotlane.expression._dimension import ANGLE, DIMENSIONLESS, TEMPERATURE, Dimension
from shotlane.expression._evaluate import evaluate
from shotlane.expression._expected import dimension_help
from shotlane.expression._fault import Fault, shortened
from shotlane.expression._node import Quantity, place_of
from shotlane.expression._reserved import CELL_FUNCTIONS, FUNCTIONS
from shotlane.expression._tree import names_of
from shotlane.expression._type import BOOLEAN, NUMBER, Type, ValueKind, describe
from shotlane.expression._unit import parse_unit

_VERBS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "added",
    ast.Sub: "subtracted",
    ast.Mult: "multiplied",
    ast.Div: "divided",
    ast.Pow: "raised to a power",
}
# How people call the two states of a switch, a valve, a shutter.
_STATES: Final = {"yes", "no", "open", "opened", "closed", "shut", "enabled", "disabled", "high", "low"}
_EQUALITIES: Final = (ast.Eq, ast.NotEq)


class Inference:
    """Walks one tree; `faults` holds what is wrong, each mistake once."""

    def __init__(self, text: str, types: Mapping[str, Type]) -> None:
        self.text = text
        self.types = types
        self.faults: list[Fault] = []
        self._unknown: set[str] = set()
        self._beside_text = False  # whether names are compared with a text

    def visit(self, node: ast.expr) -> Type | None:
        """Type of a node; None when a fault was found in it."""
        match node:
            case Quantity():
                return node.type
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.BoolOp():
                return self._logic(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp():
                return self._choice(node)
            case ast.Call():
                return self._call(node)
        raise AssertionError(f"{type(node).__name__} cannot be in a tree")

    def _fault(self, code: str, message: str, node: ast.expr, help: str | None = None) -> Type | None:
        """Keep a fault; the None that it returns is the type of a faulty node."""
        offset, length = place_of(node)
        self.faults.append(Fault(code, message, offset, length, help))
        return None

    def _shown(self, node: ast.expr) -> str:
        offset, length = place_of(node)
        return f"'{shortened(self.text[offset : offset + length])}'"

    def _name(self, node: ast.Name) -> Type | None:
        if node.id in self.types:
            return self.types[node.id]
        if node.id not in self._unknown:
            self._unknown.add(node.id)
            self._fault("EXP020", f"unknown name '{shortened(node.id)}'", node, self._unknown_help(node.id))
        return None

    def _is_text(self, node: ast.expr) -> bool:
        known = self.types.get(node.id) if isinstance(node, ast.Name) else getattr(node, "type", None)
        return known is not None and known.kind is ValueKind.TEXT

    def _unknown_help(self, name: str) -> str:
        names = [known for known in self.types if not known.startswith("_")]  # others stand for figures
        if self._beside_text and nearest(name, names) is None:
            return f"a text stands in inner quotes: '{name}'"
        if name in {"t", "duration", "end"}:
            return f"'{name}' is known only inside a cell of a lane"
        known = nearest(name, names)
        if (known is None or len(name) < 3) and "." not in name and _unit_table.look_up(name):
            return f"a unit stands with its number and has no space inside: 1 {name}, 5 N*m"
        if name in FUNCTIONS | CELL_FUNCTIONS:
            return f"a function is written with its values: {name}(...)"
        if name.lower() in _STATES and nearest(name, names) is None:
            return "booleans are written on and off, or true and false"
        return did_you_mean(name, names, what="known names")

    def _number(self, node: ast.expr, purpose: str) -> Type | None:
        """Type of a node that must be a number."""
        found = self.visit(node)
        if found is not None and not found.is_number:
            self._fault("EXP031", f"{self._shown(node)} is {describe(found)} and cannot be {purpose}", node)
            return None
        return found

    def _condition(self, node: ast.expr) -> Type | None:
        found = self.visit(node)
        if found is not None and found.kind is not ValueKind.BOOLEAN:
            help = "a condition is a boolean or a comparison such as a > b"
            self._fault("EXP031", f"{self._shown(node)} is {describe(found)}, not a condition", node, help)
            return None
        return found

    def _unary(self, node: ast.UnaryOp) -> Type | None:
        if isinstance(node.op, ast.Not):
            return BOOLEAN if self._condition(node.operand) else None
        found = self._number(node.operand, "given a sign")
        if found is not None and found.point and isinstance(node.op, ast.USub):
            return self._point_fault(node, "negated", node.operand)
        return found

    def _binary(self, node: ast.BinOp) -> Type | None:
        verb = _VERBS[type(node.op)]
        left, right = self._number(node.left, verb), self._number(node.right, verb)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Add | ast.Sub):
            return self._sum(node, left, right)
        if isinstance(node.op, ast.Pow):
            return self._power(node, left, right)
        if left.point or right.point:
            return self._point_fault(node, verb, node.left, node.right)
        both = (left.dimension, right.dimension)
        dimension = both[0] * both[1] if isinstance(node.op, ast.Mult) else both[0] / both[1]
        return _scaled(left, right, dimension)

    def _sum(self, node: ast.BinOp, left: Type, right: Type) -> Type | None:
        verb = _VERBS[type(node.op)]
        if left.dimension != right.dimension:
            return self._mismatch(node, verb, (node.left, left), (node.right, right))
        if isinstance(node.op, ast.Add):
            if left.point and right.point:
                return self._point_fault(node, "added to another point", node.right, node.left)
            return Type(left.kind, left.dimension, left.point or right.point, _spreads(left, right))
        if left.point:
            return Type(left.kind, left.dimension, not right.point, right.point)
        if right.point and left.is_difference:
            return self._point_fault(node, "subtracted from a difference", node.right)
        return Type(left.kind, left.dimension, False, right.point or _spreads(left, right))

    def _power(self, node: ast.BinOp, base: Type, exponent: Type) -> Type | None:
        if base.point or exponent.point:
            return self._point_fault(node, "raised to a power", node.left, node.right)
        if not exponent.dimension.is_plain:
            message = f"the exponent {self._shown(node.right)} is {describe(exponent)}, not a plain number"
            return self._fault("EXP033", message, node.right)
        if base.dimension.is_plain:
            return NUMBER
        if names_of(node.right):
            message = f"{self._shown(node.left)} is {describe(base)}: its exponent must be a constant"
            help = "divide by a unit first, or write the exponent as a number"
            return self._fault("EXP033", message, node.right, help)
        value = evaluate(node.right, {})
        if not isinstance(value, float) or not abs(value) <= 20:
            message = f"{self._shown(node.left)} is {describe(base)}: its exponent is too large"
            return self._fault("EXP033", message, node.right, "the largest exponent of a quantity is 20")
        return Type(ValueKind.NUMBER, base.dimension**value)

    def _logic(self, node: ast.BoolOp) -> Type | None:
        found = [self._condition(value) for value in node.values]
        return BOOLEAN if all(found) else None

    def _compare(self, node: ast.Compare) -> Type | None:
        sides = [node.left, *node.comparators]
        self._beside_text = any(self._is_text(side) for side in sides)
        found = [(side, self.visit(side)) for side in sides]
        self._beside_text = False
        for comparison, left, right in zip(node.ops, found, found[1:], strict=False):
            if left[1] is None or right[1] is None or not self._comparable(node, comparison, left, right):
                return None
        return BOOLEAN

    def _comparable(
        self,
        node: ast.expr,
        comparison: ast.cmpop,
        left: tuple[ast.expr, Type | None],
        right: tuple[ast.expr, Type | None],
    ) -> bool:
        assert left[1] is not None
        assert right[1] is not None
        if left[1].kind is right[1].kind and not left[1].is_number:
            if not isinstance(comparison, _EQUALITIES):
                message = f"{describe(left[1])} is neither smaller nor larger than another"
                self._fault("EXP031", message, node, "compare with == or !=")
                return False
            return True
        return self._alike(node, "compared", (left[0], left[1]), (right[0], right[1])) is not None

    def _alike(
        self, node: ast.expr, verb: str, left: tuple[ast.expr, Type], right: tuple[ast.expr, Type]
    ) -> Type | None:
        """The common type of two values that are compared, chosen from, or put side by side."""
        (first, a), (second, b) = left, right
        if a.kind is not b.kind:
            message = f"{self._shown(first)} is {describe(a)} and {self._shown(second)} is {describe(b)}"
            return self._fault("EXP031", f"{message}: they cannot be {verb}", node)
        if a.dimension != b.dimension:
            return self._mismatch(node, verb, left, right)
        if (a.point and b.is_difference) or (b.point and a.is_difference):
            point, other = (first, second) if a.point else (second, first)
            return self._point_fault(node, f"{verb} with the difference {self._shown(other)}", point)
        return Type(a.kind, a.dimension, a.point or b.point, _spreads(a, b))

    def _choice(self, node: ast.IfExp) -> Type | None:
        condition = self._condition(node.test)
        body, orelse = self.visit(node.body), self.visit(node.orelse)
        if condition is None or body is None or orelse is None:
            return None
        return self._alike(node, "alternatives", (node.body, body), (node.orelse, orelse))

    def _mismatch(
        self, node: ast.expr, verb: str, left: tuple[ast.expr, Type], right: tuple[ast.expr, Type]
    ) -> Type | None:
        (first, a), (second, b) = left, right
        message = f"{self._shown(first)} is {describe(a)} and {self._shown(second)} is {describe(b)}"
        # The plain number or the wrong letter is the likelier mistake, whichever side it stands on.
        wanted, (part, found) = (b, left) if a.dimension == DIMENSIONLESS else (a, right)
        if b.dimension == TEMPERATURE:
            wanted, (part, found) = b, left
        unit = "K" if verb in {"added", "subtracted"} or not wanted.point else "degC"
        named = wanted.point and isinstance(part, ast.Name | ast.Attribute)  # a point or a difference
        shown = parse_unit(unit) if wanted.dimension == TEMPERATURE and not named else None
        offset, length = place_of(part)
        written = self.text[offset : offset + length]
        help = dimension_help(wanted.dimension, found.dimension, text=written, unit=shown)
        return self._fault("EXP030", f"{message}: they cannot be {verb}", node, help)

    def _point_fault(self, node: ast.expr, verb: str, *parts: ast.expr) -> Type | None:
        """A point on a scale used like an amount. The help shows a literal as a difference."""
        point = next((part for part in parts if self._is_point(part)), parts[0])
        literal = next((part for part in parts if isinstance(part, Quantity) and part.is_point), None)
        found = self.visit_quietly(point)
        temperature = found is None or found.dimension == TEMPERATURE
        scale, step = (
            ("a temperature on a scale", "K") if temperature else ("a level against a reference", "dB")
        )
        amount = "1"
        if literal is not None and literal.unit is not None and literal.number is not None:
            amount = f"{literal.number * literal.unit.factor:.6g}"
        message = f"{self._shown(point)} is {scale} and cannot be {verb}"
        return self._fault(
            "EXP032", message, node, f"a difference is written in {step}: write {amount} {step}"
        )

    def visit_quietly(self, node: ast.expr) -> Type | None:
        """Type of a node that was visited before, without telling its faults again."""
        return Inference(self.text, self.types).visit(node)

    def _is_point(self, node: ast.expr) -> bool:
        found = self.visit_quietly(node)
        return found is not None and found.point

    def _call(self, node: ast.Call) -> Type | None:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        found = [(part, self._number(part, f"a value of {name}()")) for part in node.args]
        values = [(part, known) for part, known in found if known is not None]
        if len(values) < len(found):
            return None
        match name:
            case "min" | "max" | "clip":
                return self._together(node, name, values)
        for part, known in values:
            if known.point:
                return self._point_fault(node, f"a value of {name}()", part)
        match name:
            case "hypot" | "mod" | "atan2":
                common = self._together(node, name, values)
                return Type(ValueKind.NUMBER, ANGLE) if common and name == "atan2" else common
            case "abs":
                return values[0][1]
            case "sign":
                return NUMBER
            case "sqrt":
                return Type(ValueKind.NUMBER, values[0][1].dimension ** 0.5)
            case "sin" | "cos" | "tan":
                return self._takes(
                    node, name, values[0], (ANGLE, DIMENSIONLESS), "an angle or a plain number"
                )
        result = Type(ValueKind.NUMBER, ANGLE) if name in {"asin", "acos", "atan"} else NUMBER
        return result if self._takes(node, name, values[0], (DIMENSIONLESS,), "a plain number") else None

    def _takes(
        self,
        node: ast.Call,
        name: str,
        value: tuple[ast.expr, Type],
        dimensions: tuple[Dimension, ...],
        wanted: str,
    ) -> Type | None:
        part, found = value
        if found.dimension in dimensions:
            return NUMBER
        message = f"{name}() takes {wanted}, and {self._shown(part)} is {describe(found)}"
        help = dimension_help(DIMENSIONLESS, found.dimension)
        if name in {"floor", "ceil", "round"}:
            help = f"say which unit is counted: {name}(a / step) * step"
        return self._fault("EXP030", message, part, help)

    def _together(self, node: ast.Call, name: str, values: list[tuple[ast.expr, Type]]) -> Type | None:
        part, common = values[0]
        for value in values[1:]:
            found = self._alike(node, f"values of one {name}()", (part, common), value)
            if found is None:
                return None
            common = found
        return common


def _spreads(a: Type, b: Type) -> bool:
    """Whether values that are no points are known to be differences."""
    return (a.difference or b.difference) and not (a.point or b.point)


def _scaled(left: Type, right: Type, dimension: Dimension) -> Type:
    """A product. A difference times a plain number stays one."""
    difference = (left.difference and right.dimension.is_plain) or (
        right.difference and left.dimension.is_plain
    )
    return Type(ValueKind.NUMBER, dimension, difference=difference and not dimension.is_plain)
