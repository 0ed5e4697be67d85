"""Saved plans: to a file with all that they were made from, and back to what can run.

What runs is what the file says: no document is compiled. The station is looked up as it is today, because
addresses may have changed since; but every channel and command in use must be what it was when the plan was
saved, else the plan is refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from shotlane.api._find_station import resolve_file, station_place
from shotlane.api._prepare import (
    Options,
    Prepared,
    refuse_real,
    rules_of,
    text_files,
)
from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import ResolvedStation
from shotlane.model import Sequence, load_sequence
from shotlane.plan import (
    CompiledPlan,
    InterlockPlan,
    PlanFileError,
    SavedPlan,
    describe_channels,
    load_plan,
    save_plan,
    station_interlocks,
)
from shotlane.project import find_project, shown


def save(prepared: Prepared, path: Path) -> None:
    """Write the plan with its documents. Raises `OSError` and `PlanFileError`."""
    if prepared.before is not None or prepared.after is not None:
        raise PlanFileError("a plan is saved by itself, and this sequence has another one before or after it")
    notes = {
        "file": str(prepared.path.name),
        "document": shown(prepared.path),
        "seed": prepared.sequence.seed,
        "station": prepared.options.station or prepared.station.name,
        "overrides": dict(prepared.options.parameters),
        "mock": prepared.options.mock,
    }
    save_plan(prepared.plan, path, documents=prepared.documents, notes=notes)


def prepare_saved(path: Path, report: Report, options: Options | None = None) -> Prepared | None:
    """A saved plan, ready to run; None when the report has errors. Touches nothing."""
    options = options or Options()
    name = shown(path)
    if options.parameters:
        given = ", ".join(options.given.place(name) for name in options.parameters)
        message = f"a saved plan runs as it is, so {given} cannot change it"
        report.error("RUN010", message, help="save a plan of the sequence with that value")
        return None
    try:
        saved = load_plan(path)
        saved.check_shots()
    except PlanFileError as error:
        report.error("RUN011", str(error))
        return None
    sequence = _sequence(saved)
    project = find_project(path.parent, report)
    place = station_place(options.station or str(saved.notes["station"]), project, report)
    station = None if place is None else resolve_file(place, report, mock=options.mock)
    if place is None or station is None or sequence is None:
        return None
    for command in [] if options.confirmed else _dangerous(saved.plan):
        message = f"'{command}' of the saved plan is dangerous and was not confirmed"
        report.error("RUN006", message, help="give --confirm to run it")
    for fault in _changes(saved.plan, station):
        report.error("RUN012", f"{fault} since '{name}' was saved", help="save the plan again")
    if options.virtual_time and not options.mock:
        refuse_real(saved.plan, station, report)
    if not report.ok:
        return None
    # The station is the one of today, and so are the texts that a run of it keeps.
    documents = {**saved.documents, **station.documents}
    files = text_files(documents, saved.plan, path, place)
    # It was compiled with them, and would be again.
    options = replace(options, parameters=saved.notes["overrides"])
    named, plan = str(saved.notes["document"]), saved.plan
    return Prepared(path, named, project, sequence, station, place, plan, documents, files, options)


def _changes(plan: CompiledPlan, station: ResolvedStation) -> Iterator[str]:
    """What of the station in use is not what the plan was made for."""
    for channel in plan.channels:
        today = station.table.channels.get(channel.name)
        if today is None:
            yield f"station '{station.name}' lost its channel '{channel.name}'"
        elif describe_channels([today], ()) != describe_channels([channel], ()):
            yield f"limits, unit, resolution or safe value of '{channel.name}' changed"
    if _guarded(plan) != _today(station):
        yield f"interlocks of station '{station.name}' changed"
    for role in plan.roles:
        if role not in station.table.roles:
            yield f"station '{station.name}' lost its instrument '{role}'"


def _guarded(plan: CompiledPlan) -> set[tuple[str, str, int, int]]:
    """The interlocks of its station that a plan was made with."""
    interlocks = plan.shot(1).interlocks if len(plan) else ()
    return {_rule(interlock) for interlock in interlocks if interlock.name.startswith("station.")}


def _today(station: ResolvedStation) -> set[tuple[str, str, int, int]]:
    return {_rule(item) for item in station_interlocks(rules_of(station), station.table, Report())}


def _rule(interlock: InterlockPlan) -> tuple[str, str, int, int]:
    return interlock.name, interlock.condition.text, interlock.hold_ns, interlock.blind_ns


def _sequence(saved: SavedPlan) -> Sequence | None:
    """The sequence that the plan was made from; its own text is sound, or there would be no plan."""
    name = str(saved.notes["document"])
    document = read_text(saved.documents[name], name, Report())
    return None if document is None else load_sequence(document, Report())


def _dangerous(plan: CompiledPlan) -> Iterator[str]:
    for segment in plan.shot(1).segments:
        for port in segment.ports.values():
            yield from {f"{call.role}.{call.command.name}" for call in port.calls if call.command.confirm}
