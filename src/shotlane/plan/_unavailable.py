"""What the language knows and execution does not do yet: refused at its key, never ignored.

Each refusal is one diagnostic; what depends on the refused thing stays silent.
"""

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model import Sequence
from shotlane.plan._term import Compiler


def refuse(compiler: Compiler, path: Path, what: str) -> None:
    """Say that something is not available yet."""
    refuse_key(compiler.document, compiler.report, path, what)


def refuse_key(document: Document, report: Report, path: Path, what: str, *, help: str | None = None) -> None:
    """Say it at a key of the document."""
    report.error("SEQ900", f"{what} is not available yet", document.key_span(path), help=help)


def refuse_unavailable(sequence: Sequence, document: Document, report: Report) -> None:
    """Refuse whole sections and options; steps and sweep items are refused by their own passes."""
    present = {
        "include": bool(sequence.include) and not document.is_whole,
        "ask": bool(sequence.ask),
        "results": bool(sequence.results),
        "interlocks": bool(sequence.interlocks),
        "before": sequence.before is not None,
        "after": sequence.after is not None,
        "on_fail": sequence.on_fail != "continue",
        "between": sequence.between != "hold",
        "guard": sequence.guard in (True, "on"),
    }
    for key, written in present.items():
        if written:
            refuse_key(document, report, (key,), f"`{key}`", help=_HELP.get(key))
    for name, lane in sequence.lanes.items():
        if lane.on_late == "fail":
            refuse_key(document, report, ("lanes", name, "on_late"), "`on_late: fail`")
        if lane.phase is not None:
            refuse_key(document, report, ("lanes", name, "phase"), "`phase`")


_HELP = {
    "guard": "leave it out, or write `guard: off`",
    "between": "leave it out: values hold between shots",
    "ask": "declare the text under `labels` and give it with -p",
}
