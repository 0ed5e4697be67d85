"""A parser that says which verb may be meant, and whose every verb tells its exit status."""

import argparse
import re
from typing import Any, NoReturn

_EPILOG = "exit status: 0 done, 2 documents or arguments wrong and nothing touched, 3 errored"
# What argparse says; newer versions of Python write the choices without quotes.
_INVALID = re.compile(r"argument (\S+): invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """As `argparse` has it; those of its verbs are of this class too."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"epilog": _EPILOG, **how})

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong, and end with status 2."""
        from shotlane.diagnostics import did_you_mean  # late: most command lines are right

        found = _INVALID.fullmatch(message)
        if found is not None:
            place, given, choices = found.groups()
            known = re.findall(r"[\w-]+", choices)
            message = f"argument {place}: there is no '{given}'; {did_you_mean(given, known)}"
        super().error(message)
