"""Whether every shot has the parameters of its point: value, type and unit."""

from collections.abc import Mapping
from typing import Any

from shotlane.archives._checked import Findings
from shotlane.archives._reader import BagReader
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.plan import CompiledPlan

_EXACT = 1 << 53


def check_parameters(
    reader: BagReader, plan: CompiledPlan, shots: RecordedShots, types: Mapping[str, str], found: Findings
) -> None:
    """Compare them with the plan; `types`: what each is declared to be."""
    recorded = {one.name: one for one in reader.parameters()}
    names = list(plan.points.units)
    if list(recorded)[: len(names)] != names:
        told, planned = (", ".join(one) or "none" for one in (recorded, names))
        found.tell(f"the parameters are {told}, and {planned} by the plan")
        return
    for name, unit in plan.points.units.items():
        one = recorded[name]
        found.same(
            one.unit, unit, f"{name} is in {one.unit or 'no unit'}, and in {unit or 'no unit'} by the plan"
        )
        if name in types:
            found.same(one.type, types[name], f"{name} is a {one.type}, and a {types[name]} by the plan")
    for shot, then in parameters_of(reader).items():
        _compare(shot, then, shots, found)


def _compare(number: int, then: Mapping[str, Any], shots: RecordedShots, found: Findings) -> None:
    shot = shots.shot(number)
    if isinstance(shot, str):
        return  # which is told of the shot
    now = {name: as_stored(value) for name, value in shot.parameters.items()}
    for name in {**now, **then}:
        one, other = then.get(name), now.get(name)
        found.same(one, other, f"shot {number}: {name} is {one}, and {other} by the plan")


def parameters_of(reader: BagReader) -> dict[int, dict[str, Any]]:
    """What the records say of every shot that began."""
    found: dict[int, dict[str, Any]] = {shot: {} for shot, *_ in reader.shots()}
    names = [one.name for one in reader.parameters()]
    for shot, index, value, text in reader.stream("parameters"):
        name = names[index] if index < len(names) else f"number {index}"
        found.setdefault(shot, {})[name] = value if text is None else text
    return found


def as_stored(value: Any) -> Any:
    """A parameter of the plan, or of an event, as records have it."""
    if value is None or isinstance(value, str):
        return value
    # A whole number that is not exact as a float is kept as text too.
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else float(value)
