"""A run of a store as an archive. What is not finished is never found under the name of the archive.

Nothing of the day, the folder or the process that archives goes into the bag: the same run gives the same
bytes, as long as the versions of shotlane and polars are the same.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from shotlane.archives import _frames as frames
from shotlane.archives._bagging import PAYLOAD, close_bag, pack
from shotlane.archives._crate import METADATA, FileEntry, crate_of
from shotlane.archives._error import ArchiveError
from shotlane.archives._events import event_lines, instant
from shotlane.archives._facts import Facts, facts_of, to_json
from shotlane.archives._names import document_paths, plain
from shotlane.archives._parts import write_parts
from shotlane.archives._readme import readme
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES, TABLES
from shotlane.store import Reader, RunRecord, shot_parameters_of

ZIP = ".zip"
PLAN = "plan/sequence.plan"
_STORE = "the store of the run"
_PARTS = {"samples": SAMPLES, "actions": ACTIONS, "arrays": ARRAYS}
_MEDIA = {
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".plan": "application/zip",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True, slots=True)
class Extra:
    """A file that the caller adds to the payload: what it is, what made it, and its bytes."""

    about: str
    origin: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What was archived: where, how many bytes, and how many rows of what."""

    path: Path
    size: int
    files: int
    rows: Mapping[str, int] = field(default_factory=dict)


def check_out(out: Path) -> None:
    """Refuse a place where something is already, and archiving without its extra. Raises `ArchiveError`."""
    missing = [name for name in ("bagit", "rocrate") if find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise ArchiveError(
            f"archives are written with {' and '.join(missing)}, which {verb} not installed",
            "pip install 'shotlane[archive]'",
        )
    if out.exists() or out.is_symlink():
        raise ArchiveError(f"'{out}' exists already", "remove it, or give another name")
    if not out.absolute().parent.is_dir():
        raise ArchiveError(f"there is no folder '{out.parent}'", "make it first")


def write_archive(reader: Reader, run: int, out: Path, extras: Mapping[str, Extra]) -> Written:
    """Archive a run: a folder, or one file where `out` ends in .zip. Raises `ArchiveError`, `StoreError`."""
    check_out(out)
    record = reader.run(run)
    if record.summary.outcome is None:
        raise ArchiveError(f"run {run} is going on, in {reader.process(run)}", "archive it when it has ended")
    try:
        with _part(out) as part:
            folder = part / "bag"
            rows = _fill(reader, record, folder / PAYLOAD, extras)
            close_bag(folder, _information(record), _ended(record))
            files = sum(path.is_file() for path in folder.rglob("*"))
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            _put(folder, part, out, f"{plain(record.summary.sequence)}-run-{run}")
    except OSError as error:
        raise ArchiveError(f"'{out}' cannot be written: {error.strerror or error}") from error
    return Written(out, size, files, rows)


@contextmanager
def _part(out: Path) -> Iterator[Path]:
    """A folder beside the archive, gone in the end."""
    part = out.absolute().parent / f".{out.name}.{os.getpid()}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put(folder: Path, part: Path, out: Path, name: str) -> None:
    if out.suffix.lower() == ZIP:
        pack(folder, part / "bag.zip", name)
        folder = part / "bag.zip"
    if out.exists():  # made by somebody else meanwhile
        raise ArchiveError(f"'{out}' exists already", "remove it, or give another name")
    folder.rename(out)


def _fill(reader: Reader, record: RunRecord, payload: Path, extras: Mapping[str, Extra]) -> dict[str, int]:
    """Write the payload; the rows of every table."""
    run = record.summary.number
    texts = reader.documents(run)
    paths = document_paths(texts)
    facts = facts_of(record, paths, reader.sessions(run), reader.writers(run), reader.notes(run))
    rows = {**_tables(reader, run, payload), **write_parts(reader, run, payload)}
    entries: dict[str, FileEntry] = {}
    for name, content in texts.items():
        _keep(payload, paths[name], content.encode("utf-8", "surrogatepass"))
    _keep(payload, "run.json", to_json(facts))
    with (payload / "events.jsonl").open("wb") as lines:
        lines.writelines(event_lines(reader.events(run)))
    for name, text in reader.attachments(run).items():
        _keep(payload, f"provenance/{plain(name)}", text.encode())
    for path, extra in extras.items():
        _keep(payload, path, extra.content)
    _keep(payload, "README.md", readme(facts))
    for file in sorted(one for one in payload.rglob("*") if one.is_file()):
        name = file.relative_to(payload).as_posix()
        entries[name] = _entry(name, file.stat().st_size, facts, rows, extras)
    _keep(payload, METADATA, crate_of(facts, entries))
    return _sums(rows)


def _keep(payload: Path, name: str, content: bytes) -> None:
    path = payload / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _tables(reader: Reader, run: int, payload: Path) -> dict[str, int]:
    """Write the tables of the whole run."""
    words = frames.words_of(reader, run)
    parameters = reader.table(shot_parameters_of(run), lambda _: [], lambda rows: rows, expected=0)
    rows = {
        "shots": reader.shots(run),
        "parameters": parameters,
        "attempts": reader.attempts(run),
        "steps": reader.steps(run),
        "tallies": sorted(reader.tallies(run)),
        "results": reader.results(run),
        "polls": reader.polls(run),
    }
    return {
        f"tables/{name}.parquet": frames.write(
            words.tell(frames.stored(rows[name], table), table), payload / "tables" / f"{name}.parquet"
        )
        for name, table in TABLES.items()
    }


def _entry(
    name: str, size: int, facts: Facts, rows: Mapping[str, int], extras: Mapping[str, Extra]
) -> FileEntry:
    """What the crate says of a file."""
    media = _MEDIA.get(Path(name).suffix, "application/octet-stream")
    if name in extras:
        return FileEntry(extras[name].about, extras[name].origin, media, size)
    kind = name.split("/")[0]
    table = TABLES[Path(name).stem] if kind == "tables" else _PARTS.get(kind)
    if table is not None:
        return FileEntry(table.about, _STORE, media, size, rows[name], table.columns)
    if kind == "documents":
        named = next(text for text, path in facts["documents"].items() if path == name)
        return FileEntry(f"'{named}', as it was run", _STORE, media, size)
    if kind == "provenance":
        return FileEntry(f"'{Path(name).name}', as it was when the run began", _STORE, media, size)
    about = {
        "run.json": "the run as a whole: outcome, channels, parameters, figures, and what it was made with",
        "events.jsonl": "what happened, in order, one line each",
        "README.md": "how to read this archive",
    }
    return FileEntry(about[name], _STORE, media, size)


def _sums(rows: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for path, count in rows.items():
        folder, _, file = path.partition("/")
        name = file.removesuffix(".parquet") if folder == "tables" else folder
        found[name] = found.get(name, 0) + count
    return found


def _ended(record: RunRecord) -> int:
    return record.summary.ended_utc_ns or record.summary.started_utc_ns


def _information(record: RunRecord) -> dict[str, str]:
    summary = record.summary
    return {
        "Bag-Software-Agent": "shotlane",
        # Of the run and not of today: the same run gives the same bag.
        "Bagging-Date": instant(_ended(record))[:10],
        "External-Description": f"run {summary.number}: {summary.sequence} on {summary.station}",
        "External-Identifier": record.plan_digest or "none",
    }
