"""A small run and its archive, and ways to spoil an archive."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl

import shotlane

REPOSITORY = Path(__file__).parents[2]

SEQUENCE = """
language: 1
sequence: warm-up
description: Two ramps.
station: demo
tags: [archived]
parameters: {T: 40 degC, rate: 40 K/s}
labels: {operator: nobody}
timeline:
  - rest: 50 ms
  - heat: (T - 25 degC) / rate
  - soak: 100 ms
lanes:
  furnace.setpoint:
    set:
      rest: 25 degC
      heat: ramp()
      soak: T
    every: 20 ms
    read: {soak: {at: end}}
  furnace.temperature: {record: 50 Hz}
  gas.shutoff: {set: false}
  balance: {call: {rest: tare()}}
results:
  T_last: {value: last(furnace.temperature), high: 100 degC}
sweep:
  - T: [35 degC, 40 degC, 45 degC]
"""


@dataclass(frozen=True)
class Packed:
    """A project with one run, and the archive of it."""

    project: Path
    bag: Path

    @property
    def store(self) -> str:
        """Where the run is."""
        return f"sqlite:///{self.project / 'data' / 'shotlane.db'}"


def make_run(project: Path, sequence: str = SEQUENCE, files: Mapping[str, str] | None = None) -> str:
    """A project with one run in virtual time, `files` beside its sequence; its store."""
    for name in ("sequences", "data"):
        (project / name).mkdir(parents=True)
    shutil.copytree(REPOSITORY / "stations", project / "stations")
    path = project / "sequences" / "warm-up.yaml"
    path.write_text(sequence, encoding="utf-8")
    for name, text in (files or {}).items():
        (project / "sequences" / name).write_text(text, encoding="utf-8")
    store = f"sqlite:///{project / 'data' / 'shotlane.db'}"
    shotlane.run(path, virtual_time=True, mock=True, store=store)
    return store


def replace_in(path: Path, old: str, new: str) -> None:
    """Change a text; it must hold what is to be changed."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def document(bag: Path, name: str) -> Path:
    """A text of an archive by the end of its name."""
    documents: dict[str, str] = json.loads((bag / "data/run.json").read_bytes())["documents"]
    return next(bag / "data" / path for text, path in documents.items() if text.endswith(name))


def hash_again(bag: Path, *, sizes: bool = True) -> None:
    """Write the manifests anew, as somebody does who wants to deceive; `sizes`: those in the crate too."""
    if sizes:
        _describe_again(bag)
    payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
    (bag / "manifest-sha256.txt").write_text(_lines(bag, payload))
    size = sum(path.stat().st_size for path in payload)
    told = (bag / "bag-info.txt").read_text().splitlines()
    told = [line for line in told if not line.startswith("Payload-Oxum")]
    (bag / "bag-info.txt").write_text("\n".join([*told, f"Payload-Oxum: {size}.{len(payload)}"]) + "\n")
    tags = [bag / name for name in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")]
    (bag / "tagmanifest-sha256.txt").write_text(_lines(bag, tags))


def _describe_again(bag: Path) -> None:
    """Give the crate the sizes and numbers of rows of the files that are there."""
    path = bag / "data/ro-crate-metadata.json"
    with suppress(ValueError, KeyError, TypeError):
        crate = json.loads(path.read_bytes())
        for item in crate["@graph"]:
            file = bag / "data" / unquote(item["@id"])
            if "contentSize" in item and file.is_file():
                item["contentSize"] = str(file.stat().st_size)
            if "additionalProperty" in item and file.is_file():
                with suppress(pl.exceptions.PolarsError):
                    rows = pl.scan_parquet(file).select(pl.len()).collect().item()
                    item["additionalProperty"] = {"@id": f"#forged-{rows}"}
                    crate["@graph"].append({"@id": f"#forged-{rows}", "value": rows})
        path.write_text(json.dumps(crate))


def _lines(bag: Path, files: list[Path]) -> str:
    return "".join(f"{_digest(file)}  {file.relative_to(bag).as_posix()}\n" for file in files)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
