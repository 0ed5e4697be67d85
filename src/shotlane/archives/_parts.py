"""Readings, actions and arrays of a run, in files of whole attempts: one share in memory at a time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from shotlane.archives import _frames as frames
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES
from shotlane.store import Query, Reader, Selection, samples_of, texts_of, unpacked

_SHARE_ROWS = 500_000
_SHARE_BYTES = 32 << 20
# What is decoded at once of a file of arrays.
_GROUP_BYTES = 16 << 20
_TEXTS = ("attempt_key", "channel_index", "tick", "text", "raw")
_PLAIN = tuple(name for name in SAMPLES.stored if name not in ("text", "raw"))
_AS_STORED = {"attempt_key": "attempt", "channel_index": "channel", "status_number": "status"}


def shares(reader: Reader, run: int, most: int = _SHARE_ROWS) -> Iterator[list[int]]:
    """Keys of attempts, so many that their readings and actions are about `most`.

    They depend on the run alone, so that the same run gives the same files.
    """
    counts: dict[int, int] = {}
    for key, _, _, planned, *_, unreached in reader.tallies(run):
        counts[key] = counts.get(key, 0) + planned - unreached
    share: list[int] = []
    rows = 0
    for key, *_ in reader.attempts(run):
        expected = counts.get(key, most)  # one that was cut off has no counts
        if share and rows + expected > most:
            yield share
            share, rows = [], 0
        share.append(key)
        rows += expected
    if share:
        yield share


def write_parts(reader: Reader, run: int, folder: Path) -> dict[str, int]:
    """Write them; the number of rows by file, for those that have any."""
    words = frames.words_of(reader, run)
    found: dict[str, int] = {}
    for number, keys in enumerate(shares(reader, run), start=1):
        for name, table, rows in (
            ("samples", SAMPLES, _samples(reader, keys)),
            ("actions", ACTIONS, frames.stored(reader.actions(run, keys), ACTIONS)),
        ):
            if rows.height:
                path = f"{name}/{number:05}.parquet"
                found[path] = frames.write(words.tell(rows, table), folder / path)
    for number, keys in enumerate(_array_shares(reader, run), start=1):
        rows = _arrays(reader, run, keys)
        path = f"arrays/{number:05}.parquet"
        largest = max(rows["data"].bin.size().to_list(), default=0)
        group = max(1, _GROUP_BYTES // max(1, largest))
        found[path] = frames.write(words.tell(rows, ARRAYS), folder / path, group)
    return found


def _array_shares(reader: Reader, run: int) -> Iterator[list[int]]:
    """Keys of attempts that hold arrays, of so many bytes at a time as they are stored."""
    share: list[int] = []
    total = 0
    for key, size in reader.array_sizes(run):
        if share and total + size > _SHARE_BYTES:
            yield share
            share, total = [], 0
        share.append(key)
        total += size
    if share:
        yield share


def _samples(reader: Reader, keys: list[int]) -> pl.DataFrame:
    chosen = Selection(attempts=keys, gapless=True)
    rows = _read(reader, samples_of(chosen, [_AS_STORED.get(name, name) for name in _PLAIN]), _PLAIN)
    texts = _read(reader, texts_of(chosen), _TEXTS)
    joined = rows.join(texts, on=_TEXTS[:3], how="left", maintain_order="left")
    return frames.in_order(joined.select(list(SAMPLES.stored)))


def _read(reader: Reader, query: Query, names: tuple[str, ...]) -> pl.DataFrame:
    query = replace(query, packed=None)  # column by column, on every database
    kinds = {name: SAMPLES.stored[name].kind for name in names}
    skip = 1 if reader.sqlite else 0

    def arrow(stream: object) -> pl.DataFrame:
        frame = pl.DataFrame(stream).slice(skip)  # type: ignore[arg-type]
        return frame.rename(dict(zip(frame.columns, names, strict=True))).cast(kinds)  # type: ignore[arg-type]

    return reader.table(query, arrow, lambda rows: pl.DataFrame(rows, schema=kinds, orient="row"))


def _arrays(reader: Reader, run: int, keys: list[int]) -> pl.DataFrame:
    # Unpacked: whoever reads the file needs no other codec than Parquet's.
    rows = [
        (*place, dtype, shape, unpacked(dtype, shape, encoding, data).tobytes())
        for *place, dtype, shape, encoding, data in reader.arrays(run, attempts=keys)
    ]
    return frames.stored(rows, ARRAYS)
