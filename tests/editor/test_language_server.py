"""What a person sees in an editor: mistakes at their lines, hovers, completions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.editor.language_server import Editor, editor

REPOSITORY = Path(__file__).parents[2]
SCHEMAS = REPOSITORY / "schemas"

SEQUENCE = """\
sequence: demo
timline: []
timeline:
  - heat: 1 s
  - settle:
      until: furnace.temperature > 5 degC
      on_timeout: abort
  - soak: [1 s]
lanes:
  furnace.setpoint:
    set:
      heat: 25 degC
      soak:
        - {at: 0 s, value: 5 degC, valu: 1}
    evry: 20 ms
  gas.flow:
    record: [50 Hz]
    required: maybe
    on_late: never
retry:
  attempts: 0
  then: skp
sweep:
  - T: {linspce: [1, 2, 3]}
order: random
"""
SEQUENCE_FAULTS = {2: "timline", 7: "Value", 8: "type", 14: "valu", 15: "evry", 17: "type", 18: "boolean",
                   19: "Value", 21: "minimum", 22: "Value", 24: "linspce", 25: "Value"}  # fmt: skip
STATION = """\
station: bench
instruments:
  furnace:
    instrument: watlow-ezzone
    resorce: sim://
    limits: {setpoint: [10 degC]}
    tries: two
"""
STATION_FAULTS = {5: "resorce", 6: "items", 7: "integer"}
INSTRUMENT = """\
instrument: device
protocol: modbuss
attributes:
  temperature:
    holding: 100
    type: flaot32
    units: degC
"""
INSTRUMENT_FAULTS = {2: "Value", 6: "Value", 7: "units"}
PARTS = {"sequence": (SEQUENCE, SEQUENCE_FAULTS), "station": (STATION, STATION_FAULTS),
         "instrument": (INSTRUMENT, INSTRUMENT_FAULTS)}  # fmt: skip


@pytest.fixture(scope="module")
def vscode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    kinds = ("sequence", "station", "instrument")
    schemas = {f"{kind}*.yaml": str(SCHEMAS / f"{kind}.schema.json") for kind in kinds}
    with editor(tmp_path_factory.mktemp("editor"), schemas) as running:
        yield running


@pytest.mark.parametrize("kind", PARTS)
def test_planted_mistakes_are_told_at_their_lines(kind: str, vscode: Editor) -> None:
    text, faults = PARTS[kind]
    told = vscode.open(f"{kind}-wrong.yaml", text)
    assert sorted(item["line"] for item in told) == sorted(faults), told
    assert all(faults[item["line"]] in item["message"] for item in told), told


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("s[et]*s/*.yaml")), ids=lambda path: path.stem)
def test_a_good_document_has_no_mistakes(path: Path, vscode: Editor) -> None:
    text = path.read_text(encoding="utf-8").replace("$schema", "schema")
    kind = "station" if path.parent.name == "stations" else "sequence"
    assert vscode.open(f"{kind}-{path.name}", text) == []


def test_a_hover_describes_a_key_with_an_example(vscode: Editor) -> None:
    vscode.open(
        "sequence-hover.yaml", "sequence: a\ntimeline:\n  - heat: 1 s\nlanes:\n  a.b:\n    record: 5 Hz\n"
    )
    shown = vscode.hover("sequence-hover.yaml", 6, 6)
    assert "Readings at a rate or a period" in shown
    assert "50 Hz" in shown


def test_an_instrument_is_described_too(vscode: Editor) -> None:
    vscode.open("instrument-hover.yaml", INSTRUMENT)
    assert "Address of a holding register" in vscode.hover("instrument-hover.yaml", 5, 6)


def test_keys_and_choices_are_completed(vscode: Editor) -> None:
    text = "sequence: a\ntimeline:\n  - heat: 1 s\nlanes:\n  a.b:\n    \nretry:\n  then: \n"
    vscode.open("sequence-complete.yaml", text)
    keys = vscode.complete("sequence-complete.yaml", 6, 5)
    assert {"set", "record", "read", "call", "every"} <= set(keys)
    assert {"abort", "skip", "pause"} <= set(vscode.complete("sequence-complete.yaml", 8, 9))


def test_snippets_are_offered(vscode: Editor) -> None:
    text = "sequence: a\ntimeline:\n  - heat: 1 s\nsweep:\n  - \n"
    vscode.open("sequence-snippets.yaml", text)
    assert {"axis", "linspace", "repeat"} <= set(vscode.complete("sequence-snippets.yaml", 5, 5))
    vscode.open("station-snippets.yaml", "station: a\ninstruments:\n  furnace:\n    \n")
    assert "instrument" in vscode.complete("station-snippets.yaml", 4, 5)


def test_a_new_document_begins_with_a_snippet(vscode: Editor) -> None:
    vscode.open("sequence-new.yaml", "\n")
    assert any("timeline" in new for new in vscode.complete("sequence-new.yaml", 1, 1).values())
