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
    """Add the verbs about archives; `common` adds what every one of them has but `verify`."""
    archive = verbs.add_parser("archive", help="pack a run with all that it was made from")
    archive.add_argument("run", metavar="RUN", type=run_number, help="run number")
    archive.add_argument("out", metavar="OUT", type=Path, help="new folder, or one file that ends in .zip")

    export = verbs.add_parser("export", help="write a run as files for other programs")
    export.add_argument("run", metavar="RUN|BAG", help="run number, or an archive")
    kinds = ["csv", "parquet", "jsonl", "arrow", "hdf5", "netcdf"]
    export.add_argument("--to", choices=kinds, required=True, help="kind of the files")
    export.add_argument(
        "--out",
        type=Path,
        help="new folder, or file of HDF5 and NetCDF (default: run-RUN-KIND, run-RUN.h5, .nc)",
    )

    arrive = verbs.add_parser("import", help="bring the run of an archive into a store")
    arrive.add_argument("archive", metavar="BAG", type=Path, help="archive: folder or .zip file")

    note = verbs.add_parser("note", help="add a note or a tag to a run, beside what was recorded")
    note.add_argument("run", metavar="RUN", type=run_number, help="run number")
    note.add_argument(
        "text", metavar="TEXT", nargs="*", help="what there is to say (default: show all notes)"
    )
    for option, does in (("--tag", "give the run a tag"), ("--untag", "take a tag away")):
        note.add_argument(
            option, metavar="TAG", action="append", default=[], help=f"{does} (may be repeated)"
        )
    note.add_argument("--author", metavar="NAME", help="who says so (default: the user of this machine)")

    verbs_here = {"archive": archive, "export": export, "import": arrive, "note": note}
    for name, parser in verbs_here.items():
        parser.set_defaults(verb=name)
        for add in common:
            add(parser)

    verify = verbs.add_parser(
        "verify",
        help="check an archive: its hashes, records and plan, and that it sends the same again",
        epilog="exit status: 0 all of it holds, 1 something does not, 2 it is no archive, 3 what could be "
        "checked holds, and something could not be checked",
    )
    verify.set_defaults(verb="verify")
    verify.add_argument("archive", metavar="BAG", type=Path, help="archive: folder or .zip file")
    verify.add_argument(
        "--level",
        type=int,
        choices=[1, 2, 3],
        default=3,
        help="1: hashes; 2: and recompilation and records; 3: and replay (default: 3)",
    )
    verify.add_argument("--digest", metavar="HEX", help="digest of the archive, as `archive` told it")
    verify.add_argument(
        "--trust", action="store_true", help="call the functions of results that came with it"
    )
    verify.add_argument("--json", action="store_true", help="print JSON for programs instead of text")
