"""Runs as they are with all that waits for their store on this machine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shotlane.analysis._place import brought_in, spool_places
from shotlane.project import data_folders
from shotlane.store import Reader, RunSummary, Waits, bring_in, open_reader


def found_runs(place: str | Path, find: Callable[[Reader], list[RunSummary]]) -> list[RunSummary]:
    """What `find` finds once everything is brought in; runs whose records still wait have `waiting`."""
    waiting = brought_in(place)
    with open_reader(place) as reader:
        found = find(reader)
        elsewhere = spool_places(place, _came_from(reader, found))
        if elsewhere:
            waiting |= bring_in(place, *elsewhere)
            found = find(reader)
        files = _files(reader, waiting)
    return [replace(run, waiting=files.get(run.number)) for run in found]


def _came_from(reader: Reader, runs: list[RunSummary]) -> list[Path]:
    """The folders of data where runs without an end may have left more."""
    died = [run.number for run in runs if run.died]
    origins = reader.origins(died) if died else []
    return [folder for origin in origins for folder in data_folders(origin)]


def _files(reader: Reader, waiting: dict[int, Waits]) -> dict[int, Path]:
    """What waits, by run."""
    return {run: waiting[session].path for run, session in reader.written_by(waiting)} if waiting else {}
