"""Problems of a document in the words of its author: where, what is wrong, how to mend it."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from string import digits
from typing import NamedTuple

from shotlane.diagnostics import Report, did_you_mean, nearest
from shotlane.document import Document, Path
from shotlane.model._problem import Problem

# Keys that can stand in the mapping at a path (of that model, when it has a name), with their descriptions.
Known = Callable[[Path, str | None], Mapping[str, str]]

_NO_BLANK = re.compile(r"[A-Za-z_]\w*:\S")  # `heat:1 s` is one text
_KEY_AND_VALUE = re.compile(r"([A-Za-z_][\w.]*) +([\w\"'.+-][^:]*)")


# Keys that belong into a document of another kind, by the code of unknown keys.
_ELSEWHERE = {
    ("SEQ101", "safe"): "safe values are the station's: write `safe: {attribute: value}` below the instrument"
    " there"
}


class Codes(NamedTuple):
    """Codes of one kind of document."""

    unknown: str
    missing: str
    type: str
    empty: str
    value: str
    kind: str
    language: str


def tell(problem: Problem, known: Known, document: Document, codes: Codes, report: Report) -> None:
    """Add the one diagnostic for a problem."""
    if problem.kind == "unknown":
        _unknown(problem, known, document, codes, report)
    elif problem.kind == "missing":
        _missing(problem, known, document, codes, report)
    elif problem.value is None:
        tell_empty(problem.path, document, codes, report, known(problem.path[:-1], problem.part))
    elif problem.kind == "type":
        _type(problem, known, document, codes, report)
    elif problem.kind == "choice":
        _choice(problem, document, codes, report)
    else:
        _range(problem, document, codes, report)


def misspelt(problems: Sequence[Problem], known: Known, document: Document) -> dict[Path, Path]:
    """Unknown keys that most likely mean another one, with it: what that holds is written, though faulty."""
    found = {}
    missing = [problem.path for problem in problems if problem.kind == "missing"]
    unknown = [problem for problem in problems if problem.kind == "unknown"]
    for problem in unknown:
        above = problem.path[:-1]
        meant = nearest(str(problem.path[-1]), known(above, problem.part))
        if meant is not None and meant not in document.keys(above):
            found[problem.path] = (*above, meant)
        elif meant is None and sum(other.path[:-1] == above for other in unknown) == 1:
            # The only strange key beside the only missing one.
            lacking = [path for path in missing if path[:-1] == above]
            if len(lacking) == 1:
                found[problem.path] = lacking[0]
    return found


def tell_empty(
    path: Path, document: Document, codes: Codes, report: Report, known: Iterable[str] = ()
) -> None:
    """Tell that nothing stands where a value should. `known`: the keys that can stand beside it."""
    help = "write a value after the colon, or delete the key"
    stray = _next_key(path, document)
    strange = bool(known) and stray is not None and stray not in known and nearest(stray, known) is None
    if stray is not None and (strange or path[0] == "timeline"):  # a step is one entry
        help = f"what belongs to it stands below it, indented: `{stray}:` begins in the same column"
    if isinstance(path[-1], str) and ":" in path[-1]:
        help = f"is a space missing? `{path[-1].replace(':', ': ', 1)}`"
    report.error(codes.empty, f"{named(path)} has no value", document.key_span(path), help=help)


def _next_key(path: Path, document: Document) -> str | None:
    """The key that stands behind this one in the same mapping."""
    keys = list(document.keys(path[:-1]))
    at = keys.index(path[-1]) + 1 if path[-1] in keys else len(keys)
    return str(keys[at]) if at < len(keys) else None


def named(path: Path) -> str:
    """A place in words: 'timeout', item 2 of 'tags'."""
    if not path:
        return "the document"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {named(path[:-1])}"
    return f"'{path[-1]}'"


def found(value: object) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, str):
        return "a text of several lines" if "\n" in value else f"'{value[:40]}'"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping of keys to values"


def _unknown(problem: Problem, known: Known, document: Document, codes: Codes, report: Report) -> None:
    *_, key = problem.path
    above = problem.path[:-1]
    keys = known(above, problem.part)
    where = f" in {named(above)}" if above else ""
    help = did_you_mean(str(key), keys, what="keys that can stand here")
    meant = nearest(str(key), keys)
    if problem.choices:
        help = f"did you mean '{problem.choices[0]}'?"
    elif meant is not None and meant in document.keys(above):
        help = f"'{meant}' stands in line {document.key_span((*above, meant)).line} already"
    help = _ELSEWHERE.get((codes.unknown, str(key)), help)
    report.error(codes.unknown, f"unknown key '{key}'{where}", document.key_span(problem.path), help=help)


def _missing(problem: Problem, known: Known, document: Document, codes: Codes, report: Report) -> None:
    *_, key = problem.path
    above = problem.path[:-1]
    described = known(above, problem.part).get(str(key), "")
    where = f" in {named(above)}" if above else ""
    help = f"add `{key}: ...`" + (f" ({described.rstrip('.')})" if described else "")
    report.error(codes.missing, f"the key '{key}' is missing{where}", document.key_span(above), help=help)


def _type(problem: Problem, known: Known, document: Document, codes: Codes, report: Report) -> None:
    wanted = " or ".join(problem.expected)
    message = f"{named(problem.path)} takes {wanted}, and this is {found(problem.value)}"
    help = None
    if "a mapping" in problem.expected:
        below = known(problem.path, None)
        keys = ", ".join(below)
        help = (
            f"keys that can stand below it: {keys}"
            if keys
            else "write `name: value` lines below it, indented"
        )
        if isinstance(problem.value, str) and _NO_BLANK.match(problem.value):
            help = f"is a space missing? `{problem.value.replace(':', ': ', 1)}`"
        elif (written := _without_colon(problem.value, below)) is not None:
            help = f"is a colon missing? `{written}`"
        elif "record" in below and _is_scalar(problem.value):
            help = f"write `set: {problem.value}`, or `record` or `read`, on a line below it, indented"
    elif problem.expected == ("text",) and _is_scalar(problem.value):
        help = f'put it in quotes when text is meant: "{problem.value}"'
    elif "a list" in problem.expected and _is_scalar(problem.value):
        help = f"write [{problem.value}]"
    elif "a list" in problem.expected and isinstance(problem.value, dict):
        first = next(iter(problem.value), "name")
        help = f"each item begins with a dash: `- {first}: ...`"
    report.error(codes.type, message, document.span(problem.path), help=help)


def _without_colon(value: object, keys: Collection[str]) -> str | None:
    """A key and its value that were written as one text, as they should be; None for any other text."""
    words = _KEY_AND_VALUE.fullmatch(value) if isinstance(value, str) else None
    if words is None or (keys and words[1] not in keys):
        return None
    return f"{words[1]}: {words[2]}"


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float | str)


def _choice(problem: Problem, document: Document, codes: Codes, report: Report) -> None:
    written = str(problem.value)
    if len(problem.choices) == 1:
        help = f"write '{problem.choices[0]}'"
    elif sizes := _other_sizes(written, problem.choices):
        help = f"write {' or '.join(sizes)}"
    else:
        help = did_you_mean(written, problem.choices, what="choices")
    report.error(
        codes.value,
        f"{found(problem.value)} is not a choice for {named(problem.path)}",
        document.span(problem.path),
        help=help,
    )


def _other_sizes(written: str, choices: Iterable[str]) -> list[str]:
    """Choices that differ from a text in the number at their ends alone: which one is meant is not known."""
    letters = written.rstrip(digits)
    return [one for one in choices if letters != written and letters != one and one.rstrip(digits) == letters]


_RANGES = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "too_short": "takes at least {min_length} items, and this has {actual_length}",
    "too_long": "takes at most {max_length} items",
    "no_entry": "holds nothing, and needs an entry",
    "entries": "holds {actual_length} entries, and takes {max_length}",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not written as it must be: {pattern}",
    "finite_number": "must be a finite number",
}


def _range(problem: Problem, document: Document, codes: Codes, report: Report) -> None:
    wording = _RANGES.get(problem.kind, "has a value that cannot stand here").format(**problem.context)
    report.error(codes.value, f"{named(problem.path)} {wording}", document.span(problem.path))
