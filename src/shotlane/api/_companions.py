"""The sequences that run before and after another one: read with it, and refused with it.

Each is one shot on the same station. A fault of it is told in its own file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shotlane.diagnostics import Report
from shotlane.document import Document, is_file, read_file
from shotlane.project import Project, find_station, shown

CODE = "SEQ234"
KEYS = ("before", "after")


@dataclass(frozen=True, slots=True)
class Companion:
    """A sequence beside another one. `key`: before or after."""

    key: str
    path: Path
    document: Document


def companions(
    document: Document, path: Path, station: Path, project: Project, report: Report
) -> Iterator[Companion]:
    """The sequences that a document names, as far as they can run beside it; else it is reported."""
    for key in KEYS:
        name = document.data.get(key)
        if not isinstance(name, str) or document.is_dropped((key,)):
            continue
        file = path.parent / name
        if not is_file(file):
            help = "the path counts from the folder of the sequence"
            report.error(CODE, f"there is no file '{name}'", document.span((key,)), help=help)
            continue
        inner = read_file(file, report, name=shown(file))
        if inner is not None and _is_plain(inner, station, project, report):
            yield Companion(key, file, inner)


def _is_plain(document: Document, station: Path, project: Project, report: Report) -> bool:
    """Whether a sequence has nothing that only one that runs by itself can have."""
    data = document.data if isinstance(document.data, dict) else {}
    reasons = {
        "sweep": "a sequence that runs before or after another one is one shot, without a sweep",
        "before": "a sequence that runs before or after another one has none of its own",
        "after": "a sequence that runs before or after another one has none of its own",
        "ask": "a sequence that runs before or after another one cannot ask for labels",
    }
    plain = True
    for key, message in reasons.items():
        if data.get(key):
            report.error(CODE, message, document.key_span((key,)), help="leave it out")
            plain = False
    own = data.get("station")
    other = find_station(own, project) if isinstance(own, str) else None
    if other is not None and other.resolve() != station.resolve():
        message = f"it runs on station '{own}', and the sequence beside it on another"
        report.error(CODE, message, document.span(("station",)), help="leave the station out")
        plain = False
    return plain
