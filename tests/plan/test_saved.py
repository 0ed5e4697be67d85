"""Plans in files: what is read is what was saved, and what was changed is refused."""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.plan.table import plan_of
from tests.plan.test_digest import TEXT

from shotlane.expression import Expression
from shotlane.plan import CompiledPlan, PlanFileError, load_plan, save_plan

SWEPT = TEXT.replace("cool: 1 s", "cool: last").replace("  flow: 20", "  last: 1 s\n  flow: 20")
SWEPT = SWEPT.replace("retry:", "  - last: [0.7 s, 2 s]\nretry:")
BOX = """\
sequence: box
parameters: {x: 1 V, on_: true}
labels: {gas: He}
timeline: [{a: 1 s}, {b: 2 s}]
lanes:
  box: {call: {a: "kick(voltage=x, gas=gas)"}}
  box.note: {set: {a: gas, b: "'off'"}}
  box.gas: {set: gas}
  box.gate: {set: {b: "pulse(200 ms)", a: on_}}
  box.fine: {set: {a: "ramp(0 V, x)"}, every: 100 ms, initial: 0 V}
sweep:
  - x: [1 V, 2 V]
  - gas: [He, N2]
  - on_: [true, false]
order: {shuffle: 1}
"""
# A label that is not swept beside what is, as of a test bench that asks for a serial number.
LABELLED = """\
sequence: units
parameters: {x: 1 V, y: 2 V}
labels: {serial: AB1}
timeline: [{a: 1 s}]
lanes: {box.level: {set: x}}
sweep: [{x: [1 V, 2 V]}, {repeat: 2}]
"""


def saved(plan: CompiledPlan, folder: Path) -> Path:
    path = folder / "x.plan"
    save_plan(plan, path, documents={"x.yaml": "text"}, notes={"seed": 3})
    return path


def equal(one: object, other: object) -> bool:
    """Whether two things of a plan are equal, arrays by what they hold."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, dict):
        return (
            isinstance(other, dict) and list(one) == list(other) and all(equal(one[k], other[k]) for k in one)
        )
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, Expression):
        return isinstance(other, Expression) and (one.text, one.names) == (other.text, other.names)
    slots = getattr(one, "__slots__", None)
    if slots:
        return type(one) is type(other) and all(equal(getattr(one, n), getattr(other, n)) for n in slots)
    return one == other


@pytest.mark.parametrize("text", [TEXT, SWEPT, BOX, LABELLED, "sequence: t\ntimeline: [{a: 1 s}]\n"])
def test_a_plan_that_is_read_equals_the_one_that_was_saved(tmp_path: Path, text: str) -> None:
    plan = plan_of(text)
    found = load_plan(saved(plan, tmp_path))
    found.check_shots()
    assert (found.documents, found.notes) == ({"x.yaml": "text"}, {"seed": 3})
    for name in (
        "digest",
        "sequence",
        "station",
        "tags",
        "roles",
        "texts",
        "channels",
        "lanes",
        "retry",
        "summary",
    ):
        assert getattr(found.plan, name) == getattr(plan, name), name
    assert equal(dict(found.plan.points.columns), dict(plan.points.columns))
    for one, other in zip(found.plan.shots(), plan.shots(), strict=True):
        assert equal(one, other), one.number


def test_equal_plans_make_equal_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    one = saved(plan_of(TEXT), tmp_path).read_bytes()
    assert saved(plan_of(TEXT), tmp_path / "a").read_bytes() == one


def test_many_shots_are_read_in_chunks_in_any_order(tmp_path: Path) -> None:
    text = "sequence: t\nparameters: {x: 0 V}\ntimeline: [{a: 1 s}]\nlanes: {box.level: {set: x}}\n"
    plan = plan_of(text + "sweep: [{x: {linspace: [0 V, 9 V, 1000]}}]\n")
    found = load_plan(saved(plan, tmp_path)).plan
    assert [found.shot(k).digest for k in (1000, 1, 257, 256)] == [
        plan.shot(k).digest for k in (1000, 1, 257, 256)
    ]


def rewritten(path: Path, name: str, change: object) -> None:
    with zipfile.ZipFile(path) as file:
        entries = {entry: file.read(entry) for entry in file.namelist()}
    entries[name] = change(entries.get(name))  # type: ignore[operator]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, data in entries.items():
            file.writestr(entry, data)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


SIZE = 80 << 20


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plan.json", b" " * SIZE),
        ("points/0.npy", npy(np.zeros(SIZE // 8))),
        ("shots/00000000/values.npy", npy(np.zeros(SIZE // 8))),
        ("shots/00000000/values.npy", bytes(SIZE)),
        ("shots/00000000/values.npy", npy(np.zeros(2)).replace(b"(2,), ", b"(2" + b"0" * 13 + b",)")),
        ("shots/00000000/values.npy", npy(np.zeros(2, "V0")).replace(b"(2,)    ", b"(20000,)")),
        ("shots/00000000/numbers.npy", npy(np.zeros((SIZE // 80, 10), "i4"))),
        ("shots/00000000/rules.npy", npy(np.frombuffer(b"[" + b"[]," * (SIZE // 8) + b"0]", np.uint8))),
        ("shots/00000000/rules.npy", npy(np.frombuffer(b"[" * 100_000, np.uint8))),
        ("shots/99999999/values.npy", b""),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_comes_to_more_than_a_plan_can_is_not_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = saved(plan_of(TEXT), tmp_path)
    rewritten(path, name, lambda _: data)
    tracemalloc.start()
    try:
        with pytest.raises(PlanFileError, match=r"no plan of shotlane, or is damaged|saved plan is damaged"):
            load_plan(path).check_shots()
        assert tracemalloc.get_traced_memory()[1] < SIZE * 3 / 4
    finally:
        tracemalloc.stop()


def test_a_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = saved(plan_of(TEXT), tmp_path)
    rewritten(path, "plan.json", lambda data: data.replace(b'"high": 200.0', b'"high": 900.0', 1))
    with pytest.raises(PlanFileError, match="its digest"):
        load_plan(path)


def test_a_changed_shot_is_found_when_all_are_checked(tmp_path: Path) -> None:
    path = saved(plan_of(TEXT), tmp_path)
    rewritten(path, "shots/00000000/values.npy", lambda data: data[:-8] + np.float64(7).tobytes())
    with pytest.raises(PlanFileError, match="shot 9"):
        load_plan(path).check_shots()


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 nothing"])
def test_what_is_no_plan_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.plan"
    path.write_bytes(data)
    with pytest.raises(PlanFileError, match="no plan of shotlane"):
        load_plan(path)


def test_another_format_is_told(tmp_path: Path) -> None:
    path = saved(plan_of(TEXT), tmp_path)
    rewritten(path, "plan.json", lambda data: json.dumps({**json.loads(data), "format": 99}).encode())
    with pytest.raises(PlanFileError, match="format 99"):
        load_plan(path)
