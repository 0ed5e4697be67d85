"""Where things lie: the project folder with its settings, its stations and its sequences."""

from shotlane.project._origin import data_folders, origin_folders, sequence_path
from shotlane.project._project import (
    SETTINGS,
    Project,
    find_project,
    is_project,
    no_project,
    project_folder,
    shown,
)
from shotlane.project._sequences import (
    find_sequence,
    is_missing,
    no_such_sequence,
    sequence_names,
    tell_missing,
)
from shotlane.project._stations import (
    find_station,
    no_such_station,
    station_names,
)

__all__ = [
    "SETTINGS",
    "Project",
    "data_folders",
    "find_project",
    "find_sequence",
    "find_station",
    "is_missing",
    "is_project",
    "no_project",
    "no_such_sequence",
    "no_such_station",
    "origin_folders",
    "project_folder",
    "sequence_names",
    "sequence_path",
    "shown",
    "station_names",
    "tell_missing",
]
