"""Replies read by a regular expression of the document's author, bounded in time.

Python cannot stop a match that has begun, so what could take exponential time is refused beforehand: a
repeat of what can itself match in several ways, and references back. Texts and patterns are bounded in
length.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shotlane.instruments.dialogue._missing import Missing
from shotlane.instruments.dialogue._template import Field, ReplyMismatch, TemplateError, read_field

_LONGEST_PATTERN: Final = 500
_LONGEST_TEXT: Final = 4096
_NONE_MISSING: Final = Missing()
_MOST_REPEATS: Final = 3  # of `.` without a bound: each one multiplies the time by the length of the text
_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?P<\w+>|\?:|\?=|\?!|\?<=|\?<!|\?>)?|[*+?]|\{\d*,?\d*\}|.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class PatternFrame:
    """A reply as a regular expression; `types` of its named groups."""

    text: str
    types: Mapping[str, str]
    _compiled: re.Pattern[str]
    _missing: Mapping[str, frozenset[str]]

    def parse(self, line: str) -> Mapping[str, Field]:
        """Its fields by name. Raises `ReplyMismatch`."""
        text = line.strip()
        if len(text) > _LONGEST_TEXT:
            raise ReplyMismatch(f"the reply has {len(text)} characters, too many for a pattern")
        found = self._compiled.fullmatch(text)
        if found is None:
            raise ReplyMismatch(f"{line!r} is no reply of the pattern {self.text!r}")
        return {
            name: _field(name, type_, found[name], self._missing.get(name, frozenset()))
            for name, type_ in self.types.items()
        }


def _field(name: str, type_: str, raw: str | None, missing: frozenset[str]) -> Field:
    try:
        return read_field(type_, None if raw is None else raw.strip(), missing)
    except ValueError as error:
        raise ReplyMismatch(f"the field {name!r} says {raw!r}, which is no {type_!r}") from error


def parse_pattern(text: str, types: Mapping[str, str], missing: Missing = _NONE_MISSING) -> PatternFrame:
    """Read a pattern; groups without a type are texts, `missing` ones no numbers. Raises `TemplateError`."""
    if len(text) > _LONGEST_PATTERN:
        raise TemplateError(f"the pattern has more than {_LONGEST_PATTERN} characters")
    try:
        compiled = re.compile(text, re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise TemplateError(f"the pattern cannot be read: {error}") from error
    _refuse_slow(text)
    for name in types:
        if name not in compiled.groupindex:
            known = ", ".join(compiled.groupindex) or "none"
            raise TemplateError(f"the pattern has no group {name!r}", f"its named groups are {known}")
    found = {name: types.get(name, "rest") for name in compiled.groupindex}
    return PatternFrame(text, found, compiled, missing.of(found))


def _refuse_slow(pattern: str) -> None:
    """Raise `TemplateError` for what may take exponential time."""
    groups = [False]  # for each open group: whether something in it can match in several ways
    closed = False  # whether what stands just before can
    dots, before = 0, ""
    for token in _tokens(pattern):
        if token.startswith("("):
            groups.append(False)
        elif token == ")":
            closed = groups.pop() if len(groups) > 1 else False
            groups[-1] |= closed
        elif _repeats(token):
            if closed and before == ")":
                raise TemplateError(
                    "the pattern repeats what can match in several ways, which may never end",
                    "spell the repetition out, or read several lines with `lines:`",
                )
            dots += before == "."
            groups[-1] |= not token.strip("{}").isdecimal()
        elif token in ("?", "|"):
            groups[-1] = True
        before = token
    if dots > _MOST_REPEATS:
        raise TemplateError(
            f"the pattern has {dots} unbounded repeats of `.`", r"say what stands there, e.g. [^,]* or \S+"
        )


def _repeats(token: str) -> bool:
    return token in ("*", "+") or (len(token) > 2 and token[0] == "{" and token[-1] == "}")


def _tokens(pattern: str) -> Iterator[str]:
    for found in _TOKEN.finditer(pattern):
        token = found[0]
        if re.match(r"\\[1-9]", token) or pattern.startswith("(?P=", found.start()):
            raise TemplateError("the pattern refers back to a group", "write out what stands there")
        yield token
