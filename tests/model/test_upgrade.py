"""Documents in an older language are read as what they mean in the newest; newer ones are refused."""

from pathlib import Path

import pytest
from tests.model.loading import sequence_of, told

from shotlane.api import check
from shotlane.api._prepare import completed
from shotlane.diagnostics import Report
from shotlane.document import Document, read_file, read_text
from shotlane.model import KindName, load_instrument, load_sequence, load_station, of_known_language
from shotlane.model import _kind as kinds
from shotlane.model import _upgrade as upgrades
from shotlane.model._upgrade import Changes, renamed

OLD = """\
language: 1
sequence: old
station: demo
timeline:
  - a: 1 s
channels:
  furnace.temperature: {record: 1 Hx}
"""


def _lanes_were_channels(document: Document) -> Changes:
    return renamed(document, ("channels",), "lanes")


@pytest.fixture
def _three_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if language 2 had renamed a section, and 3 had changed nothing for sequences."""
    monkeypatch.setattr(kinds, "LANGUAGE", 3)
    monkeypatch.setattr(upgrades, "LANGUAGE", 3)
    monkeypatch.setitem(upgrades.UPGRADES, "sequence", {1: _lanes_were_channels})


@pytest.mark.usefixtures("_three_languages")
def test_an_older_document_means_what_it_meant() -> None:
    sequence, _, report = sequence_of(OLD)
    assert told(report) == []
    assert sequence is not None
    assert list(sequence.lanes) == ["furnace.temperature"]


@pytest.mark.usefixtures("_three_languages")
def test_messages_point_into_what_was_written() -> None:
    _, document, _ = sequence_of(OLD)
    place = ("lanes", "furnace.temperature", "record")
    assert str(document.span(place)) == "x.yaml:7:33"
    assert str(document.within(place, 2, 2)) == "x.yaml:7:35"
    assert str(document.key_span(("lanes",))) == "x.yaml:6:1"


@pytest.mark.usefixtures("_three_languages")
def test_a_document_in_the_newest_language_is_not_changed() -> None:
    for text in (OLD.replace("language: 1", "language: 3"), OLD.replace("language: 1\n", "")):
        _, _, report = sequence_of(text)
        assert [code for code, _ in told(report)] == ["SEQ101"]


@pytest.mark.usefixtures("_three_languages")
def test_a_file_and_its_fragments_may_be_in_different_languages(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text("language: 3\nlanes:\n  gas.flow: {record: 1 Hz}\n")
    path = tmp_path / "x.yaml"
    path.write_text(OLD.replace("language: 1", "include: [old.yaml]\nlanguage: 1").replace("Hx", "Hz"))
    document = read_file(path, Report())
    assert document is not None
    sequence = load_sequence(completed(document, path, Report()), Report())
    assert sequence is not None
    assert list(sequence.lanes) == ["furnace.temperature", "gas.flow"]


def test_a_fragment_in_a_newer_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("language: 99\nparameters: {T: 1 K}\n")
    (tmp_path / "x.yaml").write_text("sequence: x\ninclude: [new.yaml]\ntimeline:\n  - a: 1 s\n")
    found = {item.code: str(item.span) for item in check([tmp_path / "x.yaml"])}
    assert found["SEQ107"].endswith("new.yaml:1:11")


@pytest.mark.parametrize("kind", ["sequence", "station", "instrument"])
@pytest.mark.parametrize("language", [0, -1, -(10**18), 10**18])
def test_a_number_that_is_no_language_is_told_at_once(kind: KindName, language: int) -> None:
    """An upgrade goes from one language to the next: from -10^18 it would never come to its end."""
    report = Report()
    document = read_text(f"{kind}: x\nlanguage: {language}\n", "x.yaml", report)
    assert document is not None
    assert of_known_language(kind, report)(document) == (language < 1)
    if language < 1:
        {"sequence": load_sequence, "station": load_station, "instrument": load_instrument}[kind](
            document, report
        )
    assert ("x.yaml:2:11", "language") in [
        (str(item.span), "language" if "language" in item.message else "") for item in report.errors
    ]
