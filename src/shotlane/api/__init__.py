"""The wiring: the only place that knows every layer."""

from shotlane.api._check import check
from shotlane.api._prepare import Options, Prepared, parse_overrides, prepare
from shotlane.api._project import Project, find_project
from shotlane.api._run import Run, run, start

__all__ = [
    "Options",
    "Prepared",
    "Project",
    "Run",
    "check",
    "find_project",
    "parse_overrides",
    "prepare",
    "run",
    "start",
]
