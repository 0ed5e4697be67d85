"""Every instrument of the catalogue, from station to wire, against what its manual says that it answers."""

from pathlib import Path

import pytest
from tests.instruments._dialogues import FOLDER, play, read_dialogue

from shotlane.instruments import catalogue_document, catalogue_names

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize("name", catalogue_names())
def test_says_and_understands_what_the_manual_says(tmp_path: Path, name: str) -> None:
    play(read_dialogue(FOLDER / f"{name}.dialogue"), tmp_path)


@pytest.mark.parametrize("name", catalogue_names())
def test_every_attribute_and_command_occurs(name: str) -> None:
    document = catalogue_document(name)
    said = read_dialogue(FOLDER / f"{name}.dialogue").touched
    assert said == {*document.attributes, *document.commands}


@pytest.mark.parametrize(
    ("before", "after"), [(">", b"KRDG? B\n"), ("<", b"+77.36\r\n")], ids=["a request", "a reply"]
)
def test_a_wrong_byte_in_a_dialogue_is_noticed(tmp_path: Path, before: str, after: bytes) -> None:
    dialogue = read_dialogue(FOLDER / "lakeshore-335.dialogue")
    dialogue.steps = dialogue.steps[:2]
    sent, answered = dialogue.steps[1].exchanges[0]
    dialogue.steps[1].exchanges[0] = (after, answered) if before == ">" else (sent, after)
    with pytest.raises(AssertionError, match="lakeshore-335: read temperature_a"):
        play(dialogue, tmp_path, timeout="300 ms")


def test_there_is_no_dialogue_of_nothing() -> None:
    assert {path.stem for path in FOLDER.glob("*.dialogue")} == set(catalogue_names())
