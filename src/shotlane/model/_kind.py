"""The kinds of document, and what tells one from another before its contents are looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model._instrument import InstrumentDocument
from shotlane.model._part import LANGUAGE, Part
from shotlane.model._schema import KindName
from shotlane.model._sequence import Sequence
from shotlane.model._sequence_checks import check_sequence
from shotlane.model._station import Station
from shotlane.model._station_checks import check_station
from shotlane.model._told import Codes
from shotlane.model._upgrade import upgrade

Model = TypeVar("Model", bound=Part)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Model]):
    """A kind of document.

    `signs`: keys that only this kind has. `blank`: what stands for a required key that is missing, so that
    the rest is still looked at. `independent`: lists whose items do not depend on each other. `check` tells
    and drops what annotations cannot say.
    """

    name: KindName
    model: type[Model]
    codes: Codes
    signs: frozenset[str]
    blank: Mapping[str, Any] = field(default_factory=dict)
    independent: tuple[Path, ...] = ()
    check: Callable[[Any, Document, Report], None] | None = None
    may_be_empty: Callable[[Path], bool] = lambda path: False


def _codes(prefix: str) -> Codes:
    return Codes(*(f"{prefix}{number:02d}" for number in range(1, 8)))


def _is_option(path: Path) -> bool:
    return len(path) > 3 and path[0] == "instruments" and path[2] == "options"


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
    check=check_station,
    may_be_empty=_is_option,
)
INSTRUMENT = Kind(
    "instrument",
    InstrumentDocument,
    _codes("INS0"),
    frozenset({"instrument", "protocol", "attributes"}),
    {"instrument": "", "protocol": "ascii"},
)
KINDS: Mapping[KindName, Kind[Any]] = {kind.name: kind for kind in (SEQUENCE, STATION, INSTRUMENT)}


def is_readable(document: Document, report: Report, kind: Kind[Any]) -> bool:
    """Whether it is a document of this kind, in a language that is known; tells it when not."""
    return not _is_other_kind(document, report, kind) and in_this_language(document, report, kind)


def _is_other_kind(document: Document, report: Report, kind: Kind[Any]) -> bool:
    keys = set(document.keys())
    if keys & kind.signs:
        return False
    for other in KINDS.values():
        signs = sorted(keys & other.signs)
        if signs:
            report.error(
                kind.codes.kind,
                f"this is {_article(other.name)} document, and {_article(kind.name)} is expected here",
                document.key_span((signs[0],)),
                help=f"{_article(kind.name)} begins with `{kind.name}: NAME`",
            )
            return True
    return False


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def in_this_language(document: Document, report: Report, kind: Kind[Any]) -> bool:
    """Whether its language is known, newer ones being told; an older one becomes the newest, in its place."""
    language = document.data.get("language")
    if not isinstance(language, int) or isinstance(language, bool) or language < 1:
        return True  # not a language at all: the model says so, as of any value
    if language > LANGUAGE:
        report.error(
            kind.codes.language,
            f"the document is written in language {language}, and this shotlane knows up to {LANGUAGE}",
            document.span(("language",)),
            help="install a newer shotlane",
        )
        return False
    upgrade(document, kind.name, language)
    return True
