"""The YAML parser: a stream of events with exact offsets. The only file that knows ruamel.yaml.

The C parser is six times faster, but speaks YAML 1.1: it refuses text that YAML 1.2 allows (`{at: 12:30}`)
and takes some rare line breaks for others. So a text that it refuses, or might misread, is given to the
Python parser, whose verdict counts and whose words the messages are made of.
"""

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

try:
    from _ruamel_yaml import CParser  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # a platform without the wheel: slower, otherwise the same
    CParser = None

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "SyntaxFault",
    "exact_events",
    "fast_events",
    "fast_is_enough",
    "tag_of",
]

# Line breaks of YAML 1.1 only, and anchors with a sign in their names, where the fast parser ends them.
_ONLY_YAML_1_2 = re.compile("[\x85\u2028\u2029]|(?:^|[\\s,\\[{])[&*][\\w-]*[^\\w\\s,\\[\\]{}-]")
_CORE_TAG = "tag:yaml.org,2002:"


class SyntaxFault(Exception):
    """The text is not YAML. Offsets are None where the parser knows none."""

    def __init__(self, problem: str, at: int | None, context: str, began: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.at = at
        self.context = context
        self.began = began


def fast_is_enough(text: str) -> bool:
    """Whether the fast parser is there and reads this text as YAML 1.2 does, unless it refuses it."""
    return CParser is not None and not _ONLY_YAML_1_2.search(text)


def fast_events(text: str) -> Iterator[Any]:
    """Events of the C parser; raises `SyntaxFault`."""
    parser = CParser(text)
    try:
        while (event := parser.get_event()) is not None:
            yield event
    except MarkedYAMLError as error:
        raise _fault(error) from error


def exact_events(text: str) -> Iterator[Any]:
    """Events of the Python parser; raises `SyntaxFault`."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise _fault(error) from error
    # The parser lets errors of its own escape on some broken texts ("\UFFFFFFFF", "%YAML 1.x").
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError, AssertionError) as error:
        raise SyntaxFault(str(error), None, "", None) from error


def _fault(error: MarkedYAMLError) -> SyntaxFault:
    at, began = error.problem_mark, error.context_mark
    return SyntaxFault(
        error.problem or "",
        None if at is None else at.index,
        error.context or "",
        None if began is None else began.index,
    )


def tag_of(event: Any) -> str | None:
    """Tag of an event, `!!str` given as `str`; None without one."""
    tag = event.tag
    return None if tag is None else str(tag).removeprefix(_CORE_TAG)
