"""Whatever stands in an instrument or station document, the answer is a diagnostic and never a traceback."""

import copy
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._stations import FURNACE

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import catalogue_names, check_instrument, resolve_station
from shotlane.instruments._wire import make_driver
from shotlane.model import load_station

STATION = """
station: bench
instruments:
  furnace:
    instrument: furnace
    resource: modbus+tcp://10.0.0.1?unit=2
    limits: {setpoint: [10 degC, 200 degC]}
    safe: {setpoint: 20 degC, mode: idle}
    timeout: 1 s
    tries: 2
  gas:
    instrument: alicat-mfc
    resource: serial:///dev/ttyUSB7?baudrate=19200
    options: {address: A, device_unit: cm**3/min, full_scale: 50 cm**3/min}
"""
REPLACEMENTS: list[Any] = [
    *(None, "", "x", "{value}", "{nope", "5 V", "60 degC", "1e999", "none", "keep", "sim://"),
    *(-1, 0, 3.5, 1e308, True, [], [1, 2], {}, {"x": 1}),
]
Path_ = tuple[str | int, ...]


def places(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every place in nested data."""
    if path:
        yield path
    if isinstance(data, dict | list):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(item, (*path, key))


def replaced(data: Any, path: Path_, value: Any) -> str:
    """The document with another value at a place; JSON is YAML."""
    changed = copy.deepcopy(data)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return json.dumps(changed, indent=1)


def misspelt(data: Any, path: Path_) -> str:
    """The document with another key at a place."""
    changed = copy.deepcopy(data)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    if isinstance(parent, dict):
        parent[f"{path[-1]}x"] = parent.pop(path[-1])
    return json.dumps(changed, indent=1)


def plain(text: str) -> Any:
    document = read_text(text, "it.yaml", Report())
    assert document is not None
    return document.data


def variants(text: str, *, each: int = 3) -> Iterator[str]:
    """The document with one mistake: at each place another key, and as many other values as `each` says."""
    data = plain(text)
    for index, path in enumerate(places(data)):
        yield misspelt(data, path)
        for offset in range(each):
            yield replaced(data, path, REPLACEMENTS[(each * index + offset) % len(REPLACEMENTS)])


def catalogue_text(name: str) -> str:
    return (files("shotlane.instruments") / "catalogue" / f"{name}.yaml").read_text(encoding="utf-8")


TEXTS = {"furnace": FURNACE} | {name: catalogue_text(name) for name in catalogue_names()}


@pytest.mark.parametrize("name", TEXTS)
def test_no_instrument_document_gives_a_traceback(name: str) -> None:
    # Those of the catalogue are so alike that one value at each place of each tries them all.
    for text in variants(TEXTS[name], each=3 if name == "furnace" else 1):
        report = Report()
        document = read_text(text, "it.yaml", report)
        if document is not None:
            check_instrument(document, report)


def test_no_station_document_gives_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    for text in variants(STATION):
        report = Report()
        document = read_text(text, "it.yaml", report)
        station = None if document is None else load_station(document, report)
        if document is not None and station is not None:
            resolved = resolve_station(station, document, report, folder=tmp_path)
            assert resolved is not None or not report.ok


WIRES = {
    "furnace": "{instrument: it, resource: 'modbus+tcp://10.0.0.1'}",
    "keysight-34461a": "{instrument: it, resource: 'tcp://10.0.0.1:5025'}",
    "generic-balance": "{instrument: it, resource: 'tcp://10.0.0.1:5025'}",
}


@pytest.mark.parametrize("name", WIRES)
def test_what_was_found_sound_can_be_driven(name: str, tmp_path: Path) -> None:
    for text in variants(TEXTS[name]):
        (tmp_path / "it.yaml").write_text(text, encoding="utf-8")
        report = Report()
        document = read_text(f"station: one\ninstruments:\n  role: {WIRES[name]}\n", "one.yaml", report)
        assert document is not None
        station = load_station(document, report)
        assert station is not None
        resolved = resolve_station(station, document, report, folder=tmp_path)
        if resolved is not None and report.ok:
            driver = make_driver(resolved.definitions["role"], {}, lambda type_, fields: None)
            assert driver.attributes() == resolved.definitions["role"].attributes
