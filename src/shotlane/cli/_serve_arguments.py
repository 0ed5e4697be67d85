"""The command line of `shotlane serve`, and of those who hand in sequences at one."""

import argparse
from collections.abc import Callable
from pathlib import Path

Add = Callable[[argparse.ArgumentParser], None]


def add_serve(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", *common: Add) -> None:
    """Add the verb."""
    serve = verbs.add_parser(
        "serve", help="let programs of other machines use instruments, or run sequences (--runs)"
    )
    serve.set_defaults(verb="serve")
    serve.add_argument("station", metavar="STATION", nargs="?", help="station by name or file")
    serve.add_argument("roles", metavar="ROLE", nargs="*", help="its instruments (default: all)")
    serve.add_argument(
        "--runs",
        action="store_true",
        help="take sequences for this project and run them in turn, on STATION alone if it is given",
    )
    serve.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="where other machines reach it, with TLS; 0.0.0.0 is every network (default: only this machine)",
    )
    serve.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the secret that clients must have; made if missing"
    )
    serve.add_argument("--show-token", action="store_true", help="print the token too")
    serve.add_argument(
        "--certificate", type=Path, metavar="PEM", help="of TLS, with --key (default: one that is made once)"
    )
    serve.add_argument("--key", type=Path, metavar="PEM", help="the key of the certificate")
    serve.add_argument("--mock", action="store_true", help="simulate all instruments")
    for add in common:
        add(serve)


def add_submit(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", choices: Add, format: Add
) -> None:
    """Add the verbs of who hands in."""
    submit = verbs.add_parser("submit", help="hand in a sequence where `shotlane serve --runs` takes them")
    submit.set_defaults(verb="submit")
    submit.add_argument("file", metavar="FILE", type=Path, help="sequence, or its name in sequences/")
    _add_where(submit, "--to", "--at")
    choices(submit)
    submit.add_argument("--virtual-time", action="store_true", help="simulated instruments in simulated time")
    submit.add_argument("--confirm", action="store_true", help="run also commands that must be confirmed")
    submit.add_argument("--follow", "-f", action="store_true", help="wait for its end; Ctrl-C ends it there")
    format(submit)
    queue = verbs.add_parser("queue", help="what runs, and what waits, where `shotlane serve --runs` is")
    queue.set_defaults(verb="queue")
    _add_where(queue, "--at", "--to")
    queue.add_argument("--interrupt", metavar="KEY", help="end this one, with its instruments safe")
    format(queue)


def _add_where(parser: argparse.ArgumentParser, *options: str) -> None:
    parser.add_argument(
        *options, dest="address", metavar="ADDRESS", required=True, help="the address that it printed"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="its token (or SHOTLANE_TOKEN)")
