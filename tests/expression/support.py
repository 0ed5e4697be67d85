"""Names with types and values that the tests of expressions use."""

from collections.abc import Mapping

from shotlane.expression import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Expression,
    ExpressionError,
    Fault,
    Type,
    Value,
    parse,
    parse_unit,
)


def unit_type(text: str) -> Type:
    return parse_unit(text).type


TYPES: Mapping[str, Type] = {
    "T": unit_type("degC"),
    "T_soak": unit_type("degC"),
    "dT": unit_type("K"),
    "rate": unit_type("K/s"),
    "t": unit_type("s"),
    "duration": unit_type("s"),
    "V_set": unit_type("V"),
    "flow": unit_type("cm**3/min"),
    "x": NUMBER,
    "y": NUMBER,
    "ready": BOOLEAN,
    "gas": TEXT,
    "furnace.temperature": unit_type("degC"),
    "laser.power": unit_type("mW"),
}


def infer(text: str) -> Type:
    return parse(text, names=TYPES).infer(TYPES)


def value(text: str, **values: Value) -> Value:
    return parse(text, names=TYPES).evaluate(values)


def ready(text: str) -> Expression:
    expression = parse(text, names=TYPES)
    expression.infer(TYPES)
    return expression


def faults(text: str) -> tuple[Fault, ...]:
    """What is wrong with a text, from reading or typing it; empty when it is sound."""
    try:
        ready(text)
    except ExpressionError as error:
        return error.faults
    return ()


def fault(text: str) -> Fault:
    """The one fault of a text."""
    found = faults(text)
    assert len(found) == 1, found
    return found[0]


def marked(text: str) -> str:
    """The part of a text that its one fault points at."""
    only = fault(text)
    assert only.length > 0
    return text[only.offset : only.offset + only.length]
