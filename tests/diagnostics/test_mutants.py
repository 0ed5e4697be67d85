"""Good sequences with mechanical slips: k slips give exactly k messages, each on its line."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnostics.marked import expected, told
from tests.diagnostics.mutate import SEQUENCES, Mutant, mutants, mutated

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
