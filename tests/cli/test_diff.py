"""What differs alike in several shots is told once."""

import pytest

from shotlane.cli._diff_lines import comparison_lines, ranges
from shotlane.plan import Comparison, Difference, Verdict


def compared(*planned: Difference) -> Comparison:
    return Comparison(Verdict.DIFFERENT, (), planned, 0, len(planned))


def text_of(*planned: Difference) -> str:
    return "\n".join(comparison_lines(compared(*planned)))


def test_shots_that_differ_alike_are_told_together() -> None:
    found = [Difference("lasts 1 s -> 2 s", shot, None, "heat") for shot in (1, 2, 3, 5)]
    assert "  shots 1..3, 5, step 'heat': lasts 1 s -> 2 s\n" in text_of(*found) + "\n"


def test_other_numbers_are_said_to_differ_alike() -> None:
    found = [Difference(f"set to {shot} -> {shot}.5", shot, "a.u", "heat") for shot in (2, 3)]
    text = text_of(*found)
    assert "shots 2..3, a.u, step 'heat': set to 2 -> 2.5 in shot 2, others alike" in text


def test_other_words_lanes_and_steps_stay_apart() -> None:
    found = (
        Difference("readings differ", 1, "a.u", "heat"),
        Difference("readings differ", 1, "a.v", "heat"),
        Difference("calls differ", 1, "a.u", "heat"),
        Difference("readings differ", 1, "a.u", "soak"),
    )
    assert text_of(*found).count("shot 1, ") == 4


def test_what_is_left_out_is_counted() -> None:
    found = [Difference("readings differ", 1, f"a.u{'x' * number}") for number in range(42)]
    assert text_of(*found).endswith("... and 2 more differences")


@pytest.mark.parametrize(
    ("numbers", "told"),
    [([1], "1"), ([1, 2, 4], "1..2, 4"), (list(range(1, 40, 2)), "1, 3, 5, 7, 9, 11, 13, 15, ...")],
)
def test_ranges(numbers: list[int], told: str) -> None:
    assert ranges(numbers) == told
