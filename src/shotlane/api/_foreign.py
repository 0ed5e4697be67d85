"""Python that came with an archive: it is called only when a person stands for it.

What an archive holds is a stranger's, also after it was imported. Its functions of results and the drivers
that its station names may do whatever the user of this machine may.
"""

from collections.abc import Iterator, Sequence

from shotlane.api._past import Past, ResumeError
from shotlane.api._prepare import Prepared


def is_foreign(past: Past) -> bool:
    """Whether a run came into its store out of an archive."""
    return "imported" in past.record.environment


def python_of(prepared: Prepared, *, station: bool) -> tuple[str, ...]:
    """What of Python a run would call; `station`: its drivers too, which are those of its texts."""
    each = [one for one in (prepared.before, prepared, prepared.after) if one is not None]
    return tuple(dict.fromkeys(told for one in each for told in _called(one, station=station)))


def _called(prepared: Prepared, *, station: bool) -> Iterator[str]:
    for result in prepared.plan.shot(1).results:
        if result.python is not None:
            yield f"result {result.name} calls {result.python}"
    for role in prepared.plan.roles if station else ():
        definition = prepared.station.definitions[role]
        if definition.adoption is not None and not definition.simulated:
            yield f"{role} is driven by {definition.adoption.name.text}"


def refuse_foreign(run: int, python: Sequence[str]) -> None:
    """Refuse what would call Python of a stranger. Raises `ResumeError`."""
    if python:
        raise ResumeError(
            f"run {run} came in an archive, and would call Python that came with it: {'; '.join(python)}",
            "read its documents, and give --trust when they do no harm",
        )
