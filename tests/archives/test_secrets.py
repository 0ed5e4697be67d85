"""A secret goes to the wire, and into no store, no archive, no export and no output.

One is planted in an option, one in an address and one in the environment; the device gives back what it was
told, so that it stands in the texts of faults, and functions of results raise it.
"""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import make_url
from tests.archives.packing import make_run
from tests.instruments._peers import AsciiDevice, device

import shotlane
from shotlane.cli import main

pytestmark = pytest.mark.real_time
SECRETS = ("s3same-option", "127.0.0.1", "s3same-environment")
PASSWORD = "s3sa@x/y:z%41 ?#'me7x"
PASSWORD_ENDS = ("s3sa", "me7x")
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


def test_no_secret_is_in_the_store_the_archive_exports_or_outputs(
    project: tuple[Path, AsciiDevice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder, made = project
    monkeypatch.chdir(folder)
    for name, secret in zip(("METER", "HOST", "OTHER"), SECRETS, strict=True):
        monkeypatch.setenv(f"SHOTLANE_SECRET_{name}", secret)
    for arguments in (
        ("run", "sequences/secretive.yaml"),
        ("archive", "1", "../bag"),
        ("archive", "1", "../bag.zip"),
        ("verify", "../bag", "--json"),
        ("export", "1", "--to", "csv", "--out", "../csv"),
        ("export", "../bag", "--to", "jsonl", "--out", "../jsonl"),
        ("show", "1", "--json"),
    ):
        main([*arguments])
    told = "".join(capfd.readouterr())
    assert any(SECRETS[0] in line for line in made.asked)  # it did go to the wire
    assert "***" in told  # and came back
    assert [secret for secret in SECRETS if secret in told] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"shotlane.db", "run.json", "bag.zip", "samples.csv"}
    assert _holding(files) == []
    assert _holding_tables(tmp_path / "bag") == []
    readings = shotlane.load(tmp_path / "bag").samples("meter.banner", attempts="all")
    assert readings["text"].drop_nulls().str.contains("***", literal=True).any()


TELLING = """
language: 1
sequence: telling
station: lab
timeline: [{{greet: 60 ms}}]
lanes:
  meter.banner: {{record: {{greet: 20 Hz}}}}
results:
  own: {{python: 'own.py:{function}', unit: V, high: 1 V}}
"""
OWN = """
import os
class Untold(Exception):
    def __str__(self):
        raises(None)
def raises(shot):
    raise ValueError("the token is " + os.environ["SHOTLANE_SECRET_METER"])
def crashes(shot):
    raise Untold
"""


@pytest.mark.parametrize("options", [(), ("--mock",)], ids=["real", "mock"])
@pytest.mark.parametrize("function", ["raises", "crashes", "loads"])
def test_what_a_function_of_the_user_raises_holds_no_secret(
    project: tuple[Path, AsciiDevice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    function: str,
    options: tuple[str, ...],
) -> None:
    """It reads what the instrument is told, also where the instrument is a simulated one."""
    folder, _ = project
    monkeypatch.chdir(folder)
    for name, secret in zip(("METER", "HOST", "OTHER"), SECRETS, strict=True):
        monkeypatch.setenv(f"SHOTLANE_SECRET_{name}", secret)
    (folder / "sequences/telling.yaml").write_text(TELLING.format(function=function))
    loaded = "def loads(shot): pass\nraises(None)\n" if function == "loads" else ""
    (folder / "sequences/own.py").write_text(OWN + loaded)
    main(["run", "sequences/telling.yaml", *options])
    if function != "loads":
        main(["show", "1", "--json"])
        main(["archive", "1", "../bag"])
        main(["archive", "1", "../bag.zip"])
        assert _holding_tables(tmp_path / "bag") == []
    told = "".join(capfd.readouterr())
    assert "the token is ***" in told
    assert SECRETS[0] not in told
    assert _holding([path for path in tmp_path.rglob("*") if path.is_file()]) == []


@pytest.mark.postgres
def test_the_password_of_a_database_is_in_no_archive_export_or_output(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server lets everybody in, whatever the password is."""
    project = tmp_path / "project"
    make_run(project)
    monkeypatch.chdir(project)
    url = make_url(postgres_url).set(password=PASSWORD)
    store = url.render_as_string(hide_password=False)
    nowhere = url.set(port=1).render_as_string(hide_password=False)
    config = project / "shotlane.yaml"
    config.write_text("station: demo\n")
    for command in ("init -q", "add .", "-c user.name=x -c user.email=x commit -qm x"):
        subprocess.run(["git", *command.split()], check=True)
    config.write_text(f"station: demo\nstore: {json.dumps(store)}\n")
    for arguments in (
        ("run", "sequences/warm-up.yaml", "--virtual-time"),
        ("show", "1", "--json"),
        ("archive", "1", "../bag"),
        ("archive", "9", "../none"),
        ("export", "1", "--to", "jsonl", "--out", "../jsonl"),
        ("runs", "--store", nowhere),
        ("runs", "--store", f"{store}@more"),
    ):
        main([*arguments])
    told = "".join(capfd.readouterr())
    assert ":***@" in told
    assert ":***@" in (tmp_path / "bag/data/provenance/git.diff").read_text()
    config.unlink()
    texts = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    cells = [pl.read_parquet(path).select(pl.col(pl.String)).rows() for path in tmp_path.rglob("*.parquet")]
    shown = [text for text in (told, *texts, *map(str, cells)) if any(end in text for end in PASSWORD_ENDS)]
    assert shown == []


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
