"""Arguments of `shotlane runs` and `shotlane show`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from shotlane.cli._argument_types import at_least_one


def add_runs(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    run_number: Callable[[str], int],
    *common: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add `runs` and `show`; `common` adds what both of them have."""
    runs = verbs.add_parser("runs", help="list the runs of a store, newest first")
    runs.add_argument(
        "-n", dest="limit", type=at_least_one, default=20, metavar="N", help="at most N runs (default 20)"
    )
    _add_which_runs(runs)

    show = verbs.add_parser("show", help="tell how a run went")
    show.add_argument(
        "run", metavar="RUN", type=run_number, nargs="?", help="run number (default: the newest)"
    )
    show.add_argument("--html", metavar="OUT", type=Path, help="write a report with pictures, one file")
    show.add_argument("--force", action="store_true", help="overwrite OUT when it is there already")
    for name, parser in (("runs", runs), ("show", show)):
        parser.set_defaults(verb=name)
        for add in common:
            add(parser)


def _add_which_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="PATTERN", help="of this sequence; * stands for anything")
    parser.add_argument("--tag", help="with this tag")
    parser.add_argument(
        "--since", metavar="TIME", help="started since: 2026-11-20, '2026-11-20 14:30', '2 d' ago"
    )
    parser.add_argument("--until", metavar="TIME", help="started until; a day without a time is meant whole")
    parser.add_argument(
        "--outcome", action="append", metavar="OUTCOME", help="ended so, or running (may be repeated)"
    )
    parser.add_argument(
        "--parameter",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="with this parameter, or with this value in some shot; LOW..HIGH for a range (may be repeated)",
    )
