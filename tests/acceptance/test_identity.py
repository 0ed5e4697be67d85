"""A run with another instrument than expected says so."""

from pathlib import Path

import pytest
from tests.instruments._peers import device

import shotlane
from shotlane import Outcome

METER = """
instrument: meter
protocol: ascii
timeout: 500 ms
identity: {query: "I?", reply: "{maker:w} {model:w} {serial:w}"}
attributes:
  level: {query: "L?", reply: "{value:f}", update: 1 ms}
"""
SEQUENCE = "sequence: look\nstation: lab\ntimeline: [{look: 50 ms}]\nlanes:\n  meter.level: {read: [look]}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stations").mkdir()
    (tmp_path / "stations" / "meter.yaml").write_text(METER, encoding="utf-8")
    (tmp_path / "look.yaml").write_text(SEQUENCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.real_time
@pytest.mark.parametrize(("serial", "stamps"), [("7", ()), ("8", ("identity-mismatch",))])
def test_a_run_with_another_specimen_is_stamped(serial: str, stamps: tuple[str, ...], project: Path) -> None:
    with device(lambda line: f"acme m1 {serial}" if line == "I?" else "1.0") as made:
        text = f"station: lab\ninstruments:\n  meter:\n    instrument: meter\n    resource: {made.resource}\n"
        station = project / "stations" / "lab.yaml"
        station.write_text(text + "    expect: {serial: 7, mismatch: stamp}\n", encoding="utf-8")
        run = shotlane.run(project / "look.yaml")
    assert run.outcome is Outcome.DONE
    assert tuple(shotlane.runs()["stamps"][-1]) == stamps
