"""Values with units, and expressions over them, checked before they are evaluated."""

from shotlane.expression._call import CallExpression, parse_call
from shotlane.expression._dimension import DIMENSIONLESS, Dimension
from shotlane.expression._evaluate import Value
from shotlane.expression._expected import expected
from shotlane.expression._expression import Expression, parse, parse_literal
from shotlane.expression._fault import ExpressionError, Fault, UnitError
from shotlane.expression._figure import FIGURES, FigureCall, parse_figures
from shotlane.expression._reserved import FUNCTIONS, RESERVED, reserved_name_help
from shotlane.expression._tidy import tidy
from shotlane.expression._type import BOOLEAN, NUMBER, TEXT, Type, ValueKind, describe
from shotlane.expression._unit import Unit, parse_unit

__all__ = [
    "BOOLEAN",
    "DIMENSIONLESS",
    "FIGURES",
    "FUNCTIONS",
    "NUMBER",
    "RESERVED",
    "TEXT",
    "CallExpression",
    "Dimension",
    "Expression",
    "ExpressionError",
    "Fault",
    "FigureCall",
    "Type",
    "Unit",
    "UnitError",
    "Value",
    "ValueKind",
    "describe",
    "expected",
    "parse",
    "parse_call",
    "parse_figures",
    "parse_literal",
    "parse_unit",
    "reserved_name_help",
    "tidy",
]
