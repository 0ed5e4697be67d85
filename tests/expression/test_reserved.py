import pytest

from shotlane.expression import FUNCTIONS, RESERVED, reserved_name_help
from shotlane.expression._function import TABLE


@pytest.mark.parametrize(
    "name", ["t", "duration", "end", "otherwise", "sin", "min", "pi", "e", "lambda", "on", "true"]
)
def test_reserved_names_are_refused_with_another_spelling(name: str) -> None:
    help = reserved_name_help(name)
    assert name in RESERVED
    assert help is not None
    assert "another spelling: '" in help


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_the_other_spelling_can_be_used(name: str) -> None:
    spelling = str(reserved_name_help(name)).rpartition("spelling: '")[2].rstrip("'")
    assert reserved_name_help(spelling) is None


@pytest.mark.parametrize("name", ["T_soak", "rate", "laser.power", "match", "V", "s", "laser.end", "x1"])
def test_other_names_are_free(name: str) -> None:
    assert reserved_name_help(name) is None


@pytest.mark.parametrize(
    ("name", "spelling"),
    [("2nd", "n_2nd"), ("soak time", "soak_time"), ("_x", "x"), ("Δ", "name_1"), ("T-soak", "T_soak")],
)
def test_names_that_no_expression_could_write(name: str, spelling: str) -> None:
    assert f"'{spelling}'" in str(reserved_name_help(name))


def test_every_function_can_be_evaluated() -> None:
    assert set(TABLE) == FUNCTIONS
