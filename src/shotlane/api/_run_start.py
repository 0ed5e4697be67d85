"""What is known of a run before its first shot, for its records."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shotlane.api._environment import Surroundings
from shotlane.api._origin import origin_of
from shotlane.api._part import Part
from shotlane.api._prepare import Prepared
from shotlane.api._resolved import resolved_station
from shotlane.execution import Clock
from shotlane.model import KEEP, Channel
from shotlane.plan import Points
from shotlane.records import ChannelRecord, RunStart

STATION = "station.json"


def describe_run(
    prepared: Prepared, clock: Clock, seed: int, part: Part | None, found: Surroundings
) -> RunStart:
    """Everything known before the first shot."""
    plan, options = prepared.plan, prepared.options
    surroundings = {**found.environment}
    surroundings |= {"seed": seed, "overrides": dict(options.parameters), "file": prepared.path.name}
    surroundings |= {"origin": origin_of(prepared), "timing": asdict(clock.timing)}
    if prepared.links:
        surroundings["beside"] = dict(prepared.links)
    if part is not None and part.follows is not None:
        surroundings["follows"] = {"run": part.follows, "shots": list(part.shots)}
    return RunStart(
        sequence=plan.sequence,
        station=plan.station,
        started_utc_ns=clock.utc_ns(),
        shots_planned=len(plan),
        plan_digest=plan.digest,
        channels=channel_records(prepared),
        parameter_units=plan.points.units,
        parameter_types=parameter_types(plan.points),
        description=plan.description,
        tags=plan.tags,
        stamps=_stamps(prepared, surroundings),
        documents=prepared.documents,
        environment=surroundings,
        attachments={**found.texts, STATION: resolved_station(prepared)},
        resumes=None if part is None else part.resumes,
        after_session=None if part is None else part.session,
        kept={} if part is None else part.kept,
        follows=None if part is None else part.follows,
        kept_shots=None if part is None else part.kept_shots,
        repeats=prepared.repeats,
    )


def parameter_types(points: Points) -> dict[str, str]:
    """What each parameter is: number, bool or text."""
    kinds = {"b": "bool", "O": "text", "U": "text"}
    return {name: kinds.get(column.dtype.kind, "number") for name, column in points.columns.items()}


def _stamps(prepared: Prepared, surroundings: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader of the data must know at first sight."""
    git, options = surroundings["git"], prepared.options
    definitions = prepared.station.definitions
    stamps = {
        "mocked": options.mock,
        "virtual-time": options.virtual_time,
        "dirty": git is not None and bool(git["dirty"]),
        "faults": any(definitions[role].faults for role in prepared.plan.roles),
    }
    return tuple(name for name, holds in stamps.items() if holds)


def channel_records(prepared: Prepared) -> tuple[ChannelRecord, ...]:
    """The channels of the plan, then those that are only written to reach the safe state."""
    used = {channel.name for channel in prepared.plan.channels}
    others = (
        channel
        for channel in prepared.station.table.channels.values()
        if channel.target is None
        and channel.role in prepared.plan.roles
        and channel.name not in used
        and _is_made_safe(channel)
    )
    channels = (*prepared.plan.channels, *others)
    return tuple(
        ChannelRecord(
            index,
            channel.name,
            channel.attribute.type.value,
            channel.attribute.unit.text if channel.attribute.unit else None,
        )
        for index, channel in enumerate(channels)
    )


def _is_made_safe(channel: Channel) -> bool:
    return channel.attribute.writable and channel.attribute.safe not in (None, KEEP)
