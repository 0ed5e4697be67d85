"""First pass: the names that a sequence declares, each with what was written for it.

Parameters, steps and channels are three namespaces; only a dotted parameter and a channel are written alike,
so these must differ. A name that is faulty, or that the loader dropped, stays known as broken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.model import Ask, ChannelTable, Sequence, flatten
from shotlane.plan._asked import PLACEHOLDER, check_answer, check_patterns
from shotlane.plan._given_by import GivenBy
from shotlane.plan._written import Written, given_value, in_document

SCALARS = (bool, int, float, str)


@dataclass(slots=True)
class Declared:
    """Parameters and labels by name, in the order of the document."""

    parameters: dict[str, Written] = field(default_factory=dict)
    labels: dict[str, Written] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    complete: bool = True  # False when a section that declares names, or an included file, is faulty
    document: dict[str, Written] = field(default_factory=dict)  # what an override took the place of
    asked: dict[str, Ask] = field(default_factory=dict)  # labels that a person is asked for
    given: GivenBy = GivenBy.COMMAND_LINE  # where the overrides come from

    def original(self, name: str) -> Written:
        """The parameter as the document declares it."""
        return self.document.get(name) or self.parameters[name]

    @property
    def names(self) -> set[str]:
        """Everything that was declared, sound or not."""
        return set(self.parameters) | set(self.labels) | self.broken


def declare(sequence: Sequence, document: Document, table: ChannelTable, report: Report) -> Declared:
    """Collect the declared names; the loader has dropped those that cannot be used."""
    sections = (("parameters",), ("labels",), ("ask",))
    complete = not document.has_dropped(("include",)) and not any(map(document.is_dropped, sections))
    declared = Declared(complete=complete)
    for name, (path, raw) in flatten(sequence.parameters).items():
        _declare_parameter(declared, document, table, report, path, name, raw)
    for name, text in sequence.labels.items():
        declared.labels[name] = in_document(document, ("labels", name), text)
    for name, ask in sequence.ask.items():
        declared.labels[name] = Written(PLACEHOLDER, document.key_span(("ask", name)))
        declared.asked[name] = ask
    check_patterns(sequence, document, report)
    declared.broken |= _dropped(document)
    declared.broken -= set(declared.parameters) | set(declared.labels)
    return declared


def _declare_parameter(
    declared: Declared,
    document: Document,
    table: ChannelTable,
    report: Report,
    path: Path,
    name: str,
    raw: Any,
) -> None:
    if name in table.channels:
        report.error(
            "SEQ205",
            f"'{name}' is a channel of station '{table.station}', so it cannot be a parameter",
            document.key_span(path),
            help=f"call it {name.replace('.', '_')}",
        )
        declared.broken.add(name)
    elif isinstance(raw, SCALARS):
        declared.parameters[name] = in_document(document, path, raw)
    else:
        shown = "a list" if isinstance(raw, list) else "no value"
        report.error(
            "SEQ208",
            f"parameter '{name}' takes one value, and this is {shown}",
            document.span(path),
            help="write one value here, and those to vary it over under `sweep`",
        )
        declared.broken.add(name)


def _dropped(document: Document) -> set[str]:
    """Names that the document declares and that were found faulty."""
    found = set()
    for section, *rest in document.dropped:
        if section in ("parameters", "labels", "ask"):
            found |= {".".join(map(str, rest))} | _below(document, (section, *rest))
    return found - {""}


def _below(document: Document, path: Path) -> set[str]:
    names = set()
    for key in document.keys(path):
        names |= {".".join(map(str, (*path[1:], key)))} | _below(document, (*path, key))
    return names


def override(declared: Declared, overrides: Mapping[str, str], given: GivenBy, report: Report) -> None:
    """Put the values that were given beside the document in place of those that it has."""
    declared.given = given
    for name, text in overrides.items():
        written = given_value(name, text, given)
        if name in declared.parameters:
            declared.document[name] = declared.parameters[name]
            declared.parameters[name] = written
        elif name in declared.labels:
            declared.labels[name] = written
            if name in declared.asked:
                check_answer(name, declared.asked[name], written, report)
        elif name in declared.broken or not declared.complete:
            continue
        else:
            _unknown_override(declared, name, report)
            continue
        declared.overridden.add(name)


def _unknown_override(declared: Declared, name: str, report: Report) -> None:
    report.error(
        "SEQ307",
        f"{declared.given.unknown(name)}: there is no parameter or label '{name}'",
        help=did_you_mean(name, declared.names, what="declared"),
    )
