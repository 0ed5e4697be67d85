"""What only a person may decide, and what would hit one channel under two names; found before a run."""

from collections.abc import Iterator

from shotlane.diagnostics import Note, Report
from shotlane.document import Document, Path
from shotlane.expression import ExpressionError, parse_call
from shotlane.instruments import ResolvedStation
from shotlane.model import CallAt, Lane, Sequence


def check_confirmed(sequence: Sequence, document: Document, station: ResolvedStation, report: Report) -> None:
    """Refuse commands that a person must confirm; simulated instruments do no harm."""
    for name, lane in sequence.lanes.items():
        role = station.table.roles.get(name)
        if role is None or not role.real:
            continue
        for path, text in _calls(("lanes", name, "call"), lane):
            try:
                call = parse_call(text)
            except ExpressionError:
                continue  # told by the compiler
            command = None if call is None else role.commands.get(call.name)
            if command is not None and command.confirm:
                what = command.description.rstrip(".") or "it can do harm"
                report.error(
                    "RUN006",
                    f"{name}.{command.name}() must be confirmed: {what}",
                    document.span(path),
                    help="add --confirm when that is meant",
                )


def check_names(sequence: Sequence, document: Document, station: ResolvedStation, report: Report) -> None:
    """Refuse lanes that set one channel under two names: each would undo what the other does."""
    first: dict[str, str] = {}
    for name, lane in sequence.lanes.items():
        channel = station.table.channels.get(name)
        if channel is None or lane.set is None:
            continue
        real = channel.target or name
        other = first.setdefault(real, name)
        if other != name:
            note = Note(f"{other} is set here", document.key_span(("lanes", other)))
            message = f"{name} and {other} are one channel of one instrument, and both are set"
            span = document.key_span(("lanes", name))
            report.error("RUN007", message, span, help="keep one of the two lanes", notes=(note,))


def _calls(path: Path, lane: Lane) -> Iterator[tuple[Path, str]]:
    for step, written in (lane.call or {}).items():
        several = isinstance(written, list)
        for index, one in enumerate(written if isinstance(written, list) else [written]):
            at: Path = (*path, step, index) if several else (*path, step)
            yield ((*at, "do"), one.do) if isinstance(one, CallAt) else (at, one)
