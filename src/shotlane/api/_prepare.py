"""From a file name to a plan: every stage once, all faults in one report, nothing opened."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shotlane.api._companions import companions
from shotlane.api._dangers import check_confirmed, check_names
from shotlane.api._find_station import resolve_file, station_place
from shotlane.diagnostics import Report, Source, Span
from shotlane.document import (
    SEQUENCE_SECTIONS,
    Document,
    is_file,
    read_file,
    read_text,
    with_default,
    with_includes,
)
from shotlane.instruments import ResolvedStation
from shotlane.model import (
    ChannelTable,
    Sequence,
    load_sequence,
    of_known_language,
    with_lane_kinds,
)
from shotlane.plan import AskedLabel, CompiledPlan, GivenBy, StationRules, compile_sequence, questions
from shotlane.project import (
    Project,
    find_project,
    find_sequence,
    is_missing,
    project_folder,
    shown,
    station_names,
    tell_missing,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asks for beside the file. `station` is a name or a file.

    `confirmed`: a person stands for dangerous commands, or nothing will be run. `retry`: YAML text of a
    section `retry`, for a sequence that has none. `given`: where `parameters` come from, for messages.
    """

    station: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    mock: bool = False
    virtual_time: bool = False
    confirmed: bool = True
    retry: str | None = None
    given: GivenBy = GivenBy.COMMAND_LINE


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sequence that is ready to run.

    `documents` holds every text that took part, by name; `document` names the sequence's own. `files`: the
    file of each that is one. `questions`: what a person must answer before it can run. `before`
    and `after`: what runs beside it. `links`: for the record of the run, which runs it stands beside.
    `repeats`: the run that it repeats, as `RunStart` has it.
    """

    path: Path
    document: str
    project: Project
    sequence: Sequence
    station: ResolvedStation
    station_path: Path
    plan: CompiledPlan
    documents: Mapping[str, str]
    files: Mapping[str, Path]
    options: Options
    questions: tuple[AskedLabel, ...] = ()
    before: "Prepared | None" = None
    after: "Prepared | None" = None
    links: Mapping[str, str | int] = field(default_factory=dict)
    repeats: Mapping[str, Any] | None = None


def prepare(path: Path, report: Report, options: Options | None = None) -> Prepared | None:
    """Read, check and compile a sequence; None when the report has errors. Touches nothing.

    `path`: a file, or the name of one in `sequences/` of the project around here.
    """
    path = find_sequence(path, project_folder(Path.cwd())) or path
    if is_missing(path):
        tell_missing(path, report)
        return None
    document = read_file(path, report, name=shown(path))
    return None if document is None else prepare_document(path, document, report, options)


def prepare_document(
    path: Path,
    document: Document,
    report: Report,
    options: Options | None = None,
    project: Project | None = None,
) -> Prepared | None:
    """Check and compile a sequence that was read from `path`; None when the report has errors."""
    options = options or Options()
    project = project or find_project(path.parent, report)
    document = completed(document, path, report)
    document, options = _with_retry(document, project, options, report)
    sequence = load_sequence(document, report)
    if sequence is None:
        return None
    place = _station_place(sequence, document, project, report, options)
    station = None if place is None else resolve_file(place, report, mock=options.mock)
    plan = _compiled(sequence, document, path, station, report, options)
    beside = {} if place is None else _beside(document, path, place, project, report, options)
    if place is None or station is None or plan is None or not report.ok:
        return None
    check_names(sequence, document, station, report)
    if not options.confirmed:
        check_confirmed(sequence, document, station, report)
    if options.virtual_time and not options.mock:
        refuse_real(plan, station, report)
    texts = {**document.texts, **plan.files, **station.documents}
    files: Mapping[str, Path] = text_files(texts, plan, path, place)
    for other in filter(None, beside.values()):
        texts, files = {**other.documents, **texts}, {**other.files, **files}
    ready = Prepared(
        path,
        document.source.name,
        project,
        sequence,
        station,
        place,
        plan,
        texts,
        files,
        options,
        questions(sequence, options.parameters),
        beside.get("before"),
        beside.get("after"),
    )
    return ready if report.ok else None


def _with_retry(
    document: Document, project: Project, options: Options, report: Report
) -> tuple[Document, Options]:
    """The document with the retry policy of the caller or the project, where it has none of its own."""
    given = project.retry
    if options.retry is not None:
        given = read_text(options.retry, "the retry policy given", report)
    if given is None or "retry" in document.data:
        return document, options
    whole = with_default(document, "retry", given)
    return whole, replace(options, retry=json.dumps({"retry": whole.data["retry"]}))


def completed(document: Document, path: Path, report: Report) -> Document:
    """A sequence that was read from `path`, with what it includes, and what lane kinds make of its lanes."""
    accept = of_known_language("sequence", report)
    whole = with_includes(document, path, report, SEQUENCE_SECTIONS, accept)
    return with_lane_kinds(whole, report)


def _compiled(
    sequence: Sequence,
    document: Document,
    path: Path,
    station: ResolvedStation | None,
    report: Report,
    options: Options,
) -> CompiledPlan | None:
    """The plan; a sequence without a station is checked all the same, so that all faults are told."""
    return compile_sequence(
        sequence,
        document,
        ChannelTable("", {}, {}, complete=False) if station is None else station.table,
        report,
        overrides=options.parameters,
        given=options.given,
        folder=path.parent,
        rules=None if station is None else rules_of(station),
    )


def _beside(
    document: Document, path: Path, station: Path, project: Project, report: Report, options: Options
) -> dict[str, Prepared | None]:
    """What runs before and after a sequence, on the same station."""
    own = replace(options, station=str(station), parameters={})
    return {
        item.key: prepare_document(item.path, item.document, report, own, project)
        for item in companions(document, path, station, project, report)
    }


def rules_of(station: ResolvedStation) -> StationRules:
    """The interlocks of a station, for the compiler."""
    return StationRules(station.document, station.interlocks)


def text_files(names: Iterable[str], plan: CompiledPlan, path: Path, station: Path) -> dict[str, Path]:
    """The files that texts were read from, by name; `path` and `station`: the files of these two."""
    found: dict[str, Path] = {}
    for name in names:
        # Sweep points are named from the folder of the sequence, the lock of a station from the station's.
        folders = [path.parent] if name in plan.files else [Path.cwd(), station.parent]
        file = next((folder / name for folder in folders if is_file(folder / name)), None)
        if file is not None:
            found[name] = file.resolve()
    return found


def _station_place(
    sequence: Sequence, document: Document, project: Project, report: Report, options: Options
) -> Path | None:
    """File of the station asked for: by the caller, the sequence, or the project."""
    name = options.station or sequence.station or project.station
    span = document.span(("station",)) if options.station is None and sequence.station is not None else None
    if name is None and document.has_dropped(("station",)):
        return None  # what stands there is faulty, which was told
    if name is None:
        help = f"write 'station: NAME' or give -s NAME; {_known(project)}"
        report.error("RUN002", "no station is named", document.key_span(("sequence",)), help=help)
        return None
    return station_place(name, project, report, span)


def _known(project: Project) -> str:
    return f"stations of this project: {', '.join(station_names(project)) or 'none'}"


def refuse_unanswered(prepared: Prepared, report: Report) -> None:
    """Report the questions that nobody has answered: a placeholder is never run."""
    for label in prepared.questions:
        message = f"'{label.name}' must be answered before a run: {label.prompt}"
        report.error("RUN008", message, help=prepared.options.given.answer(label.name))


def refuse_real(plan: CompiledPlan, station: ResolvedStation, report: Report) -> None:
    """Virtual time would run away from a real instrument."""
    real = [role for role in plan.roles if station.table.roles[role].real]
    if real:
        message = f"virtual time cannot drive real instruments: {', '.join(real)} of station '{plan.station}'"
        report.error("RUN004", message, help="add --mock to simulate them, or leave out --virtual-time")


def parse_overrides(assignments: list[str], report: Report) -> dict[str, str]:
    """`NAME=VALUE` arguments by name; one that is given twice is an error, as a key is that stands twice."""
    found: dict[str, str] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            span = Span(Source("-p", text), 0, len(text))
            report.error("RUN005", f"'{text}' is no NAME=VALUE", span, help='write -p T_soak="50 degC"')
        elif name.strip() in found:
            span = Span(Source("-p", text), 0, len(text))
            message = f"'{name.strip()}' is given twice, first as {found[name.strip()]}"
            report.error("RUN014", message, span, help="leave out one of them")
        else:
            found[name.strip()] = value.strip()
    return found
