"""The lock file: the same text for the same declarations, and a diagnostic for whatever is wrong with it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.lab import CAMERA, STATION, described, only, put, resolve

from shotlane.api import describe
from shotlane.cli import main
from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.expression import parse_unit
from shotlane.instruments.adopted._lockfile import StationLock, attributes_of, commands_of, lock_of
from shotlane.instruments.adopted._lockfile_text import lock_text
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._locks import FOLDER_VARIABLE, PortLocks
from shotlane.model import KEEP, Attribute, Command, CommandParameter, ValueType

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=20)


@st.composite
def attributes(draw: st.DrawFn) -> Attribute:
    type_ = draw(st.sampled_from(ValueType))
    numeric = type_ in (ValueType.FLOAT, ValueType.INT)
    return Attribute(
        draw(NAMES),
        type_,
        draw(st.sampled_from([None, parse_unit("degC"), parse_unit("cm**3/min")])),
        writable=True,
        low=draw(NUMBERS) if numeric else None,
        high=draw(NUMBERS) if numeric else None,
        options=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3))) if type_ is ValueType.OPTION else (),
        update_ns=draw(st.none() | st.integers(0, 10**12)),
        safe=draw(st.sampled_from([None, KEEP]) | st.booleans() | TEXTS),
        description=" ".join(draw(TEXTS).split()),
        status=draw(st.booleans()),
    )


@given(st.lists(attributes(), max_size=4, unique_by=lambda item: item.name))
def test_what_was_written_is_read_back(items: list[Attribute]) -> None:
    locked = lock_of("a:B", {"exposure": "10 ms"}, {item.name: item for item in items}, {})
    text = lock_text(StationLock(station="lab", instruments={"camera": locked}))
    document = read_text(text, "lab.lock.yaml", Report())
    assert document is not None
    again = StationLock.model_validate(document.data)
    assert attributes_of(again.instruments["camera"]) == {item.name: item for item in items}
    assert lock_text(again) == text


def test_commands_are_read_back() -> None:
    command = Command(
        "ramp", (CommandParameter("to", ValueType.FLOAT, parse_unit("V"), 0.0, 5.0),), 10**9, True
    )
    assert commands_of(lock_of("a:B", {}, {}, {"ramp": command})) == {"ramp": command}


def test_paths_become_names_that_do_not_clash() -> None:
    paths = ("ch1.voltage", "ch1_voltage", "1st")
    locked = lock_of("a:B", {}, {path: Attribute(path, ValueType.FLOAT) for path in paths}, {})
    assert list(locked.attributes) == ["ch1_voltage_", "ch1_voltage", "_1st"]
    assert [item.path for item in locked.attributes.values()] == ["ch1.voltage", None, "1st"]


def test_describing_twice_writes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path)
    assert main(["instruments", "describe", str(path), "--write"]) == 0
    before = (tmp_path / "lab.lock.yaml").read_bytes()
    assert main(["instruments", "describe", str(path), "--write"]) == 0
    assert (tmp_path / "lab.lock.yaml").read_bytes() == before
    assert "unchanged" in capsys.readouterr().out


def test_without_write_it_is_only_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments", "describe", str(put(tmp_path))]) == 0
    assert "ch1_temperature:" in capsys.readouterr().out
    assert not (tmp_path / "lab.lock.yaml").exists()


def test_what_cannot_be_asked_keeps_what_was_known(tmp_path: Path) -> None:
    path = put(tmp_path)
    first = described(path)
    put(tmp_path, STATION, {"camera.py": CAMERA})
    (tmp_path / "camera.py").unlink()
    again = describe(path, Report())
    assert again is not None
    assert list(again.faults) == ["camera"]
    assert again.lock == first.lock


SOMEWHERE = """
station: lab
instruments:
  camera:
    driver: camera:Camera
    resource: tcp://127.0.0.1:5025
    options: {exposure: "${secret:TIME}"}
"""


def test_what_another_uses_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("SHOTLANE_SECRET_TIME", "20 ms")
    path = put(tmp_path, SOMEWHERE)
    with PortLocks("lab", what=lambda: "run 7 of anneal") as locks:
        locks.take({"camera": parse_resource("tcp://localhost:5025", "camera", tmp_path)})
        refused = describe(path, Report())
    assert refused is not None
    assert f"camera is in use by pid {os.getpid()}" in refused.faults["camera"].message
    assert described(path).lock.instruments


def test_a_secret_goes_to_the_driver_and_not_into_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    opening = "def open(self):"
    knowing = CAMERA.replace(opening, f"{opening}\n        assert self.values['exposure'] == 23.0")
    path = put(tmp_path, SOMEWHERE, {"camera.py": knowing})
    assert "SHOTLANE_SECRET_TIME" in _only_fault(path)
    monkeypatch.setenv("SHOTLANE_SECRET_TIME", "23 ms")
    text = described(path).path.read_text(encoding="utf-8")
    assert "${secret:TIME}" in text
    assert "23" not in text
    monkeypatch.setenv("SHOTLANE_SECRET_TIME", "hush")
    assert "hush" not in _only_fault(path)


def _only_fault(path: Path) -> str:
    found = describe(path, Report())
    assert found is not None
    (fault,) = found.faults.values()
    return fault.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lock: 1", "lock: 2", "version 2"),
        ("type: float", "type: flot", "damaged"),
        ("unit: ms", "unit: mss", "damaged"),
        ("access: rw", "acess: rw", "damaged"),
        ("station: lab", "", "damaged"),
    ],
)
def test_a_damaged_lock_is_a_diagnostic(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = put(tmp_path)
    described(path)
    lock = tmp_path / "lab.lock.yaml"
    text = lock.read_text(encoding="utf-8")
    assert old in text
    lock.write_text(text.replace(old, new, 1), encoding="utf-8")
    report = resolve(path)[1]
    (item,) = [item for item in report if item.code == "STA164"]
    assert message in item.message


def test_a_damaged_lock_is_told_once(tmp_path: Path) -> None:
    path = put(tmp_path)
    (tmp_path / "lab.lock.yaml").write_text("lock: 1\n", encoding="utf-8")
    assert only(path).code == "STA164"


def test_the_lock_is_kept_with_the_documents(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    resolved, _ = resolve(path)
    assert resolved is not None
    assert "lab.lock.yaml" in resolved.documents
