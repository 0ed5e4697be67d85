"""Whatever a document is called, its file lies below the folder of documents, and no two are one file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.archives._names import document_paths, is_safe, plain

NAMES = st.text(st.sampled_from("aB./\\: \0é-_~"), min_size=1, max_size=12)


@given(st.sets(NAMES, max_size=6))
def test_every_name_has_a_file_of_its_own_inside(names: set[str]) -> None:
    paths = document_paths(names)
    assert set(paths) == names
    assert len({path.lower() for path in paths.values()}) == len(names)
    for path in paths.values():
        assert is_safe(path)
        assert path.startswith("documents/")


@pytest.mark.parametrize("name", ["sequences/a.yaml", "catalogue/x-1.yaml", "a_b.lock.yaml"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert document_paths([name]) == {name: f"documents/{name}"}


@pytest.mark.parametrize(
    "name", ["/etc/x.yaml", "../x.yaml", "a/../../x.yaml", "C:\\x.yaml", ".hidden", "nul.yaml", "a//x.yaml"]
)
def test_any_other_lies_apart(name: str) -> None:
    assert document_paths([name])[name].startswith("documents/elsewhere/1-")


@pytest.mark.parametrize("text", ["../..", "", "a b/c"])
def test_a_name_of_a_sequence_becomes_part_of_a_file_name(text: str) -> None:
    assert is_safe(plain(text))
    assert "/" not in plain(text)
