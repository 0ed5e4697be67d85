"""Good stations and instrument documents with one mechanical slip: one message each, at its line."""

from pathlib import Path

import pytest
from tests.diagnostics.mutate_bench import IN_INSTRUMENTS, IN_STATIONS, INSTRUMENTS, STATIONS, mutants

from shotlane.api._find_station import resolve_document
from shotlane.diagnostics import Report, render_text
from shotlane.document import read_text
from shotlane.instruments import check_instrument


def check(text: str, path: Path) -> Report:
    """All messages of a text, as if it stood in the file."""
    report = Report()
    document = read_text(text, "mutant.yaml", report)
    if document is not None and path in STATIONS:
        resolve_document(path, document, report)
    elif document is not None:
        check_instrument(document, report)
    return report


@pytest.mark.parametrize("path", [*STATIONS, *INSTRUMENTS], ids=lambda path: path.stem)
def test_a_slip_gives_one_message_at_its_line(path: Path) -> None:
    for slip, line, text in mutants(path):
        report = check(text, path)
        found = [(item.code, item.span.line if item.span else 0) for item in report]
        # A key that stands twice is told at the second one.
        at = line + (slip.code == "YAML002" and path in INSTRUMENTS)
        assert found == [(slip.code, at)], f"{slip.name}, line {line}\n{render_text(report)}"


def test_every_slip_fits_somewhere() -> None:
    made = {
        (path in STATIONS, slip.name) for path in (*STATIONS, *INSTRUMENTS) for slip, _, _ in mutants(path)
    }
    assert made == {(True, slip.name) for slip in IN_STATIONS} | {
        (False, slip.name) for slip in IN_INSTRUMENTS
    }
