"""The progress bar keeps what matters however narrow the terminal is."""

from shotlane.cli._bar import _bar_width, _cropped


def test_parameters_give_way_first() -> None:
    assert _cropped("flow=1 sccm  purge=off", 12) == "flow=1 sccm…"
    assert _cropped("flow=1 sccm", 12) == "flow=1 sccm"
    assert _cropped("flow=1 sccm", -3) == "…"


def test_the_bar_is_never_without_width() -> None:
    assert [_bar_width(width) for width in (20, 80, 120, 400)] == [8, 8, 16, 24]
