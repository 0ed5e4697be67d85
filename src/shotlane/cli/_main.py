"""From argv to a verb, and from whatever happened to an exit status.

Exit status 2 says that documents or arguments were wrong and nothing was touched; 3 that something else went
wrong. A traceback is printed only for a bug of ours.
"""

import argparse
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module

from shotlane.cli._arguments import main_parser, run_parser
from shotlane.cli._drawing import let_go
from shotlane.cli._output import Complaint, say, tell

_FORMAT_WARNING = warnings.formatwarning
# Each verb is a module with `main(arguments) -> exit status`, imported only when it is asked for.
_VERBS = (
    *(
        "archive",
        "ask",
        "check",
        "db",
        "describe",
        "diff",
        "events",
        "explain",
        "export",
        "import",
        "init",
        "note",
        "plan",
        "queue",
        "record",
        "rerun",
        "resume",
        "run",
        "runs",
        "schema",
    ),
    *("serve", "show", "simulate", "submit", "verify", "watch"),
    *("instruments_by_hand", "instruments_catalogue", "instruments_list"),
    *("instruments_scan", "instruments_watch"),
)


def run_sequence(argv: Sequence[str] | None = None) -> int:
    """Run the command `run-sequence`."""
    return _dispatch(run_parser().parse_args(argv))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `shotlane`."""
    parser = main_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version  # late: reads files

        say(f"shotlane {version('shotlane')}")
        return 0
    if arguments.verb is None:
        parser.print_help()
        return 2
    return _dispatch(arguments)


def _verb(name: str) -> Callable[[argparse.Namespace], int]:
    """The code of a verb, imported without what only costs time: 10 % of what a check takes."""
    # No package installed beside ours has a say in how documents are read.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()  # imports leave no garbage behind
    try:
        verb: Callable[[argparse.Namespace], int] = import_module(f"shotlane.cli._{name}").main
    finally:
        gc.enable()
    return verb


def _in_one_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning of ours as all that we tell: where in our code it was given is of no use to anybody."""
    ours = category.__module__.startswith("shotlane.")
    return f"shotlane: {message}\n" if ours else _FORMAT_WARNING(message, category, filename, lineno, line)


def _dispatch(arguments: argparse.Namespace) -> int:
    warnings.formatwarning = _in_one_line
    if getattr(arguments, "format", None) == "json":
        arguments.json = True
    verb = _verb(arguments.verb)
    try:
        return verb(arguments)
    except Complaint as complaint:
        tell(f"shotlane: {complaint}")
        return complaint.status
    except BrokenPipeError:
        # The reader (head, less) has gone; there is nobody left to tell.
        let_go(sys.stdout)
        return 0
    except Exception:  # noqa: BLE001  a bug of ours is told with its traceback, and is no failed verdict
        tell(traceback.format_exc().rstrip())
        tell("shotlane: this is a bug of shotlane; please report it with the lines above")
        return 3
