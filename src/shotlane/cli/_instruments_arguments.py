"""Arguments of `shotlane instruments`: what a person does at the bench."""

import argparse
from collections.abc import Callable

from shotlane.cli._argument_types import at_least_one
from shotlane.cli._capture_arguments import add_capture


def add_by_hand(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_json: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add catalogue, list, scan, read, set, call and watch."""
    catalogue = _verb(
        verbs, "catalogue", "instruments_catalogue", "devices known without a document of yours"
    )
    listing = _verb(verbs, "list", "instruments_list", "what a station has, and who uses it; opens nothing")
    scan = _verb(verbs, "scan", "instruments_scan", "what is connected to this machine, and what answers")
    read = _verb(verbs, "read", "instruments_by_hand", "read channels once")
    set_ = _verb(verbs, "set", "instruments_by_hand", "set a channel; it stays as it is set")
    call = _verb(verbs, "call", "instruments_by_hand", "run a command of an instrument")
    watch = _verb(verbs, "watch", "instruments_watch", "read channels again and again, until Ctrl-C")
    for parser in (listing, read, set_, call, watch):
        parser.add_argument("station", metavar="STATION", help="station by name or file")
        parser.add_argument("--mock", action="store_true", help="replace every instrument by its simulation")
    for parser in (read, set_, call, watch):
        _add_wait(parser)
    for parser in (scan, read, set_, call, watch):
        add_capture(parser)
    for parser in (catalogue, listing, scan, read, watch):
        add_json(parser)
    catalogue.add_argument("name", metavar="NAME", nargs="?", help="print the document of this one")
    channels = "channel, or instrument for all of its channels"
    read.add_argument("channels", metavar="CHANNEL", nargs="*", help=channels)
    read.add_argument("--status", action="store_true", help="what is marked as status, of these or of all")
    set_.add_argument("channel", metavar="CHANNEL", help="what to set, e.g. furnace.setpoint")
    set_.add_argument("value", metavar="VALUE", help="with its unit, e.g. '60 degC'")
    call.add_argument("call", metavar="CALL", help="e.g. 'balance.tare()'")
    call.add_argument("--confirm", action="store_true", help="do also what is dangerous")
    watch.add_argument("channels", metavar="CHANNEL", nargs="*", help=f"{channels} (default: all)")
    how_many = "stop after N readings of each"
    watch.add_argument("-n", dest="count", type=at_least_one, metavar="N", help=how_many)
    _fill_scan(scan)


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, module: str, help: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=help)
    parser.set_defaults(verb=module)
    return parser


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        nargs="?",
        const="forever",
        metavar="DURATION",
        help="wait for instruments that another process uses (default: refuse)",
    )


def _fill_scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="*",
        help="addresses to ask, e.g. tcp://192.168.0.7:5025, modbus+tcp://192.168.0.8, serial:///dev/ttyUSB0"
        " (default: list the serial ports and ask nobody)",
    )
    parser.add_argument(
        "--units", default="1-16", help="Modbus units to ask, e.g. 1-247 or 1,5,7 (%(default)s)"
    )
    parser.add_argument("--timeout", default="300 ms", help="longest wait for one answer (%(default)s)")
    parser.add_argument("--longest", default="30 s", help="longest time for one address (%(default)s)")
