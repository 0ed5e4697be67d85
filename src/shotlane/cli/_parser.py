"""A parser that says which verb may be meant, and whose every verb tells what it does, and how it ends."""

import argparse
import re
from argparse import _SubParsersAction  # has no public name, and is what `action=` takes
from typing import TYPE_CHECKING, Any, NoReturn

from shotlane.cli._examples import EXAMPLES

if TYPE_CHECKING:
    _Action = _SubParsersAction[argparse.ArgumentParser]
else:
    _Action = _SubParsersAction

_EPILOG = "exit status: 0 done, 2 documents or arguments wrong and nothing touched, 3 errored"
_UNRECOGNIZED = re.compile(r"unrecognized arguments: ([^-\s]\S*)")
# What argparse says; newer versions of Python write the choices without quotes.
_INVALID = re.compile(r"argument (\S+): invalid choice: '([^']*)' \(choose from (.*)\)")


class Verbs(_Action):
    """The verbs of a parser, each described by the words that list it; `helps` by name."""

    def __init__(self, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        self.helps: dict[str, str] = {}

    def add_parser(self, name: str, *, help: str | None = None, **how: Any) -> argparse.ArgumentParser:
        """As `argparse` has it."""
        self.helps[name] = text = help or ""
        described = {"help": text, "description": f"{text[:1].upper()}{text[1:]}."}
        return super().add_parser(name, **{**described, **how})


class Parser(argparse.ArgumentParser):
    """As `argparse` has it; those of its verbs are of this class too."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"epilog": _EPILOG, **how})
        self.register("action", "parsers", Verbs)

    def format_help(self) -> str:
        """With an example at the end."""
        example = EXAMPLES.get(self.prog)
        return super().format_help() + ("" if example is None else f"\nexample: {example}\n")

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong, and end with status 2."""
        # Late: most command lines are right.
        from shotlane.diagnostics import did_you_mean
        from shotlane.records import without_passwords

        found = _INVALID.fullmatch(message)
        if found is not None:
            place, given, choices = found.groups()
            known = re.findall(r"[\w-]+", choices)
            message = f"argument {place}: there is no '{given}'; {did_you_mean(given, known)}"
        left = _UNRECOGNIZED.fullmatch(message)
        if left is not None and _is_named_here(left[1]):
            message += "; a station is given with -s, and one sequence is run at a time: SEQUENCE -s STATION"
        super().error(without_passwords(message))


def _is_named_here(word: str) -> bool:
    """Whether it is a sequence or a station of the project around here."""
    from pathlib import Path

    from shotlane.diagnostics import Report  # late: as above
    from shotlane.project import find_project, sequence_names, station_names

    project = find_project(Path.cwd(), Report())
    return Path(word).stem in {*sequence_names(project.folder), *station_names(project)}
