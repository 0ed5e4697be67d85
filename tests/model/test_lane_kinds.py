"""Lane kinds of installed packages: a real distribution, found through its entry points."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from shotlane.api import check
from shotlane.api._prepare import prepare
from shotlane.diagnostics import Report, render_text
from shotlane.plan import CompiledPlan

REPOSITORY = Path(__file__).parents[2]
MODULE = '''
from shotlane.model import LaneKindError, LanePart, WrittenLane


class Steps:
    """`stairs: {STEP: [FIRST, SECOND, ...]}`: the values one after the other, evenly over the step."""

    version = "1"
    schema = {
        "type": ["array", "string"],
        "minItems": 2,
        "items": {"type": ["number", "string"]},
        "description": "Values one after the other, evenly over the step.",
    }

    def expand(self, lane):
        for cell, values in lane.cells.items():
            if isinstance(values, str):
                raise LaneKindError(f"'{values}' is one value", cell, help="write a list")
            points = []
            for index, value in enumerate(values):
                points.append({"at": f"end * {index / len(values)}", "value": value})
                if index + 1 < len(values):
                    points.append({"at": f"end * {(index + 1) / len(values)}", "value": value})
            yield LanePart(cell, "set", points)
            if "every" not in lane.options:
                yield LanePart(cell, "every", "20 ms")


class Elsewhere:
    version = "1"
    schema = {"type": "string"}

    def expand(self, lane):
        return [LanePart(cell, "set", value, "gas.flow_setpoint") for cell, value in lane.cells.items()]


class Twice:
    version = "1"
    schema = {}

    def expand(self, lane):
        return [LanePart(cell, "call", "tare()") for cell in lane.cells for _ in range(2)]


class Clock:
    version = "1"
    schema = {}

    def expand(self, lane):
        import time

        return [LanePart(cell, "set", time.perf_counter()) for cell in lane.cells]


class Broken:
    version = "1"
    schema = {}

    def expand(self, lane):
        raise ZeroDivisionError("no")


class Wild:
    version = "1"
    schema = {}

    def expand(self, lane):
        return ["set"]
'''
UNUSED = "raise RuntimeError('nobody asked for it')\n"
ENTRIES = """\
[shotlane.lane_kinds]
stairs = lab_kinds:Steps
elsewhere = lab_kinds:Elsewhere
twice = lab_kinds:Twice
clock = lab_kinds:Clock
broken = lab_kinds:Broken
wild = lab_kinds:Wild
unused = lab_unused:Kind
set = lab_kinds:Broken
"""
HEAD = """\
sequence: stairs
station: demo
parameters: {T: 60 degC}
timeline:
  - low: 1 s
  - high: 1 s
lanes:
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and beside it an installed package that offers lane kinds."""
    installed = tmp_path / "installed"
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.delitem(sys.modules, "lab_kinds", raising=False)
    monkeypatch.chdir(tmp_path)
    distribution = installed / "lab_kinds-1.0.dist-info"
    distribution.mkdir(parents=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-kinds\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(ENTRIES)
    (installed / "lab_kinds.py").write_text(MODULE)
    (installed / "lab_unused.py").write_text(UNUSED)
    copytree(REPOSITORY / "stations", tmp_path / "stations")
    return tmp_path


def in_a_child(lab: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": str(lab / "installed")}
    command = [sys.executable, "-m", "shotlane", *arguments]
    done = subprocess.run(command, cwd=lab, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def checked(lab: Path, lanes: str, *, schema_only: bool = False) -> list[str]:
    """The messages of a sequence with these lanes: place, code and message."""
    (lab / "x.yaml").write_text(HEAD + lanes)
    report = check([lab / "x.yaml"], schema_only=schema_only)
    return [f"{item.span.line}:{item.span.column} {item.code} {item.message}" for item in report if item.span]


def planned(lab: Path, lanes: str) -> CompiledPlan:
    (lab / "x.yaml").write_text(HEAD + lanes)
    report = Report()
    prepared = prepare(lab / "x.yaml", report)
    assert prepared is not None, render_text(report)
    return prepared.plan


STAIRS = "  furnace.setpoint:\n    stairs:\n      high: [40 degC, T, 50 degC]\n    initial: 25 degC\n"


def test_a_kind_makes_what_an_author_could_have_written(lab: Path) -> None:
    by_hand = """\
  furnace.setpoint:
    initial: 25 degC
    every: 20 ms
    set:
      high:
        - {at: end * 0.0, value: 40 degC}
        - {at: end * 0.3333333333333333, value: 40 degC}
        - {at: end * 0.3333333333333333, value: T}
        - {at: end * 0.6666666666666666, value: T}
        - {at: end * 0.6666666666666666, value: 50 degC}
"""
    made, written = planned(lab, STAIRS), planned(lab, by_hand)
    assert made.shot(1).digest == written.shot(1).digest
    assert made.digest != written.digest  # the kind and its version count


def test_a_plan_hangs_on_the_version_of_a_kind(lab: Path) -> None:
    before = planned(lab, STAIRS).digest
    assert planned(lab, STAIRS).digest == before
    sys.modules["lab_kinds"].Steps.version = "2"
    assert planned(lab, STAIRS).digest != before


def test_mistakes_in_what_was_made_are_shown_at_the_cell(lab: Path) -> None:
    found = checked(lab, STAIRS.replace("T, 50", "T_high, 500"))
    assert [item.rpartition(" ")[0].split(" ")[:2] for item in found] == [["10:13", "EXP020"]]
    found = checked(lab, STAIRS.replace("50 degC]", "500 degC]"))
    assert [item.split(" ")[:2] for item in found] == [["10:13", "SEQ401"]]


def test_cells_are_checked_against_the_schema_of_the_kind(lab: Path) -> None:
    (message,) = checked(lab, STAIRS.replace("[40 degC, T, 50 degC]", "[T]"))
    assert message.startswith("10:13 SEQ105 'high' takes at least 2 items")


def test_a_kind_says_what_it_cannot_do(lab: Path) -> None:
    assert checked(lab, STAIRS.replace("[40 degC, T, 50 degC]", "T")) == ["10:7 SEQ235 'T' is one value"]


def test_parts_may_stand_in_other_lanes(lab: Path) -> None:
    assert checked(lab, "  gas:\n    elsewhere:\n      low: 5 sccm\n    every: 1 s\n") == []


def test_a_bare_value_is_one_cell_over_the_whole_shot(lab: Path) -> None:
    plan = planned(lab, "  gas: {elsewhere: 5 sccm}\n")
    by_hand = planned(lab, "  gas.flow_setpoint: {set: {low..high: 5 sccm}}\n")
    assert plan.shot(1).digest == by_hand.shot(1).digest


def test_calls_at_one_place_are_all_made(lab: Path) -> None:
    (segment,) = planned(lab, "  balance: {twice: {low: 1}}\n").shot(1).segments
    assert [call.command.name for port in segment.ports.values() for call in port.calls] == ["tare", "tare"]


def test_what_stands_there_already_is_not_overwritten(lab: Path) -> None:
    lanes = "  gas: {elsewhere: {low: 5 sccm}}\n  gas.flow_setpoint: {set: {low: 3 sccm}}\n"
    assert checked(lab, lanes) == ["8:21 SEQ235 'elsewhere' makes a `set` of 'gas.flow_setpoint' in 'low'"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("clock", "it made two different things of the same cells"),
        ("broken", "it failed: ZeroDivisionError: no"),
        ("wild", "it made 'set', which is no part of a lane"),
        ("unused", "it cannot be imported: RuntimeError: nobody asked for it"),
    ],
)
def test_a_kind_that_keeps_to_no_contract_is_one_message(lab: Path, kind: str, why: str) -> None:
    (message,) = checked(lab, f"  furnace.setpoint: {{{kind}: {{low: 1}}}}\n")
    assert message.startswith(f"8:22 SEQ236 the lane kind '{kind}': {why}")


def test_a_misspelt_kind_is_told_with_the_nearest_name(lab: Path) -> None:
    (lab / "x.yaml").write_text(HEAD + STAIRS.replace("stairs", "stars"))
    (message,) = check([lab / "x.yaml"])
    assert (message.code, message.help) == ("SEQ101", "did you mean 'stairs'?")


def test_a_document_may_be_checked_against_the_schema_alone(lab: Path) -> None:
    assert checked(lab, STAIRS, schema_only=True) == []


def test_the_schema_for_editors_knows_the_installed_kinds(lab: Path) -> None:
    _, out, err = in_a_child(lab, "schema", "sequence")
    keys = json.loads(out)["definitions"]["Lane"]["properties"]
    assert keys["stairs"]["description"] == "Values one after the other, evenly over the step."
    assert "the lane kind 'unused' is left out" in err
    assert "unused" not in keys


def test_a_sequence_with_a_kind_runs_and_explains_itself(lab: Path) -> None:
    (lab / "x.yaml").write_text(HEAD + STAIRS)
    status, _, err = in_a_child(lab, "run", "x.yaml", "--virtual-time", "-q")
    assert (status, err) == (0, "")
    status, out, _ = in_a_child(lab, "explain", "x.yaml", "furnace.setpoint")
    assert status == 0
    assert "x.yaml:10" in out
