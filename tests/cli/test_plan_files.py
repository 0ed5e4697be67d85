"""Saved plans, pictures and comparisons from the command line."""

import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import shotlane
from shotlane.cli._main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples, in the folder that is the current one."""
    shutil.copytree(ROOT / "stations", tmp_path / "stations")
    (tmp_path / "gas.yaml").write_text(
        "sequence: gas\nstation: demo\nparameters: {flow: 20 cm**3/min}\n"
        "timeline: [{a: 0.2 s}, {b: 0.1 s}]\n"
        "lanes:\n  gas.flow_setpoint: {set: {a: flow, otherwise: 0 cm**3/min}}\n"
        "  gas.shutoff: {set: {a: false, b: true}}\n  gas.flow: {record: 20 Hz}\n"
        "  balance: {call: {a: tare()}}\n"
        "sweep: [{flow: [10 cm**3/min, 20 cm**3/min]}]\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(arguments) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_saved_plan_runs_after_its_documents_are_gone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "plan", "gas.yaml", "--save", "gas.plan")
    digest = said(capsys, "plan", "gas.plan").split("digest ")[1]
    assert digest == said(capsys, "plan", "gas.yaml").split("digest ")[1]
    text = (project / "gas.yaml").read_text()
    (project / "gas.yaml").unlink()
    assert "2 of 2 shots done" in said(capsys, "run", "gas.plan", "--mock", "--virtual-time")
    run = shotlane.load(1, f"sqlite:///{project / 'data' / 'shotlane.db'}")
    assert run.shots().height == 2
    assert text in run.documents().values()


def test_a_plan_says_how_far_its_shots_are_apart_and_counts_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sequence = project / "gas.yaml"
    assert "2 shots of 300 ms, 600 ms in all" in said(capsys, "plan", "gas.yaml")
    sequence.write_text(sequence.read_text() + "cadence: 10 s\n")
    told = "2 shots of 300 ms, one every 10 s, 10.3 s in all"
    assert told in said(capsys, "plan", "gas.yaml")
    said(capsys, "plan", "gas.yaml", "--save", "gas.plan")
    assert told in said(capsys, "plan", "gas.plan")


def test_a_saved_plan_cannot_be_changed_or_run_elsewhere(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "plan", "gas.yaml", "--save", "gas.plan")
    assert "RUN010" in said(capsys, "run", "gas.plan", "-p", "flow=5 cm**3/min", status=2)
    station = project / "stations" / "demo.yaml"
    station.write_text(
        station.read_text().replace(
            "  gas:\n", "  gas:\n    limits: {flow_setpoint: [0 cm**3/min, 25 cm**3/min]}\n"
        )
    )
    told = said(capsys, "run", "gas.plan", "--mock", "--virtual-time", status=2)
    assert "RUN012" in told
    assert "'gas.flow_setpoint' changed" in told


def test_a_damaged_plan_is_told_in_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "plan", "gas.yaml", "--save", "gas.plan")
    data = (project / "gas.plan").read_bytes()
    (project / "gas.plan").write_bytes(data[: len(data) // 2])
    assert "RUN011" in said(capsys, "run", "gas.plan", status=2)
    assert "no plan of shotlane" in said(capsys, "diff", "gas.plan", "gas.plan", status=2)


def test_sequences_and_plans_are_compared(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "plan", "gas.yaml", "--save", "gas.plan")
    assert said(capsys, "diff", "gas.yaml", "gas.plan") == "the plans are identical\n"
    text = (project / "gas.yaml").read_text()
    (project / "other.yaml").write_text(text.replace("b: 0.1 s", "b: 0.2 s"))
    told = said(capsys, "diff", "gas.plan", "other.yaml", status=1)
    assert "timeline.b: 0.1 s -> 0.2 s" in told
    assert "shots 1..2, step 'b': lasts 0.1 s -> 0.2 s" in told
    assert '"verdict": "different"' in said(capsys, "diff", "gas.plan", "other.yaml", "--json", status=1)


@pytest.mark.parametrize("name", ["gas.svg", "gas.html"])
def test_a_picture_shows_every_lane_and_step(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said(capsys, "plan", "gas.yaml", "--plot", name, "--shot", "2")
    text = (project / name).read_text(encoding="utf-8")
    drawing = ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    words = {element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"gas.flow_setpoint", "gas.shutoff", "balance", "tare()", "a", "b", "20 cm³/min"} <= words
    assert "gas, shot 2 of 2, flow = 20 cm³/min" in words


def test_a_picture_of_another_kind_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ".svg, .html or .png" in said(capsys, "plan", "gas.yaml", "--plot", "gas.pdf", status=2)
    assert "no shot 3" in said(capsys, "plan", "gas.yaml", "--plot", "gas.svg", "--shot", "3", status=2)


def test_a_picture_in_pixels_is_drawn_with_matplotlib(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("matplotlib.image", reason="the extra `plots` is not installed")
    said(capsys, "plan", "gas.yaml", "--plot", "gas.png")
    pixels = image.imread(project / "gas.png")
    assert pixels.shape[1] == 1600
    assert pixels.shape[0] > 400
    # White, letters, bands, and a colour for each of the four lanes.
    assert len({tuple(pixel) for row in (pixels * 255).astype(int)[::4, ::4, :3] for pixel in row}) > 6


def test_without_matplotlib_a_picture_in_pixels_says_what_to_install(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is imported first, so that nothing of matplotlib is, with the warnings of its oldest version.
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    told = said(capsys, "plan", "gas.yaml", "--plot", "gas.png", status=2)
    assert "pip install 'shotlane[plots]'" in told
    assert not (project / "gas.png").exists()
