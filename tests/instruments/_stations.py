"""Stations and instrument documents from text, and pools on them with a clock that the test moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from shotlane.diagnostics import Diagnostic, Report
from shotlane.document import read_text
from shotlane.instruments import Pool, ResolvedStation, build_pool, resolve_station
from shotlane.model import load_station

FURNACE = """
instrument: furnace
protocol: modbus
attributes:
  temperature: {holding: 360, type: float32, unit: degC}
  setpoint: {holding: 2160, type: float32, unit: degC, access: rw, min: 0 degC, max: 300 degC, safe: 20 degC}
  mode: {holding: 10, options: {idle: 0, heat: 7}, access: rw}
  lamp: {coil: 3, access: rw, safe: off}
  count: {input: 4, type: uint16}
setup: {mode: heat}
commands:
  restart: {holding: 99, value: "{level}", parameters: {level: {type: int, min: 1, max: 5}}}
simulate:
  temperature: {lag: setpoint, tau: 10 s, start: 20 degC}
  restart: {set: {setpoint: 50 degC, count: "{level}"}}
"""
STATION = "station: bench\ninstruments:\n  furnace: {instrument: furnace, resource: 'sim://'}\n"


def resolve(
    text: str, folder: Path, documents: Mapping[str, str] | None = None, *, mock: bool = False
) -> tuple[ResolvedStation, Report]:
    """Resolve a station; `documents` are written next to it."""
    for name, written in ({"furnace": FURNACE} if documents is None else documents).items():
        (folder / f"{name}.yaml").write_text(dedent(written), encoding="utf-8")
    report = Report()
    document = read_text(dedent(text), "bench.yaml", report)
    assert document is not None
    station = load_station(document, report)
    assert station is not None
    return resolve_station(station, document, report, mock=mock, folder=folder), report


def sound(
    text: str, folder: Path, documents: Mapping[str, str] | None = None, *, mock: bool = False
) -> ResolvedStation:
    """Resolve a station that has no fault."""
    resolved, report = resolve(text, folder, documents, mock=mock)
    assert not list(report)
    assert resolved is not None
    return resolved


def only(report: Report) -> Diagnostic:
    """The one diagnostic of a report."""
    (item,) = report
    return item


def marked(item: Diagnostic) -> str:
    """The text that a diagnostic points at."""
    assert item.span is not None
    return item.span.source.text[item.span.start : item.span.end]


@dataclass
class Lab:
    """A pool on simulated instruments; `now_ns` is moved by the test."""

    resolved: ResolvedStation
    seed: int = 0
    now_ns: int = 0
    events: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool: Pool = build_pool(self.resolved, now_ns=self.clock, seed=self.seed, notify=self.notify)

    def clock(self) -> int:
        """The time as the test has set it."""
        return self.now_ns

    def notify(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        """Keep what the pool tells."""
        self.events.append((role, type_, fields))

    def value(self, role: str, name: str) -> Any:
        """What an attribute reads now."""
        return self.pool.read(role, [name]).readings[name].value
