"""`shotlane instruments catalogue`."""

import json

import pytest

from shotlane.cli import main
from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import catalogue_names


def test_lists_every_instrument_with_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "catalogue"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == list(catalogue_names())
    (pump,) = [line for line in lines if line.startswith("new-era-ne1000")]
    assert "max_rate" in pump
    assert "syringe pump" in pump


def test_lists_them_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "catalogue", "--json"]) == 0
    found = {item["instrument"]: item for item in json.loads(capsys.readouterr().out)}
    assert found["tti-pl"]["options"]["max_voltage"] == "required"
    assert all(item["source"] for item in found.values())


def test_prints_a_document_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "catalogue", "julabo-circulator"]) == 0
    document = read_text(capsys.readouterr().out, "copied", Report())
    assert document is not None
    assert document.data["instrument"] == "julabo-circulator"


def test_suggests_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "catalogue", "julabo-circulater"]) == 2
    assert "julabo-circulator" in capsys.readouterr().err
