"""Stations with drivers in Python: the driver's file, its lock, and pools on them."""

import time
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from shotlane.api import describe
from shotlane.api._find_station import resolve_file
from shotlane.diagnostics import Diagnostic, Report
from shotlane.instruments import Pool, PoolError, ResolvedStation, build_pool
from shotlane.instruments.adopted._describe import Described

CAMERA = """
from shotlane.instruments import Identity, Reading, declare_attribute, declare_command, declare_parameter
from shotlane.instruments import in_unit

ATTRIBUTES = (
    declare_attribute("exposure", unit="ms", access="rw", low=0.1, high=100.0, safe=1.0),
    declare_attribute("ch1.temperature", unit="degC"),
    declare_attribute("mode", options=("single", "burst"), access="rw"),
    declare_attribute("gain"),
)


class Camera:
    made = 0

    def __init__(self, exposure="10 ms", resource=None):
        self.values = {"exposure": in_unit(exposure, "ms"), "ch1.temperature": 21}
        self.values |= {"mode": "single", "gain": 2.0}
        self.told = []
        Camera.made += 1

    def open(self):
        return Identity("us", "camera")

    def attributes(self):
        return {item.name: item for item in ATTRIBUTES}

    def commands(self):
        return {"snap": declare_command("snap", declare_parameter("n", type="int", low=1))}

    def read(self, names):
        return {name: Reading(self.values[name]) for name in names}

    def write(self, name, value):
        self.values[name] = value

    def call(self, command, arguments):
        return arguments["n"] * 2

    def make_safe(self):
        pass

    def close(self):
        pass
"""
STATION = """
station: lab
instruments:
  camera:
    driver: camera:Camera
    options: {exposure: 20 ms}
"""


def put(folder: Path, station: str = STATION, files: Mapping[str, str] | None = None) -> Path:
    """Write a station and what lies beside it; returns the station's file."""
    for name, text in (files or {"camera.py": CAMERA}).items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "lab.yaml"
    path.write_text(dedent(station), encoding="utf-8")
    return path


def described(path: Path) -> Described:
    """Ask the drivers of a station, which all answer, and keep what they say."""
    report = Report()
    found: Described | None = describe(path, report)
    assert found is not None, [item.message for item in report]
    assert not found.faults, found.faults
    found.write()
    return found


def resolve(path: Path, *, mock: bool = False) -> tuple[ResolvedStation | None, Report]:
    """Resolve a station."""
    report = Report()
    return resolve_file(path, report, mock=mock), report


def sound(path: Path, *, mock: bool = False) -> ResolvedStation:
    """Resolve a station without a fault."""
    resolved, report = resolve(path, mock=mock)
    assert not list(report), [item.message for item in report]
    assert resolved is not None
    return resolved


def only(path: Path) -> Diagnostic:
    """The one diagnostic of a station."""
    (item,) = resolve(path)[1]
    return item


def pool_on(path: Path, *, mock: bool = False, told: list[Any] | None = None) -> Pool:
    """An open pool on a station with one role."""
    resolved = sound(path, mock=mock)
    events: list[Any] = [] if told is None else told
    pool = build_pool(resolved, now_ns=time.monotonic_ns, notify=lambda *event: events.append(event))
    try:
        pool.open(list(resolved.roles))
    except PoolError:
        pool.close()
        raise
    return pool


def value(pool: Pool, role: str, name: str) -> Any:
    """What an attribute reads now."""
    return pool.read(role, [name]).readings[name].value
