"""Every instrument of the catalogue, from station to wire, against what its manual says that it answers."""

from pathlib import Path

import pytest
from tests.instruments._catalogue import document_of
from tests.instruments._dialogues import FOLDER, play, read_dialogue

from shotlane.instruments import catalogue_names

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize("name", catalogue_names())
def test_says_and_understands_what_the_manual_says(tmp_path: Path, name: str) -> None:
    play(read_dialogue(FOLDER / f"{name}.dialogue"), tmp_path)


@pytest.mark.parametrize("name", catalogue_names())
def test_every_attribute_and_command_occurs(name: str) -> None:
    document = document_of(name)
    said = read_dialogue(FOLDER / f"{name}.dialogue").touched
    assert said == {*document.attributes, *document.commands}


def test_there_is_no_dialogue_of_nothing() -> None:
    assert {path.stem for path in FOLDER.glob("*.dialogue")} == set(catalogue_names())
