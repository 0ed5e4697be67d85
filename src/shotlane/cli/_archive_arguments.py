"""The command line of archives: what `_arguments` adds for them."""

import argparse
from collections.abc import Callable
from pathlib import Path

Add = Callable[[argparse.ArgumentParser], None]


def add_archives(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    run_number: Callable[[str], int],
    *common: Add,
) -> None:
    """Add `archive`, `verify` and `export`; `common` adds what every one of them has but `verify`."""
    archive = verbs.add_parser("archive", help="pack a run with all that it was made from")
    archive.add_argument("run", metavar="RUN", type=run_number, help="run number")
    archive.add_argument("out", metavar="OUT", type=Path, help="new folder, or one file that ends in .zip")

    export = verbs.add_parser("export", help="write a run as files for other programs")
    export.add_argument("run", metavar="RUN|BAG", help="run number, or an archive")
    export.add_argument("--to", choices=["csv", "parquet", "jsonl"], required=True, help="kind of the files")
    export.add_argument("--out", metavar="DIR", type=Path, help="new folder (default: run-RUN-KIND)")

    for name, parser in (("archive", archive), ("export", export)):
        parser.set_defaults(verb=name)
        for add in common:
            add(parser)

    verify = verbs.add_parser(
        "verify",
        help="check an archive: its hashes, and that its documents still compile to its plan",
        epilog="exit status: 0 all that was checked holds, 1 something does not, 2 it is no archive",
    )
    verify.set_defaults(verb="verify")
    verify.add_argument("archive", metavar="BAG", type=Path, help="archive: folder or .zip file")
    verify.add_argument("--json", action="store_true", help="print JSON for programs instead of text")
