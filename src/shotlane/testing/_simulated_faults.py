"""Faults that simulated instruments show for one run, beside those that their station has."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import STATION_SECTIONS, Document, read_file, read_text, with_includes

Faults = Mapping[str, Sequence[Mapping[str, Any]]]


class FaultSchedule(Faults):
    """Lines of `faults:` by instrument, each made by `add`. The keys and their meaning are a station's."""

    def __init__(self) -> None:
        self._lines: dict[str, list[dict[str, Any]]] = {}

    def __repr__(self) -> str:
        return f"<faults {self._lines}>"

    def __getitem__(self, role: str) -> Sequence[Mapping[str, Any]]:
        return self._lines[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def add(
        self,
        role: str,
        fault: str,
        *,
        request: int | None = None,
        at: str | None = None,
        probability: float | None = None,
        of: str | Sequence[str] | None = None,
        count: int | None = None,
        for_: str | None = None,
        by: str | None = None,
    ) -> Self:
        """Let an instrument show a fault: at a `request`, counted from 1, `at` a time, or by chance.

        `of`: only requests for these attributes and commands meet it, and are counted. Durations are written
        with their unit, e.g. "200 ms". What is wrong with it is told when it is used.
        """
        given = {"request": request, "at": at, "probability": probability, "of": of, "count": count}
        given |= {"for": for_, "by": by}
        line = {key: value for key, value in given.items() if value is not None}
        self._lines.setdefault(role, []).append({"fault": fault, **line})
        return self


def faulty_document(path: Path, name: str, faults: Faults, report: Report) -> Document | None:
    """The document of a station with more faults. Raises `ValueError` for an instrument that it has not."""
    document = read_file(path, report, name=name)
    if document is None:
        return None
    data = dict(with_includes(document, path, report, STATION_SECTIONS).data)
    data.pop("include", None)
    instruments = dict(data["instruments"])
    for role, lines in faults.items():
        if role not in instruments:
            help = did_you_mean(role, instruments, what="instruments")
            raise ValueError(f"the station '{path.stem}' has no instrument '{role}'; {help}")
        own = instruments[role].get("faults", [])
        instruments[role] = {**instruments[role], "faults": [*own, *map(dict, lines)]}
    return read_text(json.dumps({**data, "instruments": instruments}, indent=2), name, report)
