"""Documents put together from several files."""

from pathlib import Path

from tests.document.reading import shown

from shotlane.diagnostics import Report
from shotlane.document import SEQUENCE_SECTIONS, Document, read_file, with_includes


def whole(folder: Path, **files: str) -> tuple[Document, Report]:
    """Write files, and read `main.yaml` with what it includes."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    report = Report()
    path = folder / "main.yaml"
    document = read_file(path, report, name="main.yaml")
    assert document is not None
    return with_includes(document, path, report, SEQUENCE_SECTIONS), report


def test_sections_are_merged_and_the_including_file_wins(tmp_path: Path) -> None:
    main = "include: [a.yaml, b.yaml]\nparameters: {x: 1, laser: {power: 2}}\n"
    document, report = whole(
        tmp_path,
        main=main,
        a="parameters: {x: 5, y: 6, laser: {power: 7, focus: 8}}\nlanes: {f.t: {record: 1 Hz}}\n",
        b="parameters: {y: 60, z: 61}\nlabels: {gas: He}\n",
    )
    assert report.ok
    assert document.data["parameters"] == {"x": 1, "y": 60, "z": 61, "laser": {"power": 2, "focus": 8}}
    assert document.data["lanes"] == {"f.t": {"record": "1 Hz"}}
    assert document.data["labels"] == {"gas": "He"}
    assert set(document.texts) == {"main.yaml", "a.yaml", "b.yaml"}


def test_every_place_is_in_the_file_that_holds_it(tmp_path: Path) -> None:
    document, _ = whole(
        tmp_path,
        main="include: [a.yaml]\nparameters:\n  x: 1\n  laser: {power: 2}\n",
        a="# a comment\nparameters:\n  y: sin(1)\n  laser: {focus: 80}\nlanes:\n  f.t: {record: 5 Hz}\n",
    )
    assert str(document.span(("parameters", "x"))) == "main.yaml:3:6"
    assert str(document.key_span(("parameters", "y"))) == "a.yaml:3:3"
    assert str(document.within(("parameters", "y"), 4, 1)) == "a.yaml:3:10"
    assert str(document.span(("parameters", "laser", "power"))) == "main.yaml:4:18"
    assert shown(document.span(("parameters", "laser", "focus"))) == "80"
    assert str(document.span(("lanes", "f.t", "record"))) == "a.yaml:6:17"
    assert str(document.key_span(("lanes",))) == "a.yaml:5:1"
    assert str(document.key_span(())) == "main.yaml:1:1"


def test_fragments_may_include_others_from_their_own_folder(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "b.yaml").write_text("parameters: {z: 3}\n")
    (tmp_path / "common" / "a.yaml").write_text("include: [b.yaml]\nparameters: {y: 2}\n")
    document, report = whole(tmp_path, main="include: [common/a.yaml]\nparameters: {x: 1}\n")
    assert report.ok
    assert document.data["parameters"] == {"x": 1, "y": 2, "z": 3}
    assert str(document.span(("parameters", "z"))) == "common/b.yaml:1:17"


def told(report: Report) -> list[tuple[str, str]]:
    return [(item.code, str(item.span)) for item in report]


def test_a_circle_a_missing_file_and_what_is_no_fragment_are_told_where_they_stand(tmp_path: Path) -> None:
    _, report = whole(
        tmp_path,
        main="include:\n  - a.yaml\n  - nowhere.yaml\n",
        a="include: [main.yaml]\ntimeline: []\nlanes: {}\n",
    )
    assert told(report) == [
        ("YAML020", "a.yaml:1:11"),
        ("YAML021", "a.yaml:2:1"),
        ("YAML020", "main.yaml:3:5"),
    ]


def test_a_fault_of_a_fragment_is_told_once_and_stays_known_as_dropped(tmp_path: Path) -> None:
    document, report = whole(
        tmp_path, main="include: [a.yaml]\nparameters: {x: 1}\n", a="parameters:\n  y: !x 1\n  z: 2\n"
    )
    assert told(report) == [("YAML003", "a.yaml:2:6")]
    assert document.data["parameters"] == {"x": 1, "z": 2}
    assert document.is_dropped(("parameters", "y"))


def test_interlocks_are_only_added(tmp_path: Path) -> None:
    document, report = whole(
        tmp_path,
        main="include: [a.yaml]\ninterlocks: {hot: x > 1}\n",
        a="interlocks: {hot: x > 2, cold: x < 0}\n",
    )
    assert told(report) == [("YAML022", "main.yaml:2:14")]
    assert set(document.data["interlocks"]) == {"hot", "cold"}
