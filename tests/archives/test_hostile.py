"""What a stranger made to do harm is refused in a sentence: nothing is written outside, memory is bounded."""

import io
import json
import os
import random
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.archives.packing import hash_again

import shotlane
from shotlane.archives import ArchiveError
from shotlane.cli import main

# Of a process that has imported everything that is needed.
_PEAK_MB = 500
# Of one that has read next to nothing.
_IDLE_MB = 300
_MEASURED = """
import sys
from pathlib import Path
import shotlane
from shotlane.archives import ArchiveError
try:
    what, path = sys.argv[1:]
    if what == "load":
        run = shotlane.load(path)
        run.samples(attempts="all"), run.attempts(), run.arrays(), run.events()
    else:
        found = shotlane.verify(path)
        print("holds", found.holds)
except ArchiveError as error:
    print(error)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print("peak", int(status["VmHWM"].split()[0]) // 1024)
"""


def told_within_memory(what: str, path: Path, most_mb: int = _PEAK_MB) -> str:
    """What another process says of an archive, without having needed much memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell how much memory a process had")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, what, str(path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told, _, peak = done.stdout.rpartition("peak ")
    assert int(peak) < most_mb, told
    return told


def rewrite(bag: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """A table of the archive as somebody else would have it, with hashes that hold."""
    path = bag / "data" / f"{table}.parquet"
    # Older polars put the whole of a text into the statistics of the footer, which is then refused first.
    change(pl.read_parquet(path)).write_parquet(path, statistics=False)
    hash_again(bag)


def facts_with(bag: Path, **changes: Any) -> None:
    path = bag / "data" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    hash_again(bag)


def deflated(name: str) -> zipfile.ZipInfo:
    """An entry to be written in parts."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def zipped(bag: Path, out: Path, **more: bytes) -> zipfile.ZipFile:
    """The archive as a zip file that can be added to."""
    made = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    for path in sorted(bag.rglob("*")):
        if path.is_file():
            made.write(path, f"bag/{path.relative_to(bag)}")
    return made


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "bag/../../evil", "C:evil", "bag\\..\\evil", "bag//x"]
)
def test_a_name_that_leads_out_is_refused(bag: Path, tmp_path: Path, name: str) -> None:
    with zipped(bag, tmp_path / "a.zip") as made:
        made.writestr(name, b"evil")
    with pytest.raises(ArchiveError, match="would lie outside of it"):
        shotlane.load(tmp_path / "a.zip")
    assert not list(tmp_path.parent.rglob("evil"))


@pytest.mark.parametrize("target", ["/etc/passwd", "run.json"])
def test_a_link_is_refused_in_a_folder(bag: Path, target: str) -> None:
    (bag / "data" / "link.json").symlink_to(target)
    with pytest.raises(ArchiveError, match="neither a file nor a folder"):
        shotlane.load(bag)


def test_a_link_is_refused_in_a_zip_file(bag: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("bag/data/link.json")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipped(bag, tmp_path / "a.zip") as made:
        made.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="is no plain file"):
        shotlane.load(tmp_path / "a.zip")


def test_a_pipe_is_refused_and_not_waited_for(bag: Path) -> None:
    os.mkfifo(bag / "data" / "run.jsonl")
    with pytest.raises(ArchiveError, match="neither a file nor a folder"):
        shotlane.verify(bag)


def test_a_zip_file_that_unpacks_to_far_more_than_it_is_is_refused(bag: Path, tmp_path: Path) -> None:
    with (
        zipped(bag, tmp_path / "a.zip") as made,
        made.open(deflated("bag/data/zeros.json"), "w", force_zip64=True) as file,
    ):
        for _ in range(400):
            file.write(bytes(1 << 20))
    assert "is refused" in told_within_memory("verify", tmp_path / "a.zip")


def test_other_ways_of_packing_are_refused(bag: Path, tmp_path: Path) -> None:
    with zipped(bag, tmp_path / "a.zip") as made:
        made.writestr("bag/data/x.json", bytes(1 << 20), zipfile.ZIP_LZMA)
    with pytest.raises(ArchiveError, match="packed in a way that no bag is"):
        shotlane.load(tmp_path / "a.zip")


def test_files_that_lie_over_one_another_are_refused(tmp_path: Path) -> None:
    """Many entries for the same packed bytes (as in D. Fifield, "A better zip bomb", 2019)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bag/bagit.txt", random.Random(1).randbytes(5000))
    packed = data.getvalue()
    end = packed.rindex(b"PK\5\6")
    start = struct.unpack("<I", packed[end + 16 : end + 20])[0]
    entry = packed[start:end]
    entries = entry + b"".join(entry.replace(b"bagit.txt", b"file%05d"[:9] % n) for n in range(1, 4))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 4, 4, len(entries), start, 0)
    (tmp_path / "a.zip").write_bytes(packed[:start] + entries + tail)
    with pytest.raises(ArchiveError, match=r"lie over one another|Overlapped entries"):
        shotlane.load(tmp_path / "a.zip")


def list_of_files(path: Path, where: str) -> None:
    """A zip file of a million files of which only the list is there, with what looks like its end elsewhere.

    `where`: "end" as it should be; "offset" within the end, whose place in the file is that mark; "comment"
    behind it, while the true end is the wide one (.ZIP File Format Specification, 4.3.14 to 4.3.16).
    """
    name = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0) + b"a"
    mark = int.from_bytes(b"PK\5\6", "little")
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    count, size, most = 1_000_000, 1_000_000 * (len(entry) + 7), 0xFFFF_FFFF
    with path.open("wb") as file:
        file.write(name)
        start = file.seek(mark) if where == "offset" else len(name)
        for first in range(0, count, 1000):
            file.write(b"".join(entry + b"%07d" % number for number in range(first, first + 1000)))
        if where == "comment":
            wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
            file.write(wide + struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1))
            comment = b"PK\6\6" + bytes(60)
            told = (most, most, len(comment))
        else:
            comment, told = b"", (size, start, 0)
        file.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, *told) + comment)


@pytest.mark.parametrize("where", ["end", "offset", "comment"])
def test_a_list_of_files_that_is_too_long_is_not_read(tmp_path: Path, where: str) -> None:
    list_of_files(tmp_path / "a.zip", where)
    told = told_within_memory("load", tmp_path / "a.zip", _IDLE_MB)
    assert "the list of its files is 53,000,000 bytes long" in told


@pytest.mark.parametrize(
    "line",
    ["0" * 64 + "  ../../etc/passwd", "0" * 64 + "  /etc/passwd", "no hash", "0" * 64 + "  bagit.txt"],
)
def test_a_manifest_that_is_wrong_is_told(bag: Path, line: str) -> None:
    path = bag / "manifest-sha256.txt"
    path.write_text(f"{path.read_text()}{line}\n")
    assert not shotlane.verify(bag).hashes.hold


def test_a_size_of_many_digits_is_told(bag: Path) -> None:
    path = bag / "bag-info.txt"
    path.write_text(path.read_text() + f"Payload-Oxum: {'9' * 10_000}.1\n")
    assert not shotlane.verify(bag).hashes.hold


def test_documents_that_grow_when_they_are_read_are_told(bag: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    facts = json.loads((bag / "data" / "run.json").read_text())
    document = next(path for name, path in facts["documents"].items() if name.endswith("warm-up.yaml"))
    (bag / "data" / document).write_text(bomb)
    hash_again(bag)
    assert "holds False" in told_within_memory("verify", bag)


def test_a_small_file_of_very_many_rows_is_refused(bag: Path) -> None:
    rows = 1_500_000
    rewrite(
        bag,
        "samples/00001",
        lambda frame: frame.head(1).select(pl.all().repeat_by(rows).explode()),
    )
    assert "would come to more than" in told_within_memory("load", bag)


def test_a_table_that_is_refused_is_told_in_the_report(bag: Path) -> None:
    rewrite(bag, "samples/00001", lambda frame: frame.head(1).select(pl.all().repeat_by(1_500_000).explode()))
    assert "holds False" in told_within_memory("verify", bag)
    checks = shotlane.verify(bag, level=2).records
    assert checks is not None
    told = {check.name: check.faults for check in checks.checks if not check.holds}
    assert told.keys() == {"tables", "tallies", "results"}
    assert all("would come to more than" in faults[0] for faults in told.values())


def test_a_small_file_with_a_very_long_text_is_refused(bag: Path) -> None:
    rewrite(bag, "tables/attempts", lambda frame: frame.with_columns(message=pl.lit("a" * (160 << 20))))
    assert "would come to more than" in told_within_memory("load", bag)


def test_one_text_for_very_many_rows_is_refused(bag: Path) -> None:
    long = pl.DataFrame({"message": ["a" * (1 << 20)]})

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        few = frame.head(1)[[0] * 2500]
        return few.with_columns(long[[0] * 2500]["message"], fault=pl.lit("x")).select(frame.columns)

    rewrite(bag, "tables/attempts", change)
    told = told_within_memory("load", bag)
    assert "would come to" in told


@pytest.mark.parametrize(
    ("table", "change", "match"),
    [
        ("tables/attempts", {"outcome": pl.lit("splendid")}, "there is no outcome 'splendid'"),
        ("tables/attempts", {"context": pl.lit("[1"), "fault": pl.lit("x")}, "no JSON object"),
        ("samples/00001", {"status_number": pl.lit(77, pl.Int64)}, "there is no status"),
        ("samples/00001", {"value": pl.lit("text")}, "its column 'value' is no Float64"),
        ("tables/results", {"verdict": pl.lit("perhaps")}, "there is no verdict 'perhaps'"),
    ],
)
def test_words_that_nobody_knows_are_told(
    bag: Path, table: str, change: dict[str, pl.Expr], match: str
) -> None:
    rewrite(bag, table, lambda frame: frame.with_columns(**change))
    with pytest.raises(ArchiveError, match=match):
        _ = [shotlane.load(bag).samples(attempts="all"), shotlane.load(bag).results()]


@pytest.mark.parametrize("name", ["ended_utc_ns", "outcome", "reason", "repeats", "environment"])
def test_a_run_of_which_a_part_is_lacking_is_told(bag: Path, name: str) -> None:
    path = bag / "data/run.json"
    facts = json.loads(path.read_bytes())
    del facts[name]
    path.write_text(json.dumps(facts))
    with pytest.raises(ArchiveError, match="is damaged"):
        shotlane.load(bag)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("seed",), None),
        (("seed",), "x"),
        (("git",), {}),
        (("origin", "files"), 7),
        (("origin", "mock"), "yes"),
        (("packages",), []),
        (("imported",), 1),
    ],
)
def test_circumstances_that_make_no_sense_are_told(bag: Path, place: tuple[str, ...], value: object) -> None:
    """What is compiled again is made from them."""
    path = bag / "data/run.json"
    facts = json.loads(path.read_bytes())
    *folders, last = ("environment", *place)
    whole: Any = facts
    reduce(lambda part, name: part[name], folders, whole)[last] = value
    path.write_text(json.dumps(facts))
    with pytest.raises(ArchiveError, match=r"'environment' of run.json is not what it should be"):
        shotlane.load(bag)


@pytest.mark.parametrize(
    "changes",
    [
        {"run": "1"},
        {"run": -1},
        {"started_utc_ns": 10**30},
        {"outcome": "splendid"},
        {"channels": [{"index": 0}]},
        {"channels": {}},
        {"sessions": [{"number": 0, "session": 1}]},
        {"documents": {"a.yaml": 7}},
        {"notes": [{"id": 1, "at_utc_ns": 1, "author": None, "kind": "order", "text": "x"}]},
        {"tags": "all"},
        {"ordinal": None},
        {"environment": []},
        {"environment": {"origin": {}}},
    ],
    ids=str,
)
def test_a_run_that_makes_no_sense_is_told(bag: Path, changes: dict[str, Any]) -> None:
    facts_with(bag, **changes)
    with pytest.raises(ArchiveError, match="is damaged"):
        shotlane.load(bag)


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "", "9" * 10_000, '{"archive": 1e999}', "\0"])
def test_what_is_no_run_at_all_is_told(bag: Path, text: str) -> None:
    (bag / "data" / "run.json").write_text(text)
    with pytest.raises(ArchiveError, match=r"run\.json is damaged|an archive of format"):
        shotlane.load(bag)


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "documents/none.yaml"])
def test_documents_are_found_inside_only(bag: Path, path: str) -> None:
    facts_with(bag, documents={"a.yaml": path})
    with pytest.raises(ArchiveError, match="holds no 'data/"):
        shotlane.load(bag).documents()


@pytest.mark.parametrize(
    "line", ["{}", "[]", "x", '{"session": 1}', "[" * 100_000, '{"session": ' + "9" * 5000]
)
def test_a_line_that_is_no_event_is_told(bag: Path, line: str) -> None:
    with (bag / "data" / "events.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ArchiveError, match="of its events is none"):
        shotlane.load(bag).events()
    hash_again(bag)
    found = shotlane.verify(bag, level=2).records
    assert found is not None
    assert (
        "of its events is none" in next(check for check in found.checks if check.name == "events").faults[0]
    )


@pytest.mark.parametrize("what", ["load", "verify"])
def test_a_line_of_events_that_never_ends_is_not_read(bag: Path, what: str) -> None:
    path = bag / "data/events.jsonl"
    os.truncate(path, path.stat().st_size + (400 << 20))
    hash_again(bag)
    told = told_within_memory(what, bag, _IDLE_MB)
    assert "holds False" in told if what == "verify" else "it is too long" in told


def test_a_damaged_file_is_told_wherever_it_is_damaged(bag: Path) -> None:
    """Bytes are changed at random: whatever is read, it is right, or an error in a sentence."""
    path = bag / "data" / "samples" / "00001.parquet"
    sound = path.read_bytes()
    chance = random.Random(8)
    for _ in range(40):
        data = bytearray(sound)
        for _ in range(chance.choice((1, 4, 40))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with suppress(ArchiveError):
            shotlane.load(bag).samples(attempts="all")


def plan_with(bag: Path, name: str, size: int) -> None:
    """The plan of the archive with one of its parts that comes to far more, with hashes that hold."""
    path = bag / "data/plan/sequence.plan"
    with zipfile.ZipFile(path) as held:
        parts = {part: held.read(part) for part in held.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for part in {**parts, "../../evil": b"evil"}:
            if part == name:
                with made.open(deflated(part), "w", force_zip64=True) as file:
                    # As an array that says itself how large it is.
                    np.lib.format.write_array_header_1_0(
                        file, {"descr": "<f8", "fortran_order": False, "shape": (size >> 3,)}
                    )
                    for _ in range(size >> 20):
                        file.write(bytes(1 << 20))
            else:
                made.writestr(part, parts.get(part, b"evil"))
    hash_again(bag)


@pytest.mark.parametrize("name", ["plan.json", "points/0.npy", "shots/00000000/values.npy"])
def test_a_plan_that_is_another_zip_file_does_no_harm(bag: Path, name: str) -> None:
    plan_with(bag, name, 1 << 30)
    assert "holds False" in told_within_memory("verify", bag)
    found = shotlane.verify(bag, level=2).recompiled
    assert found is not None
    assert "plan/sequence.plan" in "".join(found.faults) or "of the saved plan" in "".join(found.faults)
    assert not list(bag.parent.parent.rglob("evil"))


def test_words_of_others_do_not_steer_the_terminal(bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bag / "data" / "\x1b]0;evil\x07.json").write_text("{}")
    assert main(["verify", str(bag)]) == 2
    (bag / "data" / "\x1b]0;evil\x07.json").unlink()
    facts_with(bag, sequence="\x1b[2J")
    assert main(["export", str(bag), "--to", "csv"]) == 2
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
