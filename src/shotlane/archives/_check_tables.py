"""Whether each table can be read, has its rows, and has words that are those of its keys.

What no attempt claims would be compared with nothing. One file of a table is in memory at a time.
"""

from collections.abc import Mapping

import polars as pl

from shotlane.archives import _frames as frames
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._check_files import described_rows
from shotlane.archives._checked import Findings
from shotlane.archives._error import ArchiveError
from shotlane.archives._reader import BagReader
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES, TABLES, Table

_PARTS = {"samples": SAMPLES, "actions": ACTIONS, "arrays": ARRAYS}
_KEYS = ("attempt_key", "channel_index", "parameter_index", "status_number", "kind_number")


def check_tables(reader: BagReader, found: Findings) -> None:
    """Read every table."""
    words = frames.words_of(reader, reader.facts["run"])
    if words.attempts["attempt_key"].n_unique() != words.attempts.height:
        found.tell("several attempts have one key")
        return
    told = described_rows(reader)
    for name, table in {**TABLES, **_PARTS}.items():
        try:
            _check_table(reader, words, name, table, told, found)
        except ArchiveError as error:
            found.tell(str(error))


def _check_table(
    reader: BagReader,
    words: frames.Words,
    name: str,
    table: Table,
    told: Mapping[str, int],
    found: Findings,
) -> None:
    """Rows of no attempt, and rows whose words are not those of their keys."""
    spoken = list(table.words)
    needed = list(dict.fromkeys([*(key for key in _KEYS if key in table.stored), *_own_words(table)]))
    strays = others = 0
    for file, rows in zip(_files(reader, name), reader.each(name, [*spoken, *needed]), strict=True):
        found.compared += rows.height
        if told.get(file, rows.height) != rows.height:
            found.tell(f"{file} has {rows.height:,} rows, and {told[file]:,} by the crate")
        again = words.worded(rows.select(needed), table)
        if "shot" in table.words:
            strays += int(again["shot"].is_null().sum())
        if spoken:
            differs = pl.any_horizontal(rows[word].ne_missing(again[word]) for word in spoken)
            others += int(rows.select(differs.alias("differs"))["differs"].sum())
    if strays:
        found.tell(f"{strays:,} rows of {name} belong to no attempt of the archive")
    elif others:
        found.tell(f"{others:,} rows of {name} have other words ({', '.join(spoken)}) than keys")


def _files(reader: BagReader, name: str) -> list[str]:
    """The files of a table, in the order in which they are read."""
    if name in TABLES:
        return [f"tables/{name}.parquet"]
    prefix = f"{PAYLOAD}/"
    return [one.removeprefix(prefix) for one in reader.bag.sizes if one.startswith(f"{prefix}{name}/")]


def _own_words(table: Table) -> list[str]:
    """Words that are columns of the store: a shot, or the name of a channel."""
    return [name for name in ("shot", "channel") if name in table.stored]
