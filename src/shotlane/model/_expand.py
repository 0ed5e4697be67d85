"""Lanes with kinds of installed packages become plain lanes, before anything else looks at them.

Every part stands in the place of the cell that asked for it. A kind is asked twice, and must say the same.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from shotlane.diagnostics import Note, Report, Span
from shotlane.document import Document, Made, Path, with_made
from shotlane.model._installed_kinds import KindFault, failed, kinds_used
from shotlane.model._kind import SEQUENCE
from shotlane.model._lane_kind import CELLED, OPTIONS, PLAIN, LaneKindError, LanePart, LoadedKind, WrittenLane
from shotlane.model._schema_check import check_against
from shotlane.model._schema_kinds import of_cells

REFUSED = "SEQ235"
UNUSABLE = "SEQ236"


def with_lane_kinds(document: Document, report: Report) -> Document:
    """The document with plain lanes in place of those that use kinds; what cannot be used is told, and left.

    A key that no installed package offers is left to the loader, which says that it is unknown.
    """
    kinds = kinds_used(document.data)
    return _Expansion(document, report).of(kinds) if kinds else document


def _steps(data: Mapping[str, Any]) -> tuple[str, ...]:
    timeline = data.get("timeline")
    items = timeline if isinstance(timeline, list) else []
    return tuple(str(name) for item in items if isinstance(item, dict) for name in item)


class _Expansion:
    """All parts of one document."""

    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report
        self._steps = _steps(document.data)
        self._made: dict[Path, Made] = {}
        self._done: dict[str, set[str]] = {}  # by lane, the kinds that plain parts stand for

    def of(self, kinds: Mapping[str, LoadedKind | KindFault]) -> Document:
        """The whole document."""
        for lane, parts in self._document.data["lanes"].items():
            for key in [key for key in parts if key in kinds] if isinstance(parts, dict) else []:
                self._lane(lane, key, kinds[key])
        whole = with_made(self._document, self._made.values(), list(self._without()))
        used = (kind for kind in kinds.values() if isinstance(kind, LoadedKind))
        whole.makers = tuple((kind.name, kind.version) for kind in used)
        return whole

    def _lane(self, lane: str, key: str, kind: LoadedKind | KindFault) -> None:
        path: Path = ("lanes", lane, key)
        try:
            if isinstance(kind, KindFault):
                raise kind
            parts = self._asked(lane, kind)
            if parts is None or not all([self._place(path, part) for part in parts]):
                self._document.drop(path)
                return
        except KindFault as fault:
            self._report.error(UNUSABLE, f"the lane kind '{key}': {fault}", self._document.key_span(path))
            self._document.drop(path)
            return
        self._done.setdefault(lane, set()).add(key)

    def _without(self) -> Iterator[Path]:
        """What plain parts stand for: the keys of kinds, or a lane whose parts are all in other lanes."""
        making = {path[1] for path in self._made}
        for lane, keys in self._done.items():
            rest = set(self._document.data["lanes"][lane]) - keys - OPTIONS
            if rest or lane in making:
                yield from (("lanes", lane, key) for key in keys)
            else:
                yield ("lanes", lane)

    def _asked(self, lane: str, kind: LoadedKind) -> list[LanePart] | None:
        """What a kind makes of a lane; None when it refuses what is written, which is told."""
        path: Path = ("lanes", lane, kind.name)
        if not self._fits(path, kind) or not self._steps:
            return None
        try:
            first, again = (list(kind.kind.expand(self._written(path))) for _ in range(2))
        except LaneKindError as error:
            at = path if error.cell is None else (*path, error.cell)
            self._report.error(REFUSED, str(error), self._document.key_span(at), help=error.help)
            return None
        except Exception as error:
            raise failed(error) from error
        if first != again:
            raise KindFault("it made two different things of the same cells, so no plan can hang on it")
        return first

    def _fits(self, path: Path, kind: LoadedKind) -> bool:
        """Whether the cells are as the schema of the kind says."""
        schema: dict[str, Any] = of_cells(kind.schema)
        for step in reversed(path):
            schema = {"properties": {step: schema}}
        before = len(self._report.errors)
        check_against(schema, self._document, SEQUENCE.codes, self._report)
        return len(self._report.errors) == before and not self._document.has_dropped(path)

    def _written(self, path: Path) -> WrittenLane:
        *_, lane, key = path
        beside = deepcopy(self._document.data["lanes"][lane])
        written = beside.pop(key)
        steps = self._steps
        whole = steps[0] if len(steps) == 1 else f"{steps[0]}..{steps[-1]}"
        cells = written if isinstance(written, dict) else {whole: written}
        return WrittenLane(str(lane), cells, beside, steps)

    def _place(self, path: Path, part: LanePart) -> bool:
        """Put one part where it belongs; False when something stands there already, which is told."""
        if not isinstance(part, LanePart) or part.key not in PLAIN or not _is_plain(part.value):
            raise KindFault(f"it made {part!r}, which is no part of a lane")
        lane = str(path[1]) if part.lane is None else part.lane
        where: Path = ("lanes", lane, part.key)
        if part.key in CELLED:
            where = (*where, part.cell if part.steps is None else part.steps)
        there = self._there(where)
        value = part.value
        if there is not None and part.key == "call":
            value = [*_listed(there[0]), *_listed(value)]
        elif there is not None and (part.key in CELLED or there[0] != value):
            return self._clash(path, part, where, there[1])
        self._made[where] = Made(where, value, self._cell(path, part))
        return True

    def _cell(self, path: Path, part: LanePart) -> Path:
        place = (*path, part.cell)
        return place if part.cell in self._document.keys(path) else path

    def _there(self, where: Path) -> tuple[Any, Span] | None:
        """What stands at a place already, written or made, with its place."""
        for length in range(len(where), 2, -1):
            made = self._made.get(where[:length])
            if made is not None:
                return made.value, self._document.key_span(made.place)
        value: Any = self._document.data
        for depth, step in enumerate(where):
            if not isinstance(value, dict):
                return (value, self._document.key_span(where[:depth])) if depth > 2 else None
            if step not in value:
                return None
            value = value[step]
        return value, self._document.key_span(where)

    def _clash(self, path: Path, part: LanePart, where: Path, other: Span) -> bool:
        what = f"`{part.key}` of '{where[1]}'"
        self._report.error(
            REFUSED,
            f"'{path[-1]}' makes a {what}" + (f" in '{where[3]}'" if len(where) > 3 else ""),
            self._document.key_span(self._cell(path, part)),
            help="let one of them say it",
            notes=(Note("here it stands already", other),),
        )
        return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_plain(value: Any) -> bool:
    """Whether a value could have been written."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float | str)
