"""`shotlane init --driver NAME`: a driver in Python, a test of it and a station with it, to begin with."""

import argparse
import keyword
import re
from importlib.resources import files
from pathlib import Path
from string import Template

from shotlane.cli._output import Complaint, say

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_ -][A-Za-z0-9]+)*")


def main(arguments: argparse.Namespace) -> int:
    """Run the verb. A file that stands there already is never overwritten."""
    names = _names(arguments.driver)
    folder: Path = arguments.folder
    written = {
        folder / f"{names['module']}.py": "driver.py.txt",
        folder / f"test_{names['module']}.py": "test_driver.py.txt",
        folder / f"{names['station']}.yaml": "station.yaml.txt",
    }
    there = [path for path in written if path.exists()]
    if there:
        raise Complaint(f"{there[0]} exists already: nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    for path, template in written.items():
        path.write_text(_filled(template, names), encoding="utf-8")
        say(f"written: {path}")
    say(f"next: python -m pytest test_{names['module']}.py")
    return 0


def _names(text: str) -> dict[str, str]:
    """The names that the templates use."""
    if not _NAME.fullmatch(text):
        raise Complaint(f"'{text}' cannot name a driver: write words of letters and digits, e.g. camera")
    words = re.split(r"[_ -]", text)
    module = "_".join(words).lower()
    if keyword.iskeyword(module):
        raise Complaint(f"'{text}' is a word of Python's own: choose another name")
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
