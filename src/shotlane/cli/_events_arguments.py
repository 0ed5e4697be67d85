"""The command line of `shotlane events`."""

import argparse
from collections.abc import Callable


def _target(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is neither a run number nor a session")
    return int(text)


def add_events(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    *common: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the verb."""
    events = verbs.add_parser("events", help="print what happened, or what happens, in a run or session")
    events.set_defaults(verb="events")
    events.add_argument(
        "target",
        metavar="RUN|SESSION",
        type=_target,
        nargs="?",
        help="number of a run, or of a session with all that is inside of it (default: the newest run; with "
        "-f everything from now on)",
    )
    events.add_argument(
        "-f", "--follow", action="store_true", help="go on with what happens, until its end or Ctrl-C"
    )
    events.add_argument(
        "--type",
        dest="types",
        metavar="TYPE",
        action="append",
        default=[],
        help="of this type, or below it: interlock, instrument.opened (may be repeated)",
    )
    events.add_argument(
        "--role",
        dest="roles",
        metavar="ROLE",
        action="append",
        default=[],
        help="about this instrument (may be repeated)",
    )
    events.add_argument("--since", metavar="TIME", help="since then: '2026-11-20 14:30', '10 min' ago")
    for add in common:
        add(events)
