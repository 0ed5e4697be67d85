"""Sequences by name or path, and help for who names one that is not there."""

import os
from pathlib import Path

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import are_given, is_file
from shotlane.project._project import is_project, no_project, project_folder, shown


def find_sequence(sequence: str | Path, folder: Path) -> Path | None:
    """The file of a sequence, given by its path, from here or from the project's folder, or by its name."""
    path, sequences = Path(sequence), folder / "sequences"
    places = [path, folder / path, sequences / path, sequences / f"{path}.yaml"]
    return next((place for place in places if is_file(place)), None)


def sequence_names(folder: Path) -> list[str]:
    """The sequences of a project, by name."""
    return [file.stem for file in (folder / "sequences").glob("*.yaml")]


def no_such_sequence(sequence: str | Path, folder: Path) -> str:
    """Help for who names a sequence that is not there."""
    names = sequence_names(folder)
    if not names:
        return "is the name right, and the folder?" if is_project(folder) else no_project(folder)
    return did_you_mean(Path(sequence).stem, names, what=f"sequences of {folder.name}")


def is_missing(path: Path) -> bool:
    """Whether nothing at all is there; no where texts are given instead of files."""
    return not are_given() and "\0" not in str(path) and not os.path.lexists(path)


def tell_missing(path: Path, report: Report) -> None:
    """Report a sequence that is not there, with the one that may be meant."""
    help = no_such_sequence(path, project_folder(Path.cwd()))
    report.error("YAML013", f"there is no file '{shown(path)}'", help=help)
