"""Texts that stand for files: what a run was made from, whatever lies on the disk."""

import threading
from pathlib import Path

import pytest

from shotlane.diagnostics import Report
from shotlane.document import (
    STATION_SECTIONS,
    are_given,
    given_in_catalogue,
    given_text,
    given_texts,
    is_file,
    read_file,
    with_includes,
)


def test_a_given_text_is_read_in_place_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("station: today\n")
    with given_texts({str(path): "station: then\n"}):
        document = read_file(path, Report())
    assert document is not None
    assert document.data == {"station": "then"}
    today = read_file(path, Report())
    assert today is not None
    assert today.data == {"station": "today"}


def test_what_is_not_given_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("station: today\n")
    report = Report()
    with given_texts({}):
        assert read_file(path, report) is None
        assert not is_file(path)
    assert "there is no file" in report.errors[0].message
    assert is_file(path)


def test_includes_are_found_among_what_is_given(tmp_path: Path) -> None:
    report = Report()
    texts = {
        str(tmp_path / "stations" / "a.yaml"): "station: a\ninclude: [../common/b.yaml]\n",
        str(tmp_path / "common" / "b.yaml"): "instruments: {x: {instrument: y}}\n",
    }
    path = tmp_path / "stations" / "a.yaml"
    with given_texts(texts):
        document = read_file(path, report)
        assert document is not None
        whole = with_includes(document, path, report, STATION_SECTIONS)
    assert report.ok
    assert list(whole.data["instruments"]) == ["x"]


def test_a_link_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with given_texts({str(tmp_path / "link" / "a.yaml"): "a: 1\n"}):
        assert given_text(tmp_path / "real" / "a.yaml") == "a: 1\n"


def test_the_catalogue_is_named_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with given_texts({"catalogue/x.yaml": "instrument: x\n"}):
        assert given_in_catalogue("catalogue/x.yaml") == "instrument: x\n"
        assert given_text(Path("catalogue/x.yaml")) is None
    assert given_in_catalogue("catalogue/x.yaml") is None


def test_other_threads_read_files() -> None:
    seen: list[bool] = []
    with given_texts({}):
        thread = threading.Thread(target=lambda: seen.append(are_given()))
        thread.start()
        thread.join()
        assert are_given()
    assert seen == [False]
    assert not are_given()
