"""What the command line prints, read as a person reads it."""

from pathlib import Path

import pytest

from shotlane.cli import main, run_sequence
from shotlane.cli._overview import span
from shotlane.cli._text import duration, instants, whole_duration

REPOSITORY = Path(__file__).parents[2]
TIMER = "language: 1\nstation: lab\ninstruments: {timer: {instrument: timer, resource: 'sim://'}}\n"
BOX = """
language: 1
instrument: timer
protocol: simulated
time_step: 400 ns
attributes: {out: {type: bool, access: rw, safe: off}}
"""
EDGES = """
language: 1
sequence: edges
station: station.yaml
timeline: [{wait: 1 ms}, {fire: 400 ns}, {rest: 10 ms}]
lanes: {timer.out: {set: {fire: true, otherwise: false}}}
"""


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 s"),
        (100_000, "100 us"),
        (428_571_429, "429 ms"),
        (1_000_000_000, "1 s"),
        (2_375_000_000, "2.38 s"),
        (59_970_000_000, "1 min"),
        (125_000_000_000, "2 min 05 s"),
        (3_599_700_000_000, "1 h"),
        (49_320_000_000_000, "13 h 42 min"),
        (187_200_000_000_000, "2 d 4 h"),
    ],
)
def test_a_length_of_time_is_short_and_keeps_what_matters(ns: int, text: str) -> None:
    assert duration(ns) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 s"),
        (1, "0.001 us"),
        (100_000, "100 us"),
        (21_000_500, "21.0005 ms"),
        (2_000_000_000, "2 s"),
        (59_999_999_999, "59.999999999 s"),
        (125_000_000_000, "2 min 05 s"),
        (125_250_000_000, "2 min 05.25 s"),
        (3_600_000_000_000, "1 h"),
        (3_661_000_000_000, "1 h 01 min 01 s"),
        (187_200_000_000_001, "2 d 4 h 00.000000001 s"),
    ],
)
def test_a_length_of_time_can_keep_all_its_digits(ns: int, text: str) -> None:
    assert whole_duration(ns) == text


@pytest.mark.parametrize(
    ("times_ns", "texts"),
    [
        ([], []),
        ([0, 1_000_000, 12_000_000_000], [" 0.000000", " 0.001000", "12.000000"]),
        ([1_000_000, 1_000_400], ["0.0010000", "0.0010004"]),
        ([5, 1_000_000_000], ["0.000000005", "1.000000000"]),
    ],
)
def test_instants_have_the_decimals_that_tell_them_apart(times_ns: list[int], texts: list[str]) -> None:
    assert instants(times_ns) == texts


def test_edges_of_a_sequencer_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("station", TIMER), ("timer", BOX), ("sequence", EDGES)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "sequence.yaml", "--shot", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("shot 1 of 1, 11.0004 ms\n")
    assert "0.0010000  timer.out  set   on\n0.0010004  timer.out  set   off" in shown
    assert main(["explain", "sequence.yaml", "timer.out"]) == 0
    shown = capsys.readouterr().out
    assert "0.0010000 s  on\n     0.0010004 s  off" in shown


@pytest.mark.parametrize(
    ("shortest_s", "longest_s", "text"),
    [(2, 3.4, "2..3.4 s"), (1.5, 62, "1.5 s..1 min 02 s"), (0.4, 2, "400 ms..2 s"), (2, 2, "2 s")],
)
def test_a_range_of_lengths_names_the_unit_of_both_ends(
    shortest_s: float, longest_s: float, text: str
) -> None:
    assert span(int(shortest_s * 1e9), int(longest_s * 1e9)) == text


def test_the_actions_of_a_shot_name_the_channel_that_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(REPOSITORY / "sequences" / "furnace-ramp.yaml"), "--shot", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("0.000000  furnace.temperature  read") == 1
    assert "6.075000  furnace.setpoint     read" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-s", "demmo"], "did you mean 'demo'?"),
        (["-p", "T_soak"], 'write -p T_soak="50 degC"'),
        (["-s", "bench", "--virtual-time"], "add --mock to simulate them"),
    ],
)
def test_arguments_that_cannot_be_used_are_told_with_a_way_out(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sequence([str(REPOSITORY / "sequences" / "furnace-ramp.yaml"), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_long_list_of_steps_is_folded_at_the_width_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    main(["plan", str(REPOSITORY / "sequences" / "annealing.yaml")])
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].startswith("  steps      dry_up 40 min")
    assert shown[2] == "             rest 15 min"
    assert max(map(len, shown[1:3])) <= 80


def test_the_picture_of_the_lanes_names_options(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan", str(REPOSITORY / "sequences" / "gas-sweep.yaml"), "-p", "gas_name=Ar"])
    assert "gas.gas_select     |Ar-----" in capsys.readouterr().out
