"""The command line: every verb with its options, and nothing heavy imported."""

import argparse
from pathlib import Path
from typing import cast

from shotlane.cli._archive_arguments import add_archives
from shotlane.cli._argument_types import tcp_port
from shotlane.cli._asking_arguments import add_asking
from shotlane.cli._capture_arguments import add_capture
from shotlane.cli._events_arguments import add_events
from shotlane.cli._groups import grouped
from shotlane.cli._instruments_arguments import add_by_hand
from shotlane.cli._parser import Parser, Verbs
from shotlane.cli._record_arguments import add_record
from shotlane.cli._runs_arguments import add_runs
from shotlane.cli._serve_arguments import add_serve, add_submit

_EPILOG = "exit status: 0 done or passed, 1 failed, 2 documents wrong, 3 errored, 4 aborted or terminated"


def _run_number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no run number; `shotlane runs` lists them")
    return int(text)


def _add_sequence(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="sequence document (.yaml), or saved plan")
    _add_choices(parser)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-s", "--station", help="station by name or file (default: what the sequence says)")
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="override a parameter or a label; a swept one is fixed (may be repeated)",
    )
    parser.add_argument("--mock", action="store_true", help="replace every instrument by its simulation")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="URL", help="database (default: data/shotlane.db of the project)")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs instead of text")


def _add_format(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument(
        "--format",
        choices=["text", "json", "github"],
        default="text",
        help="how mistakes are told: to people, to programs (as --json), or on a pull request of GitHub",
    )


def _add_terms(parser: argparse.ArgumentParser) -> None:
    """How to run, whatever is run."""
    parser.add_argument(
        "--wait",
        nargs="?",
        const="forever",
        metavar="DURATION",
        help="wait for instruments that another process uses, for ever or e.g. '5 min' (default: refuse)",
    )
    parser.add_argument(
        "--wait-for-store",
        metavar="DURATION",
        help="how long to wait, instruments safe, for room for records: e.g. '8 h', forever (default: 1 h)",
    )
    parser.add_argument(
        "--timing",
        choices=["auto", "normal", "realtime"],
        help="priority of the threads that keep time: taken if granted, left, or demanded (default: auto)",
    )
    _add_store(parser)
    _add_format(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what went wrong")


def _fill_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb="run")
    _add_sequence(parser)
    parser.add_argument("--virtual-time", action="store_true", help="simulated instruments in simulated time")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="seed of the simulated noise (default: the sequence's)"
    )
    parser.add_argument("--confirm", action="store_true", help="run also commands that must be confirmed")
    add_capture(parser)
    _add_terms(parser)


def _add_describe(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    describe = verbs.add_parser(
        "describe", help="open the drivers of a station once and keep what they declare in STATION.lock.yaml"
    )
    describe.set_defaults(verb="describe")
    describe.add_argument("station", metavar="STATION", help="station by name or file")
    describe.add_argument("--write", action="store_true", help="write the lock file (default: print it)")


def _add_simulate(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = verbs.add_parser(
        "simulate", help="serve the simulated instruments of a station on real protocols, until Ctrl-C"
    )
    simulate.add_argument("station", metavar="STATION", help="station by name or file")
    simulate.add_argument(
        "--port", type=tcp_port, default=0, metavar="BASE", help="first TCP port (default: any free ones)"
    )
    simulate.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line per request")
    simulate.add_argument(
        "--folder",
        type=Path,
        default=Path(),
        help="gets STATION-served.yaml, and the links of serial ports (default: this folder)",
    )
    simulate.add_argument("--seed", type=int, default=0, metavar="N", help="seed of noise and chance")


_TRUST = "call also Python that came with an archive"


def _add_resume(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    resume = verbs.add_parser("resume", help="go on with a run that was killed or stopped", epilog=_EPILOG)
    resume.add_argument(
        "run", metavar="RUN|BAG", type=_run_or_archive, help="run number, or an archive of it"
    )
    resume.add_argument(
        "--changed", action="store_true", help="use the files of today, where they have changed since"
    )
    resume.add_argument("--trust", action="store_true", help=_TRUST)
    resume.add_argument("--dry-run", action="store_true", help="say what is left to run, and run nothing")
    _add_terms(resume)


def _run_or_archive(text: str) -> int | Path:
    """A number is a run; whatever is a file or folder is an archive."""
    if text.isdecimal():
        return _run_number(text)
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(
            f"'{text}' is no run number and no archive; `shotlane runs` lists runs"
        )
    return Path(text)


def _add_rerun(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    rerun = verbs.add_parser(
        "rerun", help="make a run again as it was, told first what differs since", epilog=_EPILOG
    )
    rerun.add_argument("run", metavar="RUN|BAG", type=_run_or_archive, help="run number, or an archive")
    rerun.add_argument("-s", "--station", metavar="NAME", help="another station than then, by name or file")
    rerun.add_argument("--mock", action="store_true", help="simulate all instruments, also if it was not so")
    rerun.add_argument("--virtual-time", action="store_true", help="in simulated time, also if it was not so")
    rerun.add_argument("--confirm", action="store_true", help="run also commands that must be confirmed")
    rerun.add_argument("--trust", action="store_true", help=_TRUST)
    rerun.add_argument("--changed", action="store_true", help="also where it comes to another plan than then")
    rerun.add_argument("--dry-run", action="store_true", help="say what differs, and run nothing")
    _add_terms(rerun)


def _add_db(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    actions = verbs.add_parser("db", help="look after the database of a store").add_subparsers(
        dest="action", metavar="VERB", required=True
    )
    info = actions.add_parser("info", help="say what it is: version, runs, size, what waits for it")
    _add_json(info)
    check = actions.add_parser("check", help="exit status 0 when this shotlane can use it as it is")
    upgrade = actions.add_parser("upgrade", help="bring the store of an older shotlane up to date")
    recover = actions.add_parser("recover", help="deliver records that had to wait for it")
    recover.add_argument("--into", metavar="URL", help="where the store is now, when its file was moved")
    for parser in (info, check, upgrade, recover):
        parser.set_defaults(verb="db")
        _add_store(parser)


def _add_init(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = verbs.add_parser("init", help="write a project, or a driver, to begin with")
    init.add_argument(
        "directory", metavar="DIR", type=Path, nargs="?", help="folder of the new project, or of the driver"
    )
    init.add_argument("--driver", metavar="NAME", help="a driver in Python, its test and a station with it")
    init.add_argument("--folder", type=Path, help="another way to write DIR")


def _add_check(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = verbs.add_parser(
        "check",
        help="find every mistake of documents, touch nothing",
        epilog="exit status: 0 no error, 2 mistakes",
    )
    check.add_argument("files", metavar="FILE", type=Path, nargs="+", help="documents, or folders of them")
    _add_choices(check)
    _add_format(check)
    check.add_argument(
        "--schema-only", action="store_true", help="validate against the JSON Schema and nothing more"
    )


def _add_plan(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    plan = verbs.add_parser("plan", help="show what a sequence will do")
    _add_sequence(plan)
    plan.add_argument("--shot", type=int, metavar="K", help="list the actions of one shot, counted from 1")
    plan.add_argument("--save", type=Path, metavar="PLAN", help="write the plan; `shotlane run PLAN` runs it")
    plan.add_argument(
        "--plot", type=Path, metavar="OUT", help="draw the lanes of a shot over time: .svg, .html or .png"
    )
    _add_format(plan)


def _add_explain(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain = verbs.add_parser("explain", help="what a code means, or where a value comes from")
    explain.add_argument("what", metavar="CODE|FILE", help="a code such as SEQ213, or a sequence")
    explain.add_argument("name", metavar="NAME", nargs="?", help="a parameter, label, step or channel of it")
    explain.add_argument("--shot", type=int, default=1, metavar="K", help="its value in shot K (default 1)")
    _add_choices(explain)
    _add_format(explain)


def _add_diff(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    diff = verbs.add_parser(
        "diff",
        help="compare two sequences, saved plans, runs or archives",
        epilog="exit status: 0 they are equal, 1 they differ, 2 documents or arguments wrong, 3 errored",
    )
    diff.add_argument("one", metavar="A", help="sequence document, saved plan, run number or archive")
    diff.add_argument("other", metavar="B", help="the other one")
    _add_choices(diff)
    _add_store(diff)
    _add_json(diff)


def _add_instruments(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    instruments = verbs.add_parser("instruments", help="look at the instruments of a station")
    actions = instruments.add_subparsers(dest="action", metavar="VERB", required=True)
    add_by_hand(actions, _add_json)
    _add_describe(actions)


def _add_schema(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    schema = verbs.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("kind", choices=["sequence", "station", "instrument"])


def run_parser() -> argparse.ArgumentParser:
    """Arguments of `run-sequence`."""
    parser = Parser(
        prog="run-sequence",
        description="Check a sequence, run it against the instruments of a station, and store every sample.",
        epilog=_EPILOG,
    )
    _fill_run(parser)
    return parser


def main_parser() -> argparse.ArgumentParser:
    """Arguments of `shotlane`, with all its verbs."""
    parser: argparse.ArgumentParser = Parser(
        prog="shotlane",
        usage="shotlane [-h] [--version] VERB ...",
        formatter_class=argparse.RawDescriptionHelpFormatter,  # lines as they are written here
        epilog=_EPILOG.replace(", 4", ",\n  4"),
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    # Hidden: they are listed by what they are for.
    verbs = cast(
        "Verbs",
        parser.add_subparsers(dest="verb", metavar="VERB", help=argparse.SUPPRESS, prog="shotlane"),
    )
    _add_init(verbs)
    _add_check(verbs)
    _add_plan(verbs)
    _add_explain(verbs)
    _fill_run(verbs.add_parser("run", help="run a sequence", epilog=_EPILOG))
    _add_resume(verbs)
    _add_rerun(verbs)
    add_asking(verbs, _run_number, _add_store, _add_json)
    add_runs(verbs, _run_number, _add_store, _add_json)
    add_events(verbs, _add_store, _add_json)
    _add_diff(verbs)
    add_archives(verbs, _run_number, _add_store, _add_json)
    _add_instruments(verbs)
    add_record(verbs, _add_json)
    _add_simulate(verbs)
    add_serve(verbs, _add_store)
    add_submit(verbs, _add_choices, _add_format)
    _add_db(verbs)
    _add_schema(verbs)
    parser.description = f"A declarative sequence runner for laboratory instruments.\n{grouped(verbs.helps)}"
    return parser
