"""From a file name to a plan: every stage once, all faults in one report, nothing opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shotlane.api._project import Project, find_project, find_station, shown, station_names
from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, read_file
from shotlane.instruments import ResolvedStation, resolve_station
from shotlane.model import Sequence, load_sequence, load_station
from shotlane.plan import Plan, compile_sequence


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asks for beside the file."""

    station: str | None = None
    parameters: Mapping[str, str] | None = None
    mock: bool = False
    virtual_time: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sequence that is ready to run."""

    path: Path
    project: Project
    sequence: Sequence
    station: ResolvedStation
    plan: Plan
    documents: Mapping[str, str]  # every text that took part, by name
    options: Options
