"""What cannot be taken back is asked for twice, by different keys."""

import pytest

from shotlane.cli._confirmed import Confirmed


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("ay", ["a"]),
        ("aaaaaaaa", []),
        ("y", []),
        ("axy", []),
        ("asy", ["s"]),  # the newest question is the one that is answered
        ("ayy", ["a"]),
    ],
)
def test_only_a_yes_right_after_the_question_does_it(typed: str, done: list[str]) -> None:
    keys = Confirmed({"a": "abort the run", "s": "skip the shot"})
    assert [one for key in typed if (one := keys.take(key)) is not None] == done


def test_a_question_that_nobody_answers_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Confirmed({"a": "abort the run"})
    keys.take("a")
    assert keys.question == "abort the run?   y yes   any other key no"
    monkeypatch.setattr("shotlane.cli._confirmed._LONGEST_S", -1.0)
    assert keys.question is None
    assert keys.take("y") is None
