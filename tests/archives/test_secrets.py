"""A secret goes to the wire, and into no store, no archive, no export and no output.

One is planted in an option, one in an address and one in the environment; the device gives back what it was
told, so that it stands in the texts of faults.
"""

import os
import subprocess
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.instruments._peers import AsciiDevice, device

import shotlane

pytestmark = pytest.mark.real_time
SECRETS = ("s3same-option", "127.0.0.1", "s3same-environment")
STATION = """
station: lab
instruments:
  meter:
    instrument: meter
    resource: tcp://${{secret:HOST}}:{port}
    options: {{password: '${{secret:METER}}'}}
"""
METER = """
instrument: meter
protocol: ascii
timeout: 300 ms
options: {password: required}
attributes:
  level: {query: "L? {password}", reply: "{value:f}", update: 20 ms}
  banner: {query: "B? {password}", reply: "{value:s}", type: text, update: 20 ms}
"""
SEQUENCE = """
language: 1
sequence: secretive
station: lab
timeline: [greet: 100 ms, wait: 100 ms]
lanes:
  meter.level: {record: {wait: 20 Hz}, required: true}
  meter.banner: {record: {greet: 20 Hz}}
retry: {attempts: 2, on: [garbled], then: skip}
"""


def echo(line: str) -> str | None:
    """A complaint that gives away what it was told."""
    return f"ERROR: bad line {line!r}"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[Path, AsciiDevice]]:
    """A project with an instrument that talks too much."""
    folder = tmp_path / "project"
    for name in ("stations", "sequences"):
        (folder / name).mkdir(parents=True)
    with device(echo) as made:
        port = made.resource.rpartition(":")[2]
        (folder / "stations" / "lab.yaml").write_text(STATION.format(port=port))
        (folder / "stations" / "meter.yaml").write_text(METER)
        (folder / "sequences" / "secretive.yaml").write_text(SEQUENCE)
        yield folder, made


def done(folder: Path, *command: object) -> str:
    """A command with the secrets in its environment; everything it said."""
    environment = {
        "SHOTLANE_SECRET_METER": SECRETS[0],
        "SHOTLANE_SECRET_HOST": SECRETS[1],
        "SHOTLANE_SECRET_OTHER": SECRETS[2],
    }
    program = Path(sysconfig.get_path("scripts")) / str(command[0])
    found = subprocess.run(
        [program, *map(str, command[1:])],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
    )
    return found.stdout + found.stderr


def test_no_secret_is_in_the_store_the_archive_exports_or_outputs(
    project: tuple[Path, AsciiDevice], tmp_path: Path
) -> None:
    folder, made = project
    told = done(folder, "run-sequence", "sequences/secretive.yaml")
    for arguments in (
        ("archive", 1, "../bag"),
        ("archive", 1, "../bag.zip"),
        ("verify", "../bag", "--json"),
        ("export", 1, "--to", "csv", "--out", "../csv"),
        ("export", "../bag", "--to", "jsonl", "--out", "../jsonl"),
        ("show", 1, "--json"),
    ):
        told += done(folder, "shotlane", *arguments)
    assert any(SECRETS[0] in line for line in made.asked)  # it did go to the wire
    assert "***" in told  # and came back
    assert [secret for secret in SECRETS if secret in told] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"shotlane.db", "run.json", "bag.zip", "samples.csv"}
    assert _holding(files) == []
    assert _holding_tables(tmp_path / "bag") == []
    readings = shotlane.load(tmp_path / "bag").samples("meter.banner", attempts="all")
    assert readings["text"].drop_nulls().str.contains("***", literal=True).any()


def _holding(files: list[Path]) -> list[tuple[str, str]]:
    """Secrets in the bytes of files, and of the files that are packed in them."""
    found = []
    for path in files:
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        found += [(path.name, one) for one in SECRETS if any(one.encode() in text for text in contents)]
    return found


def _holding_tables(bag: Path) -> list[tuple[str, str]]:
    """Secrets in the cells of tables, which are packed."""
    found = []
    for path in bag.rglob("*.parquet"):
        cells = pl.read_parquet(path).select(pl.col(pl.String)).rows()
        found += [(path.name, secret) for secret in SECRETS if any(secret in str(row) for row in cells)]
    return found
