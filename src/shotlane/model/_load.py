"""From a document to what its author wrote. Faults are told once, and what is sound goes on.

Faulty parts are dropped from a copy of the data and recorded in `document.dropped`, and the rest is validated
again, until it is sound. What then is missing because it was dropped is dropped too, silently.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model._instrument import InstrumentDocument
from shotlane.model._outline import known_keys
from shotlane.model._part import Part
from shotlane.model._problem import problems_of
from shotlane.model._prune import prune, unit_of
from shotlane.model._sequence import LANGUAGE, Sequence
from shotlane.model._sequence_checks import check_sequence
from shotlane.model._station import Station
from shotlane.model._station_checks import check_station
from shotlane.model._told import Codes, misspelt, tell, tell_empty

_MAX_ROUNDS = 50
_MAX_TOLD = 100

Model = TypeVar("Model", bound=Part)
Check = Callable[[Any, Document, Report], None]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Model]):
    """A kind of document.

    `signs`: keys that only this kind has. `blank`: what stands for a required key that is missing, so that
    the rest is still looked at. `independent`: lists whose items do not depend on each other. `check` tells
    and drops what annotations cannot say.
    """

    name: str
    model: type[Model]
    codes: Codes
    signs: frozenset[str]
    blank: Mapping[str, Any] = field(default_factory=dict)
    independent: tuple[Path, ...] = ()
    check: Check | None = None
    may_be_empty: Callable[[Path], bool] = lambda path: False


def _codes(prefix: str) -> Codes:
    return Codes(*(f"{prefix}{number:02d}" for number in range(1, 8)))


SEQUENCE = Kind(
    "sequence",
    Sequence,
    _codes("SEQ1"),
    frozenset({"sequence", "timeline", "lanes"}),
    {"sequence": "", "timeline": []},
    (("timeline",), ("sweep",)),
    check_sequence,
)
STATION = Kind(
    "station",
    Station,
    _codes("STA0"),
    frozenset({"instruments"}),
    {"station": "", "instruments": {}},
    (),
    check_station,
    lambda path: len(path) > 3 and path[0] == "instruments" and path[2] == "options",
)
INSTRUMENT = Kind(
    "instrument",
    InstrumentDocument,
    _codes("INS0"),
    frozenset({"instrument", "protocol", "attributes"}),
    {"instrument": "", "protocol": "ascii"},
)
_KINDS: tuple[Kind[Any], ...] = (SEQUENCE, STATION, INSTRUMENT)


def load_sequence(document: Document, report: Report) -> Sequence | None:
    """What the author of a sequence wrote; None when it is no sequence at all."""
    return load(document, report, SEQUENCE)


def load_station(document: Document, report: Report) -> Station | None:
    """What the author of a station wrote; None when it is no station at all."""
    return load(document, report, STATION)


def load_instrument(document: Document, report: Report) -> InstrumentDocument | None:
    """What the author of an instrument document wrote; None when it is no such document at all."""
    return load(document, report, INSTRUMENT)


def load(document: Document, report: Report, kind: Kind[Model]) -> Model | None:
    """Validate a document; whatever is faulty is told, dropped and left out."""
    if _is_other_kind(document, report, kind) or _is_newer(document, report, kind):
        return None
    told = len(report)
    for path in list(document.dropped):
        _drop(document, path, kind)
    for _ in range(_MAX_ROUNDS):
        before = len(document.dropped)
        model = _validate(document, report, kind)
        if model is not None and len(document.dropped) == before:
            _drop_empty(document, report, kind)
            if kind.check is not None and len(document.dropped) == before:
                kind.check(model, document, report)
            if len(document.dropped) == before:
                return model
        if len(report) - told >= _MAX_TOLD or (model is None and len(document.dropped) == before):
            return None
    return None


def _pruned(document: Document, kind: Kind[Model]) -> Any:
    data = prune(document.data, document.dropped)
    blank = {key: value for key, value in kind.blank.items() if (key,) in document.dropped}
    return {**data, **blank}


def _validate(document: Document, report: Report, kind: Kind[Model]) -> Model | None:
    data = _pruned(document, kind)
    try:
        return kind.model.model_validate(data)
    except ValidationError as error:
        problems = problems_of(error, data)
    known = partial(known_keys, kind.model)
    meant = misspelt(problems, known, document)
    incomplete = {path[:-1] for path in document.dropped if len(path) > 1}
    for problem in sorted(problems, key=lambda item: document.span(item.path).start)[:_MAX_TOLD]:
        path = problem.path
        if problem.kind != "missing":
            tell(problem, known, document, kind.codes, report)
            _drop(document, path, kind)
            continue
        # What is missing because it was dropped or misspelt was told; the mapping is of no use without it.
        if path not in document.dropped and path not in meant.values() and path[:-1] not in incomplete:
            tell(problem, known, document, kind.codes, report)
        _drop(document, path[:-1] or path, kind)
    for path in meant.values():
        document.drop(path)
    return None


def _drop_empty(document: Document, report: Report, kind: Kind[Model]) -> None:
    """Tell keys without a value where a default would hide them."""
    for path in list(_empty(_pruned(document, kind), ())):
        if not kind.may_be_empty(path):
            tell_empty(path, document, kind.codes, report)
            _drop(document, path, kind)


def _drop(document: Document, path: Path, kind: Kind[Model]) -> None:
    document.drop(unit_of(path, kind.independent))


def _empty(value: Any, path: Path) -> Iterator[Path]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empty(item, (*path, index))


def _is_other_kind(document: Document, report: Report, kind: Kind[Model]) -> bool:
    keys = set(document.keys())
    if keys & kind.signs:
        return False
    for other in _KINDS:
        if other.name != kind.name and keys & other.signs:
            sign = sorted(keys & other.signs)[0]
            report.error(
                kind.codes.kind,
                f"this is {_article(other.name)} document, and {_article(kind.name)} is expected here",
                document.key_span((sign,)),
                help=f"{_article(kind.name)} begins with `{kind.name}: NAME`",
            )
            return True
    return False


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _is_newer(document: Document, report: Report, kind: Kind[Model]) -> bool:
    language = document.data.get("language")
    if not isinstance(language, int) or isinstance(language, bool) or language <= LANGUAGE:
        return False
    report.error(
        kind.codes.language,
        f"this document is written in language {language}, and this version of shotlane knows up to {LANGUAGE}",
        document.span(("language",)),
        help="install a newer shotlane",
    )
    return True
