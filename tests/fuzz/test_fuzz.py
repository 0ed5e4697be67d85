"""Whatever is written, checking it ends soon, in bounded memory, with diagnostics and no traceback.

Every diagnostic points into the text and can be shown.
"""

import contextlib
import json
import random
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from shotlane.api import Options
from shotlane.api._find_station import resolve_document
from shotlane.api._prepare import prepare_document
from shotlane.diagnostics import Report, render_text
from shotlane.document import read_text
from shotlane.expression import (
    NUMBER,
    TEXT,
    ExpressionError,
    Fault,
    UnitError,
    parse,
    parse_call,
    parse_unit,
)
from shotlane.instruments import check_instrument
from shotlane.model import json_schema

REPOSITORY = Path(__file__).parents[2]
GOOD = sorted([*REPOSITORY.glob("sequences/*.yaml"), *REPOSITORY.glob("stations/*.yaml")])
CATALOGUE = sorted((REPOSITORY / "src/shotlane/instruments/catalogue").glob("*.yaml"))
SLOWEST_S = 5.0  # of this thread, for one document; a sound one takes 20 ms
FEW = settings(
    deadline=None,
    max_examples=examples(120),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NASTY = [
    "*a",
    "&a",
    "<<: ",
    "!!int ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\t",
    "'",
    '"',
    "|\n",
    ">\n",
    "%",
    "@",
    "---\n",
    "...",
    "# ",
    "\\",
    "~",
    "null",
    "9" * 400,
    "1e400",
    "-1",
    "0 s",
    "..",
    "ramp(",
    "pulse(",
    "otherwise",
    "end - ",
    "**",
    "if",
    "not",
    "lambda: 0",
    "__class__",
    "\u2028",
    "\ufeff",
    "ß",
    "𝔘",
    "{linspace: [0, 1, 1000000000]}",
    "{arange: [0, 1, 1e-300]}",
    "repeat: 99999999",
]


def check(text: str, path: Path) -> Report:
    """The messages of a text that stands where a good document stands."""
    report = Report()
    document = read_text(text, "fuzz.yaml", report)
    if document is None:
        assert len(report), "nothing can be used, and nobody says why"
        return report
    if path.parent.name == "sequences":
        prepare_document(path, document, report, Options())
    elif path.parent.name == "stations":
        resolve_document(path, document, report)
    else:
        check_instrument(document, report)
    return report


def agrees(text: str, path: Path) -> None:
    before = time.thread_time()
    report = check(text, path)
    assert time.thread_time() - before < SLOWEST_S
    for item in report:
        if item.span is not None:
            assert 0 <= item.span.start <= item.span.end <= len(item.span.source.text)
    assert render_text(report).count("\n      = help:") >= len(report.errors)


def slip(text: str, chance: random.Random) -> str:
    """One small change anywhere."""
    at = chance.randrange(len(text) + 1)
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            return text[:at] + chance.choice(NASTY) + text[at:]
        case 1:
            return text[:at] + text[at + chance.randrange(1, 12) :]
        case 2:
            lines[line] = " " * chance.randrange(8) + lines[line].lstrip()
        case 3:
            lines.insert(line, chance.choice(lines))
        case 4:
            del lines[line]
        case _:
            key, colon, _ = lines[line].partition(": ")
            lines[line] = key + colon + chance.choice(NASTY)
    return "\n".join(lines)


@FEW
@given(st.sampled_from([*GOOD, *CATALOGUE]), st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_damaged_document_gives_diagnostics(path: Path, chance: random.Random, slips: int) -> None:
    text = path.read_text(encoding="utf-8")
    for _ in range(slips):
        text = slip(text, chance)
    agrees(text, path)


@FEW
@given(st.sampled_from([GOOD[0], CATALOGUE[0]]), st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_gives_diagnostics(path: Path, text: str) -> None:
    agrees(text, path)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.sampled_from(
        [
            "1 s",
            "5 degC",
            "T",
            "t",
            "ramp()",
            "ramp(1, 2)",
            "pulse(1 s)",
            "tare()",
            "He",
            "end",
            "50 Hz",
            "T * 2 K",
            "keep",
            "start",
            "abs(T) > 1",
            "x y",
            "",
            " ",
            "'q'",
            *NASTY,
        ]
    ),
)
KEYS = st.sampled_from(
    [
        "heat",
        "soak",
        "otherwise",
        "heat..soak",
        "T",
        "x",
        "at",
        "value",
        "do",
        "set",
        "record",
        "read",
        "call",
        "every",
        "initial",
        "linspace",
        "arange",
        "random",
        "points",
        "repeat",
        "when",
        "concat",
        "until",
        "for",
        "timeout",
        "ask",
        "shuffle",
        "<<",
        "furnace.setpoint",
        "gas.shutoff",
        "gas.gas_select",
        "furnace",
        "balance",
        "balance.mass",
        "limits",
        "safe",
        "options",
        "instrument",
        "resource",
        "driver",
        "holding",
        "query",
        "reply",
        "type",
        "unit",
        "min",
        "max",
        "access",
        "calibration",
        "table",
        "lag",
        "tau",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=14,
)


@st.composite
def shaped(draw: st.DrawFn) -> tuple[str, Path]:
    """A document with the right keys at the top and anything below them."""
    kind, path = draw(
        st.sampled_from([("sequence", GOOD[0]), ("station", GOOD[-1]), ("instrument", CATALOGUE[0])])
    )
    keys = sorted(json_schema(kind)["properties"])  # type: ignore[arg-type]
    data: dict[str, Any] = draw(st.dictionaries(st.sampled_from(keys), VALUES, max_size=8))
    if kind == "sequence" and draw(st.booleans()):
        data |= {"sequence": "fuzz", "station": "demo", "timeline": [{"heat": "1 s"}, {"soak": "T"}]}
        data.setdefault("parameters", {"T": "2 s"})
    if kind == "station" and draw(st.booleans()):
        data |= {"station": "fuzz"}
    return json.dumps(data), path


@settings(FEW, max_examples=examples(250))
@given(shaped())
def test_right_keys_with_wrong_values_give_diagnostics(made: tuple[str, Path]) -> None:
    agrees(*made)


TOKENS = st.sampled_from(
    [
        "T",
        "x",
        "t",
        "1",
        "2.5",
        "1e3",
        "5 K",
        "60 degC",
        "20 cm**3/min",
        "5 V/s",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "**",
        "<",
        ">=",
        "==",
        "and",
        "or",
        "not",
        "if",
        "else",
        "sin",
        "max",
        "clip",
        ",",
        "on",
        "off",
        "'He'",
        ".",
        "..",
        "=",
        "shape=",
        "lambda",
        "[",
        "]",
        "{",
        "}",
        "@",
        "\\",
        "__",
        "é",
        "²",
        "0x1",
        "1_0",
        "%",
        "^",
        " ",
    ]
)


@settings(FEW, max_examples=examples(500))
@given(st.lists(TOKENS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_expression_is_parsed_or_refused(text: str) -> None:
    names = {"T": NUMBER, "x": TEXT}
    faults: list[Fault] = []
    for read in (lambda: parse(text, names=names).infer(names), lambda: parse_call(text, names=names)):
        try:
            read()
        except ExpressionError as error:
            faults += error.faults
    assert all(0 <= fault.offset <= len(text) and fault.message for fault in faults)
    with contextlib.suppress(UnitError):
        parse_unit(text)


@pytest.mark.parametrize(
    "text",
    [
        "sequence: a\nparameters:\n" + "".join(f"  p{n}: {'(' * 200}1{')' * 200}\n" for n in range(200)),
        "sequence: a\ntimeline: " + "[" * 5000 + "]" * 5000,
        "sequence: a\nparameters: {T: 1 K, U: 1 K, V: 1 K}\ntimeline: [{heat: 1 s}]\nsweep:\n"
        + "".join(f"  - {name}: {{linspace: [1 K, 2 K, 100000]}}\n" for name in "TUV"),
        "a: &a [x, x]\n"
        + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(2000)),
        "sequence: a\nparameters: {a: 1}\ntimeline: [{heat: 1 s}]\nlanes: {"
        + ", ".join(f"x{n}.y: {{set: {{heat: 'a' }}}}" for n in range(3000))
        + "}",
    ],
    ids=["parentheses", "brackets", "points", "aliases", "lanes"],
)
def test_memory_and_time_are_bounded(text: str) -> None:
    before = time.thread_time()
    tracemalloc.start()
    try:
        check(text, GOOD[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 150e6
    assert time.thread_time() - before < 30  # tracing makes it several times slower
