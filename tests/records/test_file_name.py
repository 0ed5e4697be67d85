"""Names of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.records import file_name


@pytest.mark.parametrize("name", ["bench", "bench-2", "Ofen_1", "a.b"])
def test_a_name_that_can_be_one_is_kept(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc/x", "a b", ".hidden", "-r", "tcp://h:1", "x" * 300]
)
def test_any_other_is_told_apart(name: str) -> None:
    assert file_name(name) != name


def test_one_that_is_taken_is_told_apart() -> None:
    assert file_name("runs", "runs").startswith("runs-")


@given(st.text(), st.text())
def test_no_two_texts_meet_and_none_leaves_its_folder(one: str, other: str) -> None:
    found = file_name(one)
    assert not set(found) & set("/\\\0:")
    assert not found.startswith((".", "-"))
    assert 0 < len(found.encode()) < 250
    assert (found == file_name(other)) == (one == other)
