"""Sixth pass: every lane with the channel or role that its key names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.diagnostics import did_you_mean, nearest
from shotlane.document import Path
from shotlane.expression import NUMBER, Type
from shotlane.model import Channel, ChannelTable, Lane, Role, Sequence, ValueType
from shotlane.plan._calls import Call, build_calls
from shotlane.plan._cells import written_order
from shotlane.plan._constants import TIME
from shotlane.plan._exact import to_ns
from shotlane.plan._levels import Texts
from shotlane.plan._limits import NUMBERS
from shotlane.plan._plan import LanePlan
from shotlane.plan._readings import SINGLE_TOLERANCE_NS, Reading, build_readings
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetLane, build_set_lane
from shotlane.plan._term import Compiler, expect
from shotlane.plan._timeline import Timeline

MAX_MISSING = 0.1


@dataclass(slots=True)
class Lanes:
    """All sound parts of all lanes. `channels` and `plans` in the order of the lanes."""

    channels: list[Channel] = field(default_factory=list)
    plans: list[LanePlan] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    sets: list[SetLane] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    texts: Texts = field(default_factory=Texts)
    faulty: set[str] = field(default_factory=set)  # keys of lanes that were told to be wrong
    misnamed: bool = False  # whether a key names nothing, so that any channel may have been meant

    def number(self, channel: Channel) -> int:
        """Position of a channel; one that no lane is about comes after those of the lanes."""
        known = next((at for at, item in enumerate(self.channels) if item.name == channel.name), None)
        if known is not None:
            return known
        self.channels.append(channel)
        self.plans.append(LanePlan(len(self.plans)))
        return len(self.channels) - 1


def build_lanes(
    compiler: Compiler,
    sequence: Sequence,
    table: ChannelTable,
    timeline: Timeline,
    texts: Iterable[str] = (),
) -> Lanes:
    """What all lanes do. `texts`: those that have their numbers already."""
    lanes = Lanes(texts=Texts({text: number for number, text in enumerate(texts)}))
    order = written_order(compiler.document.data.get("lanes"))
    used = set()
    for key, lane in sequence.lanes.items():
        channel = table.channels.get(key)
        role = table.roles.get(key if channel is None else channel.role)
        if role is None:
            _unknown(compiler, table, key)
            lanes.misnamed = True
            continue
        used.add(role.name)
        before = len(compiler.report.errors)
        if channel is None:
            certain = table.is_certain(role.name)
            _role_lane(compiler, lanes, timeline, order, role, lane, certain=certain)
        else:
            _channel_lane(compiler, lanes, timeline, order, table, channel, lane)
        if len(compiler.report.errors) > before:
            lanes.faulty.add(key)
    lanes.roles = [name for name in table.roles if name in used]
    return lanes


def _unknown(compiler: Compiler, table: ChannelTable, key: str) -> None:
    """A key that names nothing of the station: its role, or an attribute of it."""
    span = compiler.document.key_span(("lanes", key))
    role = key.partition(".")[0]
    if not table.is_certain(role):
        return  # the station's own faults were told
    if role not in table.roles:
        match = nearest(key, table.channels) if "." in key else None
        help_text = did_you_mean(role, table.roles, what=f"instruments of '{table.station}'")
        if match is not None and nearest(role, table.roles) in (None, match.partition(".")[0]):
            help_text = f"did you mean '{match}'?"
        message = f"station '{table.station}' has no instrument '{role}'"
        compiler.report.error("SEQ210", message, span, help=help_text)
        return
    own = [name.partition(".")[2] for name in table.channels if name.startswith(f"{role}.")]
    attribute = key.partition(".")[2]
    match = nearest(attribute, own)  # by itself: with the role before it, everything of the role is near
    help_text = did_you_mean(attribute, own, what=f"channels of '{role}'")
    compiler.report.error(
        "SEQ210", f"'{role}' has no channel '{attribute}'", span,
        help=help_text if match is None else f"did you mean '{role}.{match}'?",
    )  # fmt: skip


def _role_lane(
    compiler: Compiler,
    lanes: Lanes,
    timeline: Timeline,
    order: Mapping[Path, int],
    role: Role,
    lane: Lane,
    *,
    certain: bool,
) -> None:
    """A lane of calls."""
    path: Path = ("lanes", role.name)
    options = ("every", "initial", "tolerance", "required", "max_missing", "on_late", "phase")
    _no_effect(compiler, path, lane, options, "a lane of calls")
    if lane.call is None and not compiler.document.has_dropped(path):
        compiler.report.error(
            "SEQ212", f"the lane of '{role.name}' does nothing", compiler.document.key_span(path),
            help="write `call:` with commands by step, or name a channel of it",
        )  # fmt: skip
    lanes.calls += build_calls(compiler, timeline, order, role, lane, certain=certain)


def _channel_lane(
    compiler: Compiler,
    lanes: Lanes,
    timeline: Timeline,
    order: Mapping[Path, int],
    table: ChannelTable,
    channel: Channel,
    lane: Lane,
) -> None:
    """A lane that sets, records or reads."""
    path: Path = ("lanes", channel.name)
    document = compiler.document
    reads = lane.record is not None or lane.read is not None
    intact = not document.has_dropped(path)
    if lane.set is None and intact:
        _no_effect(compiler, path, lane, ("every", "initial"), "a lane without `set`")
    if not reads and intact:
        _no_effect(compiler, path, lane, ("required", "max_missing", "phase"), "a lane without readings")
    if lane.set is None and not reads and intact:
        message = f"the lane of '{channel.name}' does nothing"
        help_text = "write `set`, `record` or `read`"
        compiler.report.error("SEQ212", message, document.key_span(path), help=help_text)
    index = len(lanes.channels)
    plan = _plan(compiler, index, path, lane)
    lanes.channels.append(channel)
    lanes.plans.append(plan)
    if lane.set is not None and _settable(compiler, table, channel, path):
        _warn(compiler, channel, path)
        lanes.sets.append(build_set_lane(compiler, timeline, lanes.texts, order, index, channel, lane, table))
    if reads and _readable(compiler, channel, path, lane):
        readings = build_readings(compiler, timeline, order, index, channel, lane, plan.tick_tolerance_ns)
        lanes.readings += readings


def _no_effect(compiler: Compiler, path: Path, lane: Lane, options: tuple[str, ...], where: str) -> None:
    for option in options:
        if option in lane.model_fields_set and getattr(lane, option) is not None:
            compiler.report.error(
                "SEQ212",
                f"`{option}` has no effect in {where}",
                compiler.document.key_span((*path, option)),
                help="delete it",
            )


def _settable(compiler: Compiler, table: ChannelTable, channel: Channel, path: Path) -> bool:
    attribute = channel.attribute
    if attribute.writable and attribute.type is not ValueType.ARRAY:
        return True
    reason = "can only be read" if not attribute.writable else "holds an array"
    compiler.report.error(
        "SEQ211",
        f"'{channel.name}' {reason}, so it cannot be set",
        compiler.document.key_span((*path, "set")),
        help=_set_instead(table, channel) or ("use `record` or `read`" if attribute.readable else None),
    )
    return False


def _set_instead(table: ChannelTable, channel: Channel) -> str | None:
    """The set point of what was taken for one."""
    names = [name for name, one in table.channels.items() if one.attribute.writable]
    like = [name for name in names if name.startswith(channel.name)]
    return f"did you mean '{like[0]}'?" if like else None


def _readable(compiler: Compiler, channel: Channel, path: Path, lane: Lane) -> bool:
    if channel.attribute.readable:
        return True
    key = "record" if lane.record is not None else "read"
    compiler.report.error(
        "SEQ211",
        f"'{channel.name}' can only be set, so it cannot be read",
        compiler.document.key_span((*path, key)),
    )
    return False


def _warn(compiler: Compiler, channel: Channel, path: Path) -> None:
    attribute = channel.attribute
    span = compiler.document.key_span(path)
    if attribute.safe is None:
        compiler.report.warning(
            "SEQ410",
            f"'{channel.name}' is set and has no safe value",
            span,
            help=f"give it one in the station: `safe: {{{attribute.name}: VALUE}}`, or `keep`",
        )
    if attribute.type in NUMBERS and attribute.low is None and attribute.high is None:
        compiler.report.warning(
            "SEQ411",
            f"'{channel.name}' is set and has no limits",
            span,
            help=f"give it some in the station: `limits: {{{attribute.name}: [LOW, HIGH]}}`",
        )


def _plan(compiler: Compiler, index: int, path: Path, lane: Lane) -> LanePlan:
    """What holds for the channel in every shot."""
    tolerance = _constant(compiler, (*path, "tolerance"), lane.tolerance, TIME, (0.0, 1e9), "a time")
    missing = _constant(
        compiler, (*path, "max_missing"), lane.max_missing, NUMBER, (0.0, 1.0), "a part of the whole"
    )
    phase = None if lane.phase == "auto" else lane.phase
    offset = _constant(compiler, (*path, "phase"), phase, TIME, (0.0, 1e9), "a time")
    tolerance_ns = None if tolerance is None else int(to_ns(tolerance))
    return LanePlan(
        index,
        SINGLE_TOLERANCE_NS if tolerance_ns is None else tolerance_ns,
        tolerance_ns,
        lane.required,
        MAX_MISSING if missing is None else missing,
        lane.on_late == "fail",
        None if offset is None else int(to_ns(offset)),
    )


def _constant(
    compiler: Compiler, path: Path, raw: Any, wanted: Type, bounds: tuple[float, float], what: str
) -> float | None:
    """A number that is the same at all points; None when it is not given, or faulty."""
    if raw is None:
        return None
    term = compiler.term(compiler.written(path, raw))
    if term is None or not expect(compiler, term, wanted) or not term.sound:
        return None
    if term.varies:
        message = f"`{path[-1]}` is the same in all shots, so it cannot use a swept parameter"
        compiler.report.error("SEQ224", message, term.span)
        return None
    value = float(term.column(Rows(compiler.scope, 0, 1))[0, 0])
    if not bounds[0] <= value <= bounds[1]:
        shown = f"from {bounds[0]:g} to {bounds[1]:g}" if bounds[1] <= 1 else "not negative"
        compiler.report.error("SEQ224", f"`{path[-1]}` is {what}, {shown}", term.span)
        return None
    return value
