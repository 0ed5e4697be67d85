"""What the parser says of a broken text, in the words of somebody who edits it."""

import re
from typing import NamedTuple

from shotlane.diagnostics import Diagnostic, Note, Source, Span
from shotlane.document._events import SyntaxFault


class _Wording(NamedTuple):
    message: str
    help: str | None = None
    at_context: bool = False  # the fault is where the construct began, not where the parser gave up
    note: str | None = None  # said of the beginning of the construct


_INDENTATION = _Wording(
    "the indentation of this line does not fit the lines above it",
    "keys of one mapping begin in the same column, and so do the dashes of one list",
)

_BEHIND_BRACKET = _Wording(
    "the value has ended with the bracket before this",
    "a text that begins with `[` or `{` must be quoted; else delete what stands behind the bracket",
)

# Tried in order against "context: problem"; the first match counts.
_WORDINGS: tuple[tuple[str, _Wording], ...] = (
    (
        r"found character '\\t'",
        _Wording(
            "a tab stands where the line is indented",
            "YAML is indented with spaces only: replace the tab by spaces",
        ),
    ),
    (
        r"found character",
        _Wording("a value cannot begin with this character", "put the value in quotes"),
    ),
    (
        r"mapping values are not allowed",
        _Wording(
            "a second key on one line",
            'quote a value that holds ": "',
        ),
    ),
    (
        r"sequence entries are not allowed",
        _Wording("a list cannot begin here", "put each `- item` on a line of its own below the key"),
    ),
    (
        r"could not find expected ':'",
        _Wording(
            "this line is neither `key: value` nor part of a value", "is there a colon and a space?", True
        ),
    ),
    (
        r"quoted scalar.*found unexpected (end of stream|document separator)",
        _Wording("the quote that opens here is never closed", "close it, or delete it", True),
    ),
    (
        r"unknown escape character|escape sequence|Unicode character escape",
        _Wording(
            "this is no escape that double quotes know", "use single quotes: in them a backslash is itself"
        ),
    ),
    (
        r"flow mapping: expected",
        _Wording("a comma or a closing `}` is missing before this", None, False, "the `{` stands here"),
    ),
    (
        r"flow sequence: expected",
        _Wording("a comma or a closing `]` is missing before this", None, False, "the `[` stands here"),
    ),
    (
        r"expected the node content",
        _Wording("a value is expected here", "a text that begins with one of `, [ ] { } &` must be quoted"),
    ),
    (
        r"scanning an (alias|anchor)",
        _Wording(
            "`*` and `&` at the start of a value name aliases and anchors", "put the value in quotes", True
        ),
    ),
    (r"undefined tag handle", _Wording("this tag means nothing here", "delete it", True)),
    (
        r"block scalar",
        _Wording(
            "what follows `|` or `>` must begin on the next line", "begin the text on a line of its own"
        ),
    ),
    (r"expected <block end>|expected '<document start>'", _INDENTATION),
    (
        r"directive",
        _Wording(
            "a line that begins with '%' is a directive of YAML, and this is none it knows", "delete the line"
        ),
    ),
    (r"incompatible YAML document", _Wording("documents are written in YAML 1.2", "delete the %YAML line")),
)


def reword(source: Source, fault: SyntaxFault) -> Diagnostic:
    """One diagnostic for a syntax fault."""
    told = f"{fault.context}: {fault.problem}"
    wording = next(
        (wording for pattern, wording in _WORDINGS if re.search(pattern, told)),
        _Wording("this is not valid YAML"),
    )
    if "mapping values are not allowed" in told and not _second_on_line(source.text, fault.at or 0):
        wording = _INDENTATION
    if wording is _INDENTATION and _behind_bracket(source.text, fault.at or 0):
        wording = _BEHIND_BRACKET
    if wording is _INDENTATION and (missing := _missing_colon(source, fault.at or 0)) is not None:
        return missing
    begins = fault.began is not None and wording.at_context
    at = fault.began if begins else fault.at
    place = _place(source, len(source.text) if at is None else at)
    notes: tuple[Note, ...] = ()
    if wording.note and fault.began is not None:
        notes = (Note(wording.note, _place(source, fault.began)),)
    return Diagnostic("YAML001", wording.message, place, wording.help, notes=notes)


# A word, and what may be its value, on a line without a colon.
_NO_COLON = re.compile(r"[ ]*(?:- +)?([A-Za-z_][\w.]*)(?: +([^:#\n]*[^:#\s]))?[ ]*(?:#.*)?")


def _missing_colon(source: Source, at: int) -> Diagnostic | None:
    """Told where it is missing: the parser sees it only in the line below."""
    start = source.text.rfind("\n", 0, at) + 1
    above = source.text[:start].rstrip()
    begin = above.rfind("\n") + 1
    line = _NO_COLON.fullmatch(above, begin)
    if line is None:
        return None
    key, value = line.groups()
    written = f"{key}: {value}" if value else f"{key}:"
    span = Span(source, line.start(1), line.end(1))
    return Diagnostic("YAML001", f"a colon is missing after '{key}'", span, f"write `{written}`")


def _second_on_line(text: str, at: int) -> bool:
    return ": " in text[text.rfind("\n", 0, at) + 1 : at]


def _behind_bracket(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 : at].rstrip().endswith(("]", "}"))


def _place(source: Source, at: int) -> Span:
    """One character; at the end of the text the last one that is written, so that a line can be shown."""
    text = source.text
    at = min(at, len(text))
    while at > 0 and (at == len(text) or text[at] in "\r\n"):
        at -= 1
        if text[at] not in " \t\r\n":
            break
    return Span(source, at, min(at + 1, len(text)))
