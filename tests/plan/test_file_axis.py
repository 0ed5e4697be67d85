"""Axes from a column of a CSV file."""

from pathlib import Path

import pytest
from tests.plan.table import compiled

from shotlane.diagnostics import Diagnostic

HEAD = """\
sequence: test
parameters: {T: 20 degC, n: 1, on_: false, laser: {power: 1 mW}}
labels: {gas: He}
timeline: [{a: 1 s}]
sweep:
"""


def points(folder: Path, csv: str, sweep: str) -> dict[str, list[object]]:
    (folder / "points.csv").write_text(csv, encoding="utf-8")
    plan, report = compiled(HEAD + sweep, folder=folder)
    assert plan is not None, [item.message for item in report]
    assert plan.files == {"points.csv": csv.removeprefix("\ufeff").replace("\r\n", "\n")}
    return {
        name: column.tolist() for name, column in plan.points.columns.items() if name in plan.points.swept
    }


def fault(folder: Path, csv: str, sweep: str) -> Diagnostic:
    (folder / "points.csv").write_text(csv, encoding="utf-8")
    plan, report = compiled(HEAD + sweep, folder=folder)
    assert plan is None
    (only,) = report.errors
    return only


def test_a_header_may_hold_the_unit(tmp_path: Path) -> None:
    csv = "T (degC),n\n40,1\n60.5,2\n"
    assert points(tmp_path, csv, "  - T: {file: points.csv}\n") == {"T": [40.0, 60.5]}
    assert points(tmp_path, csv.replace("(degC)", "[K]"), "  - T: {file: points.csv}\n")["T"][0] == -233.15


def test_cells_may_hold_units_booleans_and_texts(tmp_path: Path) -> None:
    csv = "T,on_,gas\n40 degC,true,He\n313.15 K,off,Ar\n"
    assert points(
        tmp_path, csv, "  - T: {file: points.csv}\n    on_: {file: points.csv}\n    gas: {file: points.csv}\n"
    ) == {"T": [40.0, 40.0], "on_": [True, False], "gas": ["He", "Ar"]}


@pytest.mark.parametrize(
    "csv", ["n;x\r\n1;2\r\n\r\n3;4\r\n", "\ufeffn\tx\n1\t2\n3\t4\n", 'n,x\n"1",2\n3,4\n']
)
def test_other_delimiters_line_ends_and_quotes_are_read(tmp_path: Path, csv: str) -> None:
    assert points(tmp_path, csv, "  - n: {file: points.csv, column: x}\n") == {"n": [2.0, 4.0]}


@pytest.mark.parametrize(
    ("csv", "column", "place", "words"),
    [
        ("T (degC)\n40\nhot\n", "T", "points.csv:3:1", "'hot' is not a finite number"),
        ("n,T (degC)\n1,40\n2,\n", "T", "points.csv:3:1", "no value"),
        ("T (m)\n40\n", "T", "points.csv:1:1", "temperature"),
        ("T (blurb)\n40\n", "T", "points.csv:1:1", "blurb"),
        ("T\n40 degC\n40\n", "T", "points.csv:3:1", ""),
        ("Temp\n40\n", "T", "test.yaml:6:35", "no column 'T'"),
        ("T (degC)\n", "T", "points.csv:1:1", "no values"),
        ("T (degC)\n40\n60,5\n", "T", "points.csv:3:1", "2 cells, and the header has 1 column"),
        ("n;T (degC)\n1;40;2\n", "T", "points.csv:2:1", "3 cells, and the header has 2 columns"),
    ],
)
def test_a_fault_points_into_the_file_that_holds_it(
    tmp_path: Path, csv: str, column: str, place: str, words: str
) -> None:
    told = fault(tmp_path, csv, f"  - T: {{file: points.csv, column: {column}}}\n")
    assert str(told.span) == place
    assert words in told.message


def test_a_decimal_comma_is_told_once_and_cuts_nothing(tmp_path: Path) -> None:
    told = fault(
        tmp_path,
        "T (degC),n\n40,5,1\n60,5,2\n",
        "  - T: {file: points.csv}\n    n: {file: points.csv}\n",
    )
    assert (told.code, str(told.span)) == ("SEQ310", "points.csv:2:1")
    assert "decimals with a point" in (told.help or "")


def test_empty_cells_beyond_the_header_are_no_values(tmp_path: Path) -> None:
    csv = "T (degC)\n40,\n60,,\n"
    assert points(tmp_path, csv, "  - T: {file: points.csv}\n") == {"T": [40.0, 60.0]}


def test_a_file_that_is_not_there_is_told_at_its_name(tmp_path: Path) -> None:
    told = compiled(HEAD + "  - T: {file: x.csv}\n", folder=tmp_path)[1].errors
    assert [(item.code, str(item.span), item.message) for item in told] == [
        ("SEQ310", "test.yaml:6:15", "there is no file 'x.csv'")
    ]
