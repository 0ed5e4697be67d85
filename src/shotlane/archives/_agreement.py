"""Whether the parts of an archive agree: words with keys, shots with attempts, the crate with the files.

Hashes that somebody wrote anew hold, whatever was changed. What is said in several places has to be changed
in all of them; and what no attempt claims would be compared with nothing. One file of a table is in memory at
a time.
"""

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

import polars as pl

from shotlane.archives import _frames as frames
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._crate import METADATA
from shotlane.archives._error import ArchiveError
from shotlane.archives._reader import BagReader
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES, TABLES, Table
from shotlane.records import Outcome

_WORDED = {**TABLES, "samples": SAMPLES, "actions": ACTIONS, "arrays": ARRAYS}
_KEYS = ("attempt_key", "channel_index", "parameter_index", "status_number", "kind_number")
_ENDED_WELL = (Outcome.DONE, Outcome.PASSED)


def disagreements(reader: BagReader) -> list[str]:
    """What contradicts what, in words. Raises `ArchiveError` for what cannot be read."""
    words = frames.words_of(reader, reader.run().summary.number)
    found = [*_shots(reader), *_files(reader)]
    if words.attempts["attempt_key"].n_unique() != words.attempts.height:
        return [*found, "several attempts have one key"]
    return [*found, *(told for name, table in _WORDED.items() for told in _words(reader, words, name, table))]


def _words(reader: BagReader, words: frames.Words, name: str, table: Table) -> Iterator[str]:
    """Rows of no attempt, and rows whose words are not those of their keys."""
    keys = [key for key in _KEYS if key in table.stored]
    spoken = list(table.words)
    if not spoken:
        return
    needed = list(dict.fromkeys([*keys, *_own_words(table)]))
    strays = others = 0
    for rows in reader.each(name, [*spoken, *needed]):
        again = words.worded(rows.select(needed), table)
        if "shot" in table.words:
            strays += int(again["shot"].is_null().sum())
        differs = pl.any_horizontal(rows[word].ne_missing(again[word]) for word in spoken)
        others += int(rows.select(differs.alias("differs"))["differs"].sum())
    if strays:
        yield f"{strays:,} rows of {name} belong to no attempt of the archive"
    elif others:
        yield f"{others:,} rows of {name} have other words ({', '.join(spoken)}) than keys"


def _own_words(table: Table) -> list[str]:
    """Words that are columns of the store: a shot, or the name of a channel."""
    return [name for name in ("shot", "channel") if name in table.stored]


def _shots(reader: BagReader) -> Iterator[str]:
    """What shots and attempts say of each other."""
    attempts = {key: (shot, outcome) for key, shot, _, outcome, *_ in reader.attempts()}
    counts = Counter(shot for shot, _ in attempts.values())
    shots = reader.shots()
    numbers = [shot for shot, *_ in shots]
    if len(set(numbers)) != len(numbers):
        yield "one shot is there several times"
    for shot, outcome, count, _, _, good, _ in shots:
        if outcome is not None and counts[shot] != count:
            yield f"shot {shot} had {count} attempts, and {counts[shot]} are recorded"
        elif good is not None and attempts.get(good) != (shot, outcome):
            yield f"shot {shot} ended {outcome}, and not so its attempt"
        elif good is None and outcome in _ENDED_WELL:
            yield f"shot {shot} ended {outcome} without an attempt that did"
    lost = sorted(set(counts) - {0} - set(numbers))
    if lost:
        yield f"attempts are of shot {lost[0]}, which is not recorded"
    committed = sum(outcome is not None for _, outcome, *_ in shots)
    told = reader.facts["shots_committed"]
    if committed != told:
        yield f"{told} shots ended by run.json, and {committed} by the table of shots"


def _files(reader: BagReader) -> Iterator[str]:
    """Files that the crate does not describe, and those that it describes and are not there."""
    try:
        graph = json.loads(reader.read(METADATA))["@graph"]
        root = next(item for item in graph if item["@id"] == "./")
        described = {unquote(part["@id"]) for part in root["hasPart"]}
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError) as error:
        raise ArchiveError(f"'{METADATA}' of '{reader.store}' is damaged") from error
    there = {name.removeprefix(f"{PAYLOAD}/") for name in reader.bag.sizes if name.startswith(f"{PAYLOAD}/")}
    there.discard(METADATA)
    for name in sorted(described - there):
        yield f"the crate describes {name}, which is not there"
    for name in sorted(there - described):
        yield f"the crate does not describe {name}"
