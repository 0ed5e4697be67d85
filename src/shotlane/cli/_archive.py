"""`shotlane archive`: pack a run with all that it was made from."""

import argparse

from shotlane.cli._archives import archive_complaints
from shotlane.cli._output import print_json, say, store_complaints, tell
from shotlane.cli._text import count
from shotlane.cli._where import store_of


def main(arguments: argparse.Namespace) -> int:
    """Pack it."""
    from shotlane.api import archive  # late: polars, SQLAlchemy

    with store_complaints(), archive_complaints():
        made = archive(arguments.run, arguments.out, store=store_of(arguments))
    written = made.written
    if arguments.json:
        print_json(
            {
                "run": made.run,
                "archive": str(written.path),
                "files": written.files,
                "bytes": written.size,
                "rows": dict(written.rows),
                "no_plan": made.no_plan,
                "digest": made.digest,
            }
        )
        return 0
    if made.no_plan is not None:
        tell(f"shotlane: the archive holds no plan: {made.no_plan}")
    rows = (
        count(written.rows.get(name, 0), name.removesuffix("s")) for name in ("shots", "samples", "actions")
    )
    say(f"archived: run {made.run} in {written.path}")
    say(f"  holds      {', '.join(rows)}; {count(written.files, 'file')}, {written.size:,} bytes")
    say(f"  digest     {made.digest}")
    say(f"  check      shotlane verify {written.path}")
    return 0
