"""Nothing that a user can type escapes, takes long, takes memory, or ends in a traceback."""

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expression.support import TYPES, faults

from shotlane.diagnostics import CODES
from shotlane.expression import ExpressionError, Value, parse, parse_call

ATTACKS = [
    "__import__('os')",
    "().__class__.__bases__[0].__subclasses__()",
    "(1).__class__",
    "x.__class__",
    "x.__class__.__mro__",
    "''.__class__",
    "'a'.format(x)",
    "'{0.__class__}'.format(1)",
    "t.real",
    "x.real.__class__",
    "__builtins__",
    "_",
    "__",
    "eval('1')",
    "exec('1')",
    "open('f')",
    "getattr(x, 'y')",
    "globals()",
    "print(1)",
    "int(1)",
    "rand()",
    "randint(5)",
    "str(1)",
    "lambda: 1",
    "(lambda x: x)(1)",
    "[x for x in (1, 2)]",
    "{x for x in y}",
    "{1: 2}",
    "[1, 2][0]",
    "(x for x in y)",
    "x[0]",
    "x[0:1]",
    "x, y",
    "(x, y)",
    "()",
    "sin(*x)",
    "sin(**x)",
    "sin(x=1)",
    "min(x, key=y)",
    "f'{x}'",
    "b'abc'",
    "r'abc'",
    "u'abc'",
    "'a' 'b'",
    "'a' * 9",
    "'a' + 'b'",
    "x := 1",
    "(x := 1)",
    "x = 1",
    "x += 1",
    "x; y",
    "x\n;import os",
    "import os",
    "from os import path",
    "del x",
    "pass",
    "yield x",
    "await x",
    "async x",
    "return 1",
    "raise x",
    "assert x",
    "while on: x",
    "x if y",
    "x is y",
    "x in y",
    "x not in y",
    "x // y",
    "x % y",
    "x @ y",
    "x << 9",
    "x >> 9",
    "x & y",
    "x | y",
    "x ^ y",
    "~x",
    "x ? y : 1",
    "x # comment",
    "x \\\n + y",
    "`x`",
    "$x",
    "x!",
    "0x10",
    "0b1",
    "0o7",
    "1j",
    "5 _",
    "None",
    "Ellipsis",
    "...",
    "x...",
    "x..y",
    ".",
    "'unclosed",
    "\"mixed'",
    "'a\\x41'",
    "'''a'''",
    "ｓｉｎ(x)",
    "ѕin(x)",
    "х + 1",
    "x\u200b",
    "\ufeffx",
    "x\u00a0+ y\u202e",
    "１ + 1",
    "x\x00y",
    "x ² + 1",
    ".²",
    "1 + .٣",
    "𝓍",
    "ﬁ",
    "9**9**9",
    "9**9**9**9",
    "x**(9**9)",
    "2**-99999",
    "x ** 1e9",
    "1" * 400,
    "1e999",
    "9" * 5000,
    "'" + "a" * 5000 + "'",
    "(" * 1000 + "1" + ")" * 1000,
    "(" * 3000,
    "-" * 3000 + "1",
    "not " * 900 + "on",
    "1+" * 1900 + "1",
    "x**" * 900 + "1",
    "sin(" * 300 + "x" + ")" * 300,
    "1 if on else " * 290 + "1",
    "x if x if x",
    "a" * 3999,
    "a." * 1900 + "a",
    "5 " + "m*" * 1900 + "m",
    "5 " + "m**20*" * 600 + "m",
    "5 m**" + "9" * 3000,
    "5 m**999999999",
    "5 m**0." + "0" * 3000 + "1",
    "5 Ym**20*Ym**20",
    "5 ym**20",
    "1e300 Ym",
    "min(" + "x," * 1500 + "x)",
    "x" + " " * 5000,
    "",
    "   ",
    "\n",
    "ramp()",
    "sin",
    "sin + 1",
    "t()",
    "5()",
    "(x)(y)",
    "laser.power()",
    "on()",
    "'a'()",
    "pi()",
    "x y",
    "x 5",
    "5 5",
    "* 5",
    "5 *",
    ", 5",
    "min(x,,y)",
    "min(,x)",
    "min(x,)",
    ")",
    "(",
    "x == not y",
    "else",
    "if",
    "and",
    "not",
]


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: ascii(text[:30]))
def test_refused_with_a_fault_before_it_costs_much(text: str) -> None:
    faults("5 Vlt")  # loads what a message about an unknown unit needs
    began = time.thread_time()
    found = faults(text)
    assert time.thread_time() - began < 5  # some 20 ms in quiet; what was not bounded would take for ever
    assert found
    assert all(item.code in CODES and 0 <= item.offset <= len(text) and item.length >= 0 for item in found)


@pytest.mark.parametrize(
    "text", [text for text in ATTACKS if len(text) > 300], ids=lambda text: ascii(text[:30])
)
def test_refused_within_fifty_megabytes(text: str) -> None:
    faults("5 Vlt")
    tracemalloc.start()
    try:
        faults(text)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_the_deepest_allowed_expression_is_evaluated() -> None:
    assert parse("1+" * 99 + "1").evaluate({}) == 100.0
    assert parse("(" * 39 + "1" + ")" * 39).evaluate({}) == 1.0


ALPHABET = "txT5.0 +-*/()<>=!,'\"eifnorad%^[]{}:;_\\\n\tµ°²VmKsCgpl1"


@given(st.text(alphabet=ALPHABET, max_size=40) | st.text(max_size=20))
def test_random_text_gives_a_value_or_a_fault(text: str) -> None:
    found = faults(text)
    assert all(item.code in CODES and item.message for item in found)
    if not found:
        parse(text, names=TYPES).infer(TYPES)


WORDS = st.sampled_from(
    [
        "x",
        "t",
        "T",
        "ready",
        "gas",
        "5",
        "5 V",
        "2 s",
        "20 degC",
        "1 K",
        "'a'",
        "on",
        "pi",
        "+",
        "-",
        "*",
        "/",
        "**",
        "(",
        ")",
        ",",
        "<",
        "==",
        "and",
        "or",
        "not",
        "if",
        "else",
        "sin(",
        "min(",
        "abs(",
        "clip(",
        "%",
        "=",
        "foo(",
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_random_words_are_evaluated_or_give_a_fault(text: str) -> None:
    if faults(text):
        return
    values: dict[str, Value] = {"x": 1.5, "t": 2.0, "T": 300.0, "ready": True, "gas": "He"}
    expression = parse(text, names=TYPES)
    found = expression.evaluate({name: values[name] for name in expression.names})
    kinds = {"number": float, "boolean": bool, "text": str}
    assert type(found) is kinds[expression.infer(TYPES).kind.value]


@given(st.lists(WORDS | st.sampled_from(["ramp(", "shape="]), max_size=12).map("".join))
def test_random_calls_are_read_or_give_a_fault(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse_call(text, names=TYPES)
