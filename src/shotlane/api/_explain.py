"""Where a value of a sequence comes from: the line, an override, an axis, and what it is derived from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shotlane.api._prepare import Prepared, completed
from shotlane.diagnostics import Report, Span, nearest
from shotlane.document import Document, Path, read_file
from shotlane.expression import Expression, ExpressionError, parse_call, parse_figures
from shotlane.model import flatten
from shotlane.plan import ShotPlan, decode
from shotlane.project import shown

MOST_SETS = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something is written, and what stands there."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One name. `kind`: parameter, label, step, channel, result or interlock; `value` in the shot, in `unit`.

    `override`: what the command line says in place of `origin`. `axis`: the item of the sweep that varies it.
    `sources`: the names that it is derived from. `entries`: cells of a lane, or the times of a step. `sets`:
    what a channel is sent in the shot, first ones only, out of `sets_in_all`.
    """

    name: str
    kind: str
    origin: Origin | None
    value: Any = None
    unit: str | None = None
    override: str | None = None
    axis: Origin | None = None
    sources: tuple["Explanation", ...] = ()
    entries: tuple[Origin, ...] = ()
    facts: tuple[str, ...] = ()
    sets: tuple[tuple[int, Any], ...] = ()
    sets_in_all: int = 0


class UnknownNameError(LookupError):
    """Nothing in the sequence has this name. `nearest`: the name most like it."""

    def __init__(self, name: str, near: str | None) -> None:
        self.nearest = near
        super().__init__(f"nothing in this sequence is called '{name}'")


def explain(prepared: Prepared, name: str, *, shot: int = 1) -> tuple[Explanation, ...]:
    """Everything of this name: a parameter and a step may share one.

    Raises `UnknownNameError`, and `IndexError` when there is no such shot.
    """
    if not 1 <= shot <= len(prepared.plan):
        raise IndexError(f"there is no shot {shot}")
    explainer = _Explainer(prepared, prepared.plan.shot(shot))
    found = tuple(explainer.all(name))
    if not found:
        raise UnknownNameError(name, nearest(name, explainer.names()))
    return found


class _Explainer:
    def __init__(self, prepared: Prepared, shot: ShotPlan) -> None:
        self._prepared = prepared
        self._plan = prepared.plan
        self._shot = shot
        self._document = _read_again(prepared)
        self._parameters = flatten(prepared.sequence.parameters)

    def names(self) -> set[str]:
        """Every name that can be asked for."""
        sequence = self._prepared.sequence
        steps = {name for item in sequence.timeline for name in item}
        live = {*sequence.results, *sequence.interlocks}
        return {*self._parameters, *sequence.labels, *sequence.ask, *steps, *sequence.lanes, *live}

    def all(self, name: str) -> Iterator[Explanation]:
        """What has this name."""
        if name in self._known():
            yield self._parameter(name)
        for index, item in enumerate(self._prepared.sequence.timeline):
            if name in item:
                yield self._step(name, ("timeline", index, name))
        if name in self._prepared.sequence.lanes:
            yield self._channel(name)
        for section, kind in (("results", "result"), ("interlocks", "interlock")):
            if name in getattr(self._prepared.sequence, section):
                yield self._live(name, kind, (section, name))

    def _parameter(self, name: str) -> Explanation:
        is_label = name not in self._parameters
        section = "ask" if name in self._prepared.sequence.ask else "labels"
        path: Path = (section, name) if is_label else self._parameters[name][0]
        override = self._prepared.options.parameters.get(name)
        axis = None if override is not None else self._axis(name)
        written = override if override is not None else self._written(path)
        swept = axis is not None
        return Explanation(
            name,
            "label" if is_label else "parameter",
            self._origin(path),
            self._shot.parameters.get(name),
            self._plan.points.units.get(name),
            override,
            axis,
            () if swept or is_label else tuple(self._sources(written)),
        )

    def _sources(self, written: Any) -> Iterator[Explanation]:
        """Every parameter that stands in a value, or in the values of a mapping."""
        known = self._known()
        used = (name for scalar in _scalars(written) for name in _names_in(scalar, known))
        yield from (self._parameter(name) for name in dict.fromkeys(used) if name in known)

    def _live(self, name: str, kind: str, path: Path) -> Explanation:
        """A result or an interlock."""
        return Explanation(name, kind, self._origin(path), sources=tuple(self._sources(self._written(path))))

    def _step(self, name: str, path: Path) -> Explanation:
        facts = tuple(self._times(name))
        sources = tuple(self._sources(self._written(path)))
        step = next(step for segment in self._shot.segments for step in segment.steps if step.name == name)
        open_ended = next(item.open_ended for item in self._plan.summary.steps if item.name == name)
        length = None if open_ended else (step.end_ns - step.start_ns) / 1e9
        return Explanation(name, "step", self._origin(path), length, "s", sources=sources, facts=facts)

    def _times(self, name: str) -> Iterator[str]:
        """When a step is, from the start of the shot or from the end of the open-ended step before it."""
        behind, offset_ns = "of the shot", 0
        for segment in self._shot.segments:
            for step in segment.steps:
                start, end = ((offset_ns + at) / 1e9 for at in (step.start_ns, step.end_ns))
                if step.name == name and segment.ending is None:
                    yield f"from {start:.9g} s to {end:.9g} s {behind}"
                elif step.name == name:
                    timeout = segment.ending.timeout_ns if segment.ending is not None else None
                    bound = "" if timeout is None else f", at most {timeout / 1e9:.9g} s"
                    yield f"from {start:.9g} s {behind} on, as long as it takes{bound}"
            offset_ns += segment.duration_ns
            if segment.ending is not None:
                behind, offset_ns = f"behind '{segment.steps[0].name}'", 0

    def _channel(self, name: str) -> Explanation:
        path: Path = ("lanes", name)
        lane = self._written(path)
        entries = tuple(self._entries(lane, path))
        used = dict.fromkeys(source for entry in _scalars(lane) for source in _names_in(entry, self._known()))
        sources = tuple(self._parameter(source) for source in used if source in self._known())
        sets = list(self._sets(name))
        channel = next((item for item in self._plan.channels if item.name == name), None)
        unit = channel.attribute.unit.text if channel is not None and channel.attribute.unit else None
        return Explanation(
            name,
            "channel" if channel is not None else "instrument",
            self._origin(path, key_only=True),
            unit=unit,
            sources=sources,
            entries=entries,
            facts=self._facts(name),
            sets=tuple(sets[:MOST_SETS]),
            sets_in_all=len(sets),
        )

    def _facts(self, name: str) -> tuple[str, ...]:
        table = self._prepared.station.table
        channel = table.channels.get(name)
        # A lane of a role alone holds its calls.
        port = table.roles[name].port if channel is None else channel.port
        facts = [f"station {self._plan.station}, port {port}"]
        if channel is not None and channel.target is not None:
            facts.append(f"is {channel.target}")
        summary = next((item for item in self._plan.summary.channels if item.name == name), None)
        if summary is not None and summary.limits != (None, None):
            low, high = ("" if bound is None else f"{bound:.12g}" for bound in summary.limits)
            facts.append(f"limits {low}..{high} {summary.unit}".rstrip())
        return tuple(facts)

    def _entries(self, value: Any, path: Path) -> Iterator[Origin]:
        for key, entry in value.items() if isinstance(value, Mapping) else ():
            below = (*path, key)
            if isinstance(entry, Mapping):
                yield from self._entries(entry, below)
            else:
                yield self._origin(below, label=" ".join(map(str, below[2:])))

    def _sets(self, name: str) -> Iterator[tuple[int, Any]]:
        """Times and values that a channel is sent; set-up counts as time -1."""
        plan = self._plan
        for initial in self._shot.initial:
            if plan.channels[initial.channel].name == name:
                yield -1, initial.value
        offset_ns = 0
        for segment in self._shot.segments:
            for port in segment.ports.values():
                table = port.actions
                for index in range(len(table)):
                    channel = plan.channels[int(table.channel[index])]
                    if channel.name == name:
                        at = offset_ns + int(table.target_ns[index])
                        yield at, decode(channel, float(table.value[index]), plan.texts)
            offset_ns += segment.duration_ns

    def _axis(self, name: str) -> Origin | None:
        path = _axis_path(self._prepared.sequence.sweep, ("sweep",), name)
        return None if path is None else self._origin(path)

    def _known(self) -> set[str]:
        return {*self._parameters, *self._prepared.sequence.labels, *self._prepared.sequence.ask}

    def _written(self, path: Path) -> Any:
        value = self._document.data
        for step in path:
            value = value[step]
        return value

    def _origin(self, path: Path, *, label: str | None = None, key_only: bool = False) -> Origin:
        key = self._document.key_span(path)
        if key_only:
            return Origin(str(key), _text(key))
        text = " ".join(_text(self._document.span(path)).split())
        return Origin(str(key), f"{label or path[-1]}: {text}")


def _read_again(prepared: Prepared) -> Document:
    """The document with its places; it was sound a moment ago."""
    document = read_file(prepared.path, Report(), name=shown(prepared.path))
    if document is None:
        raise FileNotFoundError(prepared.path)
    return completed(document, prepared.path, Report())


def _text(span: Span) -> str:
    return span.source.text[span.start : span.end]


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    else:
        yield value


def _names_in(written: Any, known: set[str]) -> list[str]:
    """The names that a value uses, in the order of the text; none where it is no expression."""
    if not isinstance(written, str):
        return []
    try:
        call = parse_call(written, names=known)
        parts = [_whole(written, known)] if call is None else [*call.arguments, *call.keywords.values()]
    except ExpressionError:
        return []
    found = {name: part.place(name)[0] for part in parts for name in sorted(part.names)}
    return sorted(found, key=lambda name: found[name]) if call is None else list(found)


def _whole(written: str, known: set[str]) -> Expression:
    """An expression, with whatever figures stand in it."""
    return parse_figures(written, names=known, decide=lambda item: item.channel not in known)[0]


def _axis_path(items: Any, path: Path, name: str) -> Path | None:
    """Where a sweep varies a name."""
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, Mapping):
            continue
        if name in item:
            return (*path, index, name)
        for part, inner in enumerate(item.get("concat", ())):
            found = _axis_path(inner, (*path, index, "concat", part), name)
            if found is not None:
                return found
        points = item.get("points")
        if isinstance(points, list) and any(isinstance(row, Mapping) and name in row for row in points):
            return (*path, index, "points")
    return None
