"""Where a run came from, as its record tells it under `origin`, and where its records may wait."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shotlane.diagnostics import Report
from shotlane.project._project import find_project


def sequence_path(origin: Mapping[str, Any]) -> Path:
    """The file that the sequence was read from."""
    name: str = origin["sequence"]
    return Path(origin["files"].get(name) or Path(origin["folder"]) / name)


def origin_folders(origin: Mapping[str, Any]) -> list[Path]:
    """The folders that its texts were looked for in."""
    return [Path(origin["folder"]), sequence_path(origin).parent, Path(origin["station"]).parent]


def data_folders(origin: Mapping[str, Any]) -> tuple[Path, ...]:
    """The folders of data of the projects there, as far as they are on this machine.

    Records that wait for a server lie in one of them: that of the sequence, or of the session around it.
    """
    # What is wrong with their settings is told where the run is prepared.
    found = [find_project(folder, Report()).data_folder for folder in origin_folders(origin)]
    return tuple(folder for folder in dict.fromkeys(found) if folder.is_dir())
