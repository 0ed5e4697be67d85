"""What `--help` says: every verb in its place, with an example, in 80 columns."""

import argparse
import shlex
from collections.abc import Iterator

import pytest

from shotlane.cli._arguments import main_parser, run_parser
from shotlane.cli._examples import EXAMPLES
from shotlane.cli._groups import GROUPS


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def all_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for verb in verbs_of(parser).values():
        yield from all_of(verb)


PARSERS = {parser.prog: parser for parser in (run_parser(), *all_of(main_parser()))}


def test_every_verb_stands_under_one_heading() -> None:
    assert sorted(verb for verbs in GROUPS.values() for verb in verbs) == sorted(verbs_of(main_parser()))


def test_a_new_user_is_told_first_how_to_begin() -> None:
    text = main_parser().format_help()
    places = [text.index(f"\n  {verb} ") for verb in ("init", "check", "run", "show", "archive", "serve")]
    assert places == sorted(places)


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_help_fits_in_80_columns_says_what_it_is_for_and_ends_with_an_example(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = PARSERS[name].format_help().splitlines()
    assert max(map(len, lines)) <= 80
    assert PARSERS[name].description
    assert lines[-1] == f"example: {EXAMPLES[name]}"


@pytest.mark.parametrize("example", sorted(set(EXAMPLES.values())))
def test_an_example_is_a_command_line(example: str) -> None:
    command, *arguments = shlex.split(example)
    parser = run_parser() if command == "run-sequence" else main_parser()
    assert parser.parse_args(arguments).verb is not None


def test_no_example_is_left_of_a_verb_that_went() -> None:
    assert set(EXAMPLES) == set(PARSERS)
