"""Whether the sequence and station that an archive says were understood are what its documents come to."""

import json
from collections.abc import Iterator
from typing import Any

from shotlane.api._environment import versions
from shotlane.api._prepare import Prepared
from shotlane.api._resolved import resolved_sequence, resolved_station
from shotlane.api._run_start import STATION
from shotlane.archives import PLAN, ArchiveError, BagReader, Findings

_MISSING = object()


def check_resolved(reader: BagReader, prepared: Prepared, found: Findings) -> None:
    """Resolve again, and compare each key. Another version of shotlane may have more of them, or fewer."""
    sequence, station = (json.loads(made(prepared)) for made in (resolved_sequence, resolved_station))
    written = prepared.sequence.model_dump(mode="json", exclude_defaults=True)
    now = {
        "resolved/sequence.json": (sequence, written),
        "resolved/station.json": (station, station),
        f"provenance/{STATION}": (station, station),
    }
    lenient = reader.facts["environment"].get("shotlane") != versions()["shotlane"]
    for path, (made, needed) in now.items():
        if not reader.holds(path):
            if path.startswith("resolved/") and reader.holds(PLAN):
                found.tell(f"{path} is not there")
            continue
        found.compared += 1
        for fault in _differences(_parsed(reader, path), made, needed, "", lenient=lenient):
            found.tell(f"{path}: {fault}")


def _parsed(reader: BagReader, path: str) -> Any:
    try:
        return json.loads(reader.read(path))
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"'{path}' of '{reader.store}' is damaged") from error


def _differences(then: Any, now: Any, needed: Any, path: str, *, lenient: bool) -> Iterator[str]:
    """Where two values differ. What is not `needed` may be missing: it says what nobody wrote."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name in {**then, **now}:
            own = needed.get(name, _MISSING) if isinstance(needed, dict) else _MISSING
            both = (then.get(name, _MISSING), now.get(name, _MISSING))
            if _MISSING not in both or not (lenient or (name not in then and own is _MISSING)):
                yield from _differences(*both, own, f"{path}.{name}" if path else name, lenient=lenient)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        several = needed if isinstance(needed, list) and len(needed) == len(now) else now
        for number, all_of_it in enumerate(zip(then, now, several, strict=True), start=1):
            yield from _differences(*all_of_it, f"{path}.{number}", lenient=lenient)
    elif then != now and not (path.endswith(".instrument") and _is_same_file(then, now)):
        yield f"{path} is {_told(then)}, and {_told(now)} by the documents"


def _is_same_file(then: Any, now: Any) -> bool:
    """Whether two names may be of one file, seen from other folders."""
    short, long = sorted((f"/{then}", f"/{now}"), key=len)
    return long.endswith(short)


def _told(value: Any) -> str:
    text = "nothing" if value is _MISSING else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
