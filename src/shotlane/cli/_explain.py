"""`shotlane explain CODE`: the page of a code. `shotlane explain FILE NAME`: where a value comes from."""

import argparse
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from shotlane.cli._output import Complaint, form_of, print_json, print_report, say
from shotlane.cli._text import instants
from shotlane.cli._text import value as as_written
from shotlane.diagnostics import CODES, Report, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shotlane.api import Explanation

_CODE = re.compile(r"[A-Za-z]{3,4}[0-9]{3}")


def main(arguments: argparse.Namespace) -> int:
    """Explain."""
    if arguments.name is None:
        say(_page(arguments.what))
        return 0
    return _explain(arguments)


def _page(what: str) -> str:
    code = what.upper()
    if code in CODES:
        # What only our tests read is of no use to a person.
        return re.sub(r"^<!-- .* -->\n", "", code_page(code), flags=re.MULTILINE).rstrip()
    if Path(what).exists():
        raise Complaint(f"say which name of it: shotlane explain {what} NAME")
    near = nearest(code, CODES)
    help = f"did you mean {near}?" if near else "a code is written like SEQ213"
    if _CODE.fullmatch(what):
        raise Complaint(f"'{what}' is no code; {help}")
    _tell_sequence(what)
    help = help if near else "write a code such as SEQ213, or a sequence and a name of it: FILE NAME"
    raise Complaint(f"'{what}' is no code, and there is no file '{what}'; {help}")


def _tell_sequence(what: str) -> None:
    """Raise `Complaint` for what is a sequence of the project, or nearly its name."""
    from shotlane.project import find_sequence, project_folder, sequence_names  # late: codes need none

    folder = project_folder(Path.cwd())
    if find_sequence(what, folder) is not None:
        raise Complaint(f"say which name of it: shotlane explain {what} NAME")
    near = nearest(Path(what).stem, sequence_names(folder))
    if near is not None:
        raise Complaint(f"there is no file '{what}'; did you mean '{near}'?")


def code_page(code: str) -> str:
    """The page of a code, as it is shipped."""
    package = Path(__file__).parents[1]
    for folder in (package / "_codes", package.parents[1] / "docs" / "codes"):
        path = folder / f"{code}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return f"# {code}\n\n*{CODES[code]}*\n"


def _explain(arguments: argparse.Namespace) -> int:
    from shotlane.api import Options, UnknownNameError, explain, parse_overrides, prepare  # late: heavy

    report = Report()
    options = Options(arguments.station, parse_overrides(arguments.parameters, report), arguments.mock)
    prepared = prepare(Path(arguments.what), report, options)
    if prepared is None or not report.ok:
        print_report(report, form_of(arguments))
        return 2
    try:
        found = explain(prepared, arguments.name, shot=arguments.shot)
    except UnknownNameError as error:
        help = f"; did you mean '{error.nearest}'?" if error.nearest else ""
        raise Complaint(f"{error}{help}") from error
    except IndexError as error:
        raise Complaint(f"{error}: the plan has {len(prepared.plan)}, counted from 1") from error
    if arguments.json:
        print_json([dataclasses.asdict(item) for item in found])
    else:
        say("\n\n".join("\n".join(_lines(item, arguments.shot)) for item in found))
    return 0


def _lines(item: "Explanation", shot: int) -> Iterator[str]:
    yield f"{item.name}: {_what(item)}"
    for fact in item.facts:
        yield f"  {fact}"
    for origin in item.entries or ([item.origin] if item.origin else []):
        yield f"  {origin.place}  {origin.text}"
    yield from _changed(item, "  ")
    if item.kind in ("parameter", "label") or (item.kind == "step" and item.value is not None):
        yield f"  in shot {shot}: {as_written(item.value, item.unit)}"
    elif item.kind == "channel":
        yield from _sets(item, shot)
    if item.sources:
        yield "  derived from" if item.kind in ("parameter", "step") else "  uses"
        for source in item.sources:
            yield from _source(source, "    ")


def _what(item: "Explanation") -> str:
    if item.override is not None:
        return f"{item.kind}, given on the command line"
    if item.axis is not None:
        return f"{item.kind}, swept"
    return f"{item.kind}, derived" if item.sources and item.kind == "parameter" else item.kind


def _changed(item: "Explanation", indent: str) -> Iterator[str]:
    if item.override is not None:
        yield f"{indent}-p {item.name}={item.override} takes its place"
    if item.axis is not None:
        yield f"{indent}{item.axis.place}  swept by {item.axis.text}"


def _sets(item: "Explanation", shot: int) -> Iterator[str]:
    if not item.sets:
        return
    yield f"  sent in shot {shot}:"
    times = iter(instants(at for at, _ in item.sets if at >= 0))
    rows = [("set-up" if at < 0 else f"{next(times)} s", value) for at, value in item.sets]
    width = max(12, *(len(when) for when, _ in rows))
    for when, value in rows:
        yield f"    {when:>{width}}  {as_written(value, item.unit)}"
    if item.sets_in_all > len(item.sets):
        yield f"    ... {item.sets_in_all - len(item.sets)} more: shotlane plan FILE --shot {shot}"


def _source(item: "Explanation", indent: str) -> Iterator[str]:
    place = f"  ({item.origin.place})" if item.origin else ""
    text = item.origin.text if item.origin and item.sources else item.name
    yield f"{indent}{text} = {as_written(item.value, item.unit)}{place}"
    yield from _changed(item, f"{indent}  ")
    for source in item.sources:
        yield from _source(source, f"{indent}  ")
