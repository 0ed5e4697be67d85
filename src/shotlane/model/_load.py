"""From a document to what its author wrote. Faults are told once, and what is sound goes on.

Faulty parts are dropped from a copy of the data and recorded in `document.dropped`, and the rest is validated
again, until it is sound. What then is missing because it was dropped is dropped too, silently.
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic

from pydantic import ValidationError

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model._installed_kinds import installed_kinds, kinds_used
from shotlane.model._instrument import InstrumentDocument
from shotlane.model._kind import (
    INSTRUMENT,
    KINDS,
    SEQUENCE,
    STATION,
    Kind,
    Model,
    in_this_language,
    is_readable,
)
from shotlane.model._lane_kind import LoadedKind
from shotlane.model._outline import known_keys
from shotlane.model._problem import Problem, problems_of
from shotlane.model._prune import prune, unit_of
from shotlane.model._schema import KindName, committed_schema
from shotlane.model._schema_check import check_against
from shotlane.model._schema_kinds import with_kinds
from shotlane.model._sequence import Sequence
from shotlane.model._station import Station
from shotlane.model._told import misspelt, tell

_MAX_ROUNDS = 50
_MAX_TOLD = 100


def load_sequence(document: Document, report: Report) -> Sequence | None:
    """What the author of a sequence wrote; None when it is no sequence at all."""
    return _load(document, report, SEQUENCE)


def load_station(document: Document, report: Report) -> Station | None:
    """What the author of a station wrote; None when it is no station at all."""
    return _load(document, report, STATION)


def load_instrument(document: Document, report: Report) -> InstrumentDocument | None:
    """What the author of an instrument document wrote; None when it is no such document at all."""
    return _load(document, report, INSTRUMENT)


def check_schema_only(document: Document, kind: KindName, report: Report) -> None:
    """Check a document against its JSON Schema alone, as an editor does: shapes and keys, no meaning."""
    if is_readable(document, report, KINDS[kind]):
        schema = committed_schema(kind)
        if kind == "sequence":
            used = kinds_used(document.data).values()
            schema = with_kinds(schema, (item for item in used if isinstance(item, LoadedKind)))
        check_against(schema, document, KINDS[kind].codes, report)


def of_known_language(kind: KindName, report: Report) -> Callable[[Document], bool]:
    """Says of such a document, or a fragment of one, whether its language is known; upgrades an older one."""
    return lambda document: in_this_language(document, report, KINDS[kind])


def _load(document: Document, report: Report, kind: Kind[Model]) -> Model | None:
    return _Loading(document, report, kind).load() if is_readable(document, report, kind) else None


class _Loading(Generic[Model]):
    def __init__(self, document: Document, report: Report, kind: Kind[Model]) -> None:
        self._document = document
        self._report = report
        self._kind = kind
        # Through aliases and merges one mistake stands at several paths: it is told once.
        self._told: set[tuple[str, int, str]] = set()
        for path in list(document.dropped):
            self._drop(path)

    def load(self) -> Model | None:
        """Validate, tell, drop and validate again."""
        for _ in range(_MAX_ROUNDS):
            before = len(self._document.dropped)
            model = self._validate()
            if model is not None:
                self._drop_empty()
                if self._kind.check is not None and len(self._document.dropped) == before:
                    self._kind.check(model, self._document, self._report)
            if len(self._document.dropped) == before:
                return model
            if len(self._told) >= _MAX_TOLD:
                message = f"more than {_MAX_TOLD} mistakes: the rest was not read"
                self._report.error("YAML015", message, self._document.key_span(()))
                return None
        return None

    def _pruned(self) -> Any:
        dropped = self._document.dropped
        blank = {key: value for key, value in self._kind.blank.items() if (key,) in dropped}
        return {**prune(self._document.data, dropped), **blank}

    def _validate(self) -> Model | None:
        data = self._pruned()
        try:
            return self._kind.model.model_validate(data)
        except ValidationError as error:
            problems = problems_of(error, data)
        meant = misspelt(problems, self._known, self._document)
        incomplete = {path[:-1] for path in self._document.dropped if len(path) > 1}
        known = self._document.dropped | set(meant.values())
        for problem in sorted(problems, key=lambda item: self._document.span(item.path).start)[:_MAX_TOLD]:
            path = problem.path
            if problem.kind != "missing":
                self._tell(problem._replace(choices=(str(meant[path][-1]),)) if path in meant else problem)
                self._drop(path)
                continue
            # Missing because it was dropped or misspelt: told. The mapping is of no use without it.
            if path not in known and path[:-1] not in incomplete:
                self._tell(problem)
            self._drop(path[:-1] or path)
        self._document.dropped.update(meant.values())
        return None

    def _drop_empty(self) -> None:
        """Tell keys without a value where a default would hide them."""
        for path in list(_empty(self._pruned(), ())):
            if not self._kind.may_be_empty(path):
                self._tell(Problem(path, "type"))
                self._drop(path)

    def _tell(self, problem: Problem) -> None:
        place = self._document.key_span(problem.path).start
        told = (problem.kind, place, str(problem.path[-1]))
        if told not in self._told:
            self._told.add(told)
            tell(problem, self._known, self._document, self._kind.codes, self._report)

    def _known(self, path: Path, part: str | None) -> dict[str, str]:
        """Keys that can stand at a path; in a lane, also those of installed kinds."""
        known = known_keys(self._kind.model, path, part)
        if self._kind.model is Sequence and len(path) == 2 and path[0] == "lanes":
            known = {**known, **dict.fromkeys(installed_kinds(), "")}
        return known

    def _drop(self, path: Path) -> None:
        self._document.drop(unit_of(path, self._kind.independent))


def _empty(value: Any, path: Path) -> Iterator[Path]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empty(item, (*path, index))
