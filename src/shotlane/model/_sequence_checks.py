"""Checks across fields of a sequence that need neither a station nor a compiler.

What fails is told and dropped, so that what refers to it stays silent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shotlane.diagnostics import Note, Report, nearest
from shotlane.document import Document, Path
from shotlane.expression import reserved_name_help
from shotlane.model._lane import Lane
from shotlane.model._sequence import AskStep, Sequence, UntilStep

_FAULTS = ("timeout", "disconnected", "garbled", "refused", "rejected", "no-value", "verdict")
_WORD = re.compile(r"[a-z][a-z0-9_-]*")


def check_sequence(sequence: Sequence, document: Document, report: Report) -> None:
    """Tell and drop what is wrong across fields."""
    _steps(sequence, document, report)
    _names(sequence, document, report)
    for key, lane in sequence.lanes.items():
        _lane(key, lane, document, report)
    if sequence.retry is not None:
        _retry(sequence, document, report)


def _refuse(
    code: str, message: str, path: Path, document: Document, report: Report, *, help: str | None = None,
    notes: tuple[Note, ...] = (),
) -> None:  # fmt: skip
    report.error(code, message, document.key_span(path), help=help, notes=notes)
    document.drop(path)


def _steps(sequence: Sequence, document: Document, report: Report) -> None:
    if not sequence.timeline and not document.has_dropped(("timeline",)):
        report.error(
            "SEQ201",
            "the timeline has no steps",
            document.key_span(("timeline",)),
            help="write `- name: duration`",
        )
        document.drop(("timeline",))
    first: dict[str, Path] = {}
    for index, item in enumerate(sequence.timeline):
        path: Path = ("timeline", index)
        if len(item) != 1 or _is_bare(item):
            _item(path, item, document, report)
            continue
        name = next(iter(item))
        if name in first:
            note = Note("first named here", document.key_span(first[name]))
            message = f"the timeline has a step '{name}' already"
            help = f"call one of them '{name}_2'"
            _refuse("SEQ202", message, (*path, name), document, report, help=help, notes=(note,))
        else:
            first[name] = (*path, name)
            _usable("SEQ202", name, "a step", (*path, name), document, report)


def _is_bare(item: Mapping[str, Any]) -> bool:
    """Whether it is what stands below the name of an open-ended step, and the name is missing."""
    return any(not isinstance(item.get(key, {}), UntilStep | AskStep | Mapping) for key in ("until", "ask"))


def _item(path: Path, item: Mapping[str, Any], document: Document, report: Report) -> None:
    """An item that is not one step. Nothing is said of one whose step was faulty."""
    if document.has_dropped(path):
        return
    if not item:
        _refuse("SEQ201", "this item names no step", path, document, report, help="write `- name: duration`")
        return
    if _is_bare(item):
        key = "until" if "until" in item else "ask"
        help = f"give it a name, with `{key}` indented below: `- settle:`"
        _refuse("SEQ201", f"this step with `{key}` has no name", path, document, report, help=help)
        return
    second = list(item)[1]
    report.error(
        "SEQ201",
        f"'{second}' is a second step in one item",
        document.key_span((*path, second)),
        help=f"begin the line with a dash: `- {second}: ...`",
    )
    for name in item:
        document.drop((*path, name))


def _usable(code: str, name: str, what: str, path: Path, document: Document, report: Report) -> bool:
    help = reserved_name_help(name)
    if help is not None:
        _refuse(code, f"'{name}' cannot be the name of {what}", path, document, report, help=help)
    return help is None


def _names(sequence: Sequence, document: Document, report: Report) -> None:
    declared: dict[str, Path] = {}
    for what, path in _declared(sequence):
        name = str(path[-1])
        dotted = ".".join(map(str, path[1:]))
        if "." in name:
            help = f"write `{name.split('.')[0]}:` and below it, indented, `{name.split('.', 1)[1]}: ...`"
            if what == "a result":
                help = f"another spelling: '{name.replace('.', '_')}'"
            _refuse("SEQ205", f"'{name}' has a dot in its name", path, document, report, help=help)
        elif _usable("SEQ205", name, what, path, document, report):
            if dotted in declared:
                note = Note("first declared here", document.key_span(declared[dotted]))
                message = f"'{dotted}' is declared already"
                help = "give one of them another name"
                _refuse("SEQ205", message, path, document, report, help=help, notes=(note,))
            declared.setdefault(dotted, path)


def _declared(sequence: Sequence) -> Iterator[tuple[str, Path]]:
    yield from _nested(sequence.parameters, ("parameters",))
    for name in sequence.labels:
        yield "a label", ("labels", name)
    for name in sequence.ask:
        yield "a label", ("ask", name)
    for name in sequence.results:
        yield "a result", ("results", name)


def _nested(tree: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _nested(value, (*path, name))
        else:
            yield "a parameter", (*path, name)


def _lane(key: str, lane: Lane, document: Document, report: Report) -> None:
    path: Path = ("lanes", key)
    role, *attribute = key.split(".")
    if not all(part.isidentifier() for part in (role, *attribute)):
        help = "a lane is written `role.attribute`, or `role` for calls"
        _refuse("SEQ210", f"'{key}' is neither a channel nor a role", path, document, report, help=help)
        return
    if attribute and lane.call is not None:
        message = f"`call` belongs to the instrument '{role}', not to one of its channels"
        help = f"write it in a lane of its own: `{role}:` and below it `call:`"
        _refuse("SEQ211", message, (*path, "call"), document, report, help=help)
    if not attribute:
        for name in ("set", "record", "read"):
            if getattr(lane, name) is not None:
                message = f"`{name}` needs a channel, and '{key}' is an instrument"
                help = f"write the lane as `{key}.attribute`"
                _refuse("SEQ211", message, (*path, name), document, report, help=help)


def _retry(sequence: Sequence, document: Document, report: Report) -> None:
    assert sequence.retry is not None
    for index, word in enumerate(sequence.retry.on):
        # A driver may have classes of its own, but hardly one that is nearly another.
        meant = None if word in _FAULTS else nearest(word, _FAULTS)
        if meant is not None or not _WORD.fullmatch(word):
            message = f"'{word}' is no class of faults"
            help = "classes are words such as timeout, disconnected, garbled, refused"
            help = help if meant is None else f"did you mean '{meant}'?"
            report.error("SEQ225", message, document.span(("retry", "on", index)), help=help)
            document.drop(("retry", "on"))
