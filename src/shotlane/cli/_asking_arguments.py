"""Arguments of the verbs about a run that another process is at."""

import argparse
from collections.abc import Callable

_ASKING = {
    "pause": "let a run wait before its next shot",
    "continue": "let a run that is paused go on",
    "abort": "end a run at once, with its instruments made safe",
    "skip": "let a run leave the shot that is under way",
}


def add_asking(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    run_number: Callable[[str], int],
    *common: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add them; `common` adds what every one of them has."""
    for name, help in _ASKING.items():
        parser = verbs.add_parser(name, help=help)
        parser.set_defaults(verb="ask", asks=name)
        parser.add_argument(
            "run", metavar="RUN", type=run_number, nargs="?", help="run number (default: the one going on)"
        )
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for the records of the run")
        parser.add_argument("--no-wait", action="store_true", help="do not wait until the run has taken it")
        for add in common:
            add(parser)
    watch = verbs.add_parser("watch", help="see a run as it goes on, and steer it")
    watch.add_argument(
        "run", metavar="RUN", type=run_number, nargs="?", help="run number (default: the newest going on)"
    )
    for add in common:
        add(watch)
