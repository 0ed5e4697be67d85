"""`shotlane init DIR`: a project to begin with; `shotlane init --driver NAME`: a driver with its test.

What stands there already is never overwritten.
"""

import argparse
import json
import keyword
import re
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from importlib.resources import files
from pathlib import Path
from string import Template

from shotlane.cli._output import Complaint, say

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_ -][A-Za-z0-9]+)*")
_PROJECT = {
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
    ".vscode/settings.json": "settings.json.txt",
    ".vscode/extensions.json": "extensions.json.txt",
    "shotlane.yaml": "shotlane.yaml.txt",
    "stations/demo.yaml": "demo.yaml.txt",
    "sequences/first.yaml": "first.yaml.txt",
    "sequences/sweep.yaml": "sweep.yaml.txt",
}


def main(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    folder: Path | None = arguments.directory or arguments.folder
    if arguments.driver is not None:
        return _driver(arguments.driver, folder or Path())
    if folder is None:
        raise Complaint("say where: shotlane init DIR (or a driver: shotlane init --driver NAME)")
    return _project(folder)


def _project(folder: Path) -> int:
    from shotlane.cli._schema import installed_schema  # late: the models

    names = {"title": folder.resolve().name}
    written = {folder / path: _filled(f"project/{template}", names) for path, template in _PROJECT.items()}
    for kind in ("sequence", "station", "instrument"):
        schema = json.dumps(installed_schema(kind), indent=2, ensure_ascii=False)
        written[folder / "schemas" / f"{kind}.schema.json"] = f"{schema}\n"
    _write(written)
    say(f"next: cd {folder} && run-sequence sequences/first.yaml")
    return 0


def _driver(name: str, folder: Path) -> int:
    names = _names(name)
    templates = {
        f"{names['module']}.py": "driver.py.txt",
        f"test_{names['module']}.py": "test_driver.py.txt",
        f"{names['station']}.yaml": "station.yaml.txt",
    }
    _write({folder / path: _filled(template, names) for path, template in templates.items()})
    say(f"next: python -m pytest {folder / 'test_'}{names['module']}.py")
    return 0


def _write(written: Mapping[Path, str]) -> None:
    there = [path for path in written if path.exists()]
    if there:
        raise Complaint(f"{there[0]} exists already: nothing was written")
    try:
        for path, text in written.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            say(f"written: {path}")
    except OSError as error:
        raise Complaint(f"'{error.filename}' cannot be written: {error.strerror}") from error


def _names(text: str) -> dict[str, str]:
    """The names that the templates use."""
    if not _NAME.fullmatch(text):
        raise Complaint(f"'{text}' cannot name a driver: write words of letters and digits, e.g. camera")
    words = re.split(r"[_ -]", text)
    module = "_".join(words).lower()
    if keyword.iskeyword(module):
        raise Complaint(f"'{text}' is a word of Python's own: choose another name")
    # A file of that name would be imported in place of the module, by everything that runs beside it.
    if module in {"shotlane", *sys.stdlib_module_names, *packages_distributions()}:
        raise Complaint(f"'{module}' is the name of a Python module already: choose another name")
    class_name = "".join(word[:1].upper() + word[1:] for word in words)
    return {
        "name": text,
        "module": module,
        "class_name": class_name,
        "role": module,
        "station": f"{module.replace('_', '-')}-bench",
    }


def _filled(template: str, names: dict[str, str]) -> str:
    text = (files("shotlane.cli") / "templates" / template).read_text(encoding="utf-8")
    return Template(text).substitute(names)
