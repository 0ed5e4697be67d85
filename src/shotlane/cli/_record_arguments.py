"""Arguments of `shotlane record`."""

import argparse
from collections.abc import Callable


def add_record(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_json: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add `record`."""
    parser = verbs.add_parser(
        "record",
        help="record channels at a rate, without a sequence: into a file, a database, or just to look at",
        epilog="exit status: 0 recorded, 2 arguments or documents wrong, 3 errored, or no value of a channel,"
        " 4 ended before --for was over",
    )
    parser.set_defaults(verb="record")
    parser.add_argument("station", metavar="STATION", help="station by name or file")
    parser.add_argument(
        "channels",
        metavar="CHANNEL",
        nargs="*",
        help="channel, instrument for all it can read, or quantity of every instrument (default: all)",
    )
    parser.add_argument(
        "--rate", default="1 Hz", metavar="RATE", help="e.g. 10Hz, or a period: 5s (default: %(default)s)"
    )
    parser.add_argument("--for", dest="length", metavar="DURATION", help="e.g. 1h (default: until Ctrl-C)")
    parser.add_argument(
        "--to",
        metavar="WHERE",
        help="file by its ending (.csv, .jsonl, .parquet, .db), or postgresql://USER@HOST/DATABASE?table=NAME"
        " (default: only show)",
    )
    parser.add_argument("--append", action="store_true", help="add to a file that is there already")
    parser.add_argument(
        "--rotate", metavar="LIMIT", help="begin a new file beyond a size or an age, e.g. 100MB or 1d"
    )
    parser.add_argument("--mock", action="store_true", help="replace every instrument by its simulation")
    parser.add_argument(
        "--wait",
        nargs="?",
        const="forever",
        metavar="DURATION",
        help="wait for instruments that another process uses (default: refuse)",
    )
    parser.add_argument(
        "--timing",
        choices=["auto", "normal", "realtime"],
        default="auto",
        help="priority of the threads that keep time (default: auto)",
    )
    add_json(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what went wrong")
