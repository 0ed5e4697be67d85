"""Good sequences with mechanical slips: k slips give exactly k messages, each on its line."""

import random
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnostics.marked import expected, told
from tests.diagnostics.mutate import SEQUENCES, Mutant, mutants, mutated, places
from tests.examples import examples

from shotlane.api import Options
from shotlane.api._prepare import prepare_document
from shotlane.diagnostics import Report, render_text
from shotlane.document import read_text

SINGLE = [(path, mutant) for path in SEQUENCES for mutant in mutants(path)]


def check(text: str, path: Path) -> Report:
    """All messages of a text, as if it stood in the file."""
    report = Report()
    document = read_text(text, "mutant.yaml", report)
    if document is not None:
        prepare_document(path, document, report, Options())
    return report


def agrees(path: Path, chosen: list[Mutant], folder: Path) -> None:
    text = mutated(path.read_text(encoding="utf-8"), chosen)
    copy = folder / "mutant.yaml"
    copy.write_text(text, encoding="utf-8")
    marks, report = expected(copy), check(text, path)
    found = told(report.errors, marks)
    assert sorted(found, key=str) == sorted(marks, key=str), render_text(report)


@pytest.mark.parametrize(
    ("path", "mutant"),
    SINGLE,
    ids=[f"{path.stem}-{mutant.line}-{mutant.slip}".replace(" ", "_") for path, mutant in SINGLE],
)
def test_a_slip_gives_one_message_at_its_line(path: Path, mutant: Mutant, tmp_path: Path) -> None:
    agrees(path, [mutant], tmp_path)


def test_there_are_enough_slips() -> None:
    assert len({mutant.slip for _, mutant in SINGLE}) >= 30
    assert len(SINGLE) >= 150


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
def test_a_parameter_without_its_unit_is_one_mistake_wherever_it_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for number, line, where in places(text):
        bare = re.sub(r"(?<=: )(\d[\d.]*) [^#*/\s]\S*(?=$|\s+#)", r"\1", line)
        if where.section == "parameters" and where.lane and bare != line:
            lines = text.split("\n")
            lines[number - 1] = bare
            report = check("\n".join(lines), path)
            assert len(report.errors) <= 1, render_text(report)


@settings(deadline=None, max_examples=examples(60))
@given(st.sampled_from(SEQUENCES), st.randoms(use_true_random=False), st.integers(2, 6))
def test_several_slips_give_as_many_messages(path: Path, chance: random.Random, count: int) -> None:
    leaves = mutants(path, leaves_only=True)
    known = sorted({mutant.line for mutant in leaves})
    lines = chance.sample(known, k=min(count, 4, len(known)))
    chosen = [chance.choice([mutant for mutant in leaves if mutant.line == line]) for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        agrees(path, chosen, Path(folder))
