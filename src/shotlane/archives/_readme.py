"""What another lab reads first."""

from shotlane.archives._facts import Facts

_TEXT = """# Run {run}: {sequence} on {station}

{description}

This folder is a BagIt bag (RFC 8493); its `data/` is an RO-Crate, whose `ro-crate-metadata.json` describes
every file, every column and every unit.

| in `data/` | what it is |
|---|---|
| `run.json` | the run as a whole: outcome, channels with units, versions of all packages, machine, code |
| `documents/` | the texts that were run; `run.json` says under which names |
| `plan/` | the plan that was run, with its digests, if it could be made again |
| `provenance/` | lock files, changes that were not committed, the station as it was resolved when it ran |
| `resolved/` | the sequence and the channels of the station, as they were understood |
| `samples/` | every reading, with planned and actual time, in files of whole attempts |
| `actions/` | every set and call |
| `arrays/` | readings that are arrays |
| `tables/` | shots, their parameters and results, attempts, steps, counts |
| `events.jsonl` | what happened, in order |

Columns ending in `_utc_ns` are nanoseconds since 1970 in UTC, those ending in `_ns` alone nanoseconds
from the origin of the attempt, which `tables/attempts.parquet` holds.

    shotlane verify BAG                    # hashes, and whether the documents still compile to the plan
    python -c "import shotlane; print(shotlane.load('BAG').shots())"

Every `.parquet` file can be read without shotlane, and `sha256sum -c manifest-sha256.txt` checks the hashes.
"""


def readme(facts: Facts) -> bytes:
    """The text for one run."""
    names = ("run", "sequence", "station", "description")
    return _TEXT.format(**{name: facts[name] for name in names}).encode()
