"""Instruments that keep time themselves, in one attempt: loaded, triggered, collected, or stopped.

Every table is loaded and armed before the origin of its segment is fixed, ports side by side. What nothing
else triggers is triggered at the origin by the worker of its port; everything else of a table happens without
the computer. When its last edge has come, each table is collected: its edges and frames are the rows then. A
table that is not collected is stopped before the safe state, and its edges are told as far as they came.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge

from shotlane.execution._bounded import NotEndedError, bounded
from shotlane.execution._due import NEVER_NS, Due, Kind
from shotlane.execution._fault import LATE, STUCK, Stamps, fault_in, fault_of, raw_of, stamps_of
from shotlane.execution._ledger import Ledger
from shotlane.execution._parts import RunParts
from shotlane.execution._pool import Answer
from shotlane.execution._safe_state import BOUND_S
from shotlane.execution._tables import RoleTable, SegmentTables, tables_of
from shotlane.execution._trouble import Trouble
from shotlane.instruments import InstrumentError
from shotlane.plan import SegmentPlan, ShotPlan
from shotlane.records import ActionKind, ActionRow, Fault, Status

# A trigger goes before all that the computer does at its instant.
_FIRST = -1
TRIGGER_TOLERANCE_NS = 10_000_000


@dataclass(slots=True, eq=False)
class Loaded:
    """A table that its instrument was given. `fired`: stamps of its trigger, on the clock."""

    plan: RoleTable
    offset_ns: int = 0  # origin of its segment, from that of the attempt
    fired: tuple[int, int] | None = None
    risen_ns: Mapping[int, list[int]] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Whose it is."""
        return self.plan.role


class Hardware:
    """The tables of one attempt, segment by segment. `origin_ns` is fixed before the first trigger."""

    def __init__(self, parts: RunParts, shot: ShotPlan, ledger: Ledger, trouble: Trouble) -> None:
        self._parts = parts
        self._ledger = ledger
        self._trouble = trouble
        self._channels = parts.plan.channels
        self.in_use = any(channel.hardware is not None for channel in self._channels)
        self._tables: SegmentTables | None = None
        self._loaded: list[Loaded] = []
        self._numbers: dict[int, int] = {}  # how many frames of a channel earlier segments had
        self._high = {
            name: bool(item.value)
            for item in shot.initial
            for name in (self._channels[item.channel].name, self._channels[item.channel].target)
            if name is not None
        }
        self.origin_ns = 0

    def change_to(self, following: SegmentPlan | None) -> bool:
        """Collect the tables of a segment that has ended, and load those of the next; False without any."""
        drive, trouble = self._parts.drive, self._trouble
        had = bool(self._loaded)
        if had:
            drive.together(self._collecting(), trouble)
        if following is None or trouble.heed(self._parts.control):
            return had
        loading = self.loading(following)
        if loading:
            drive.together(loading, trouble)
        return had or bool(loading)

    def rest_of(self, segment: SegmentPlan) -> SegmentPlan:
        """What the computer times of the segment that is on."""
        return segment if self._tables is None else self._tables.rest

    def loading(self, segment: SegmentPlan) -> dict[str, Iterator[int]]:
        """What loads and arms the tables of the segment that comes next, by port."""
        self._tables = tables_of(segment, self._channels, self._parts.plan.texts) if self.in_use else None
        by_port: dict[str, list[RoleTable]] = {}
        for role in () if self._tables is None else self._tables.roles:
            by_port.setdefault(role.port, []).append(role)
        return {port: self._load(tables) for port, tables in by_port.items()}

    def _load(self, tables: list[RoleTable]) -> Iterator[int]:
        clock, pool = self._parts.clock, self._parts.pool
        for plan in tables:
            yield clock.now_ns()
            # From now on it may have a table, whatever it answers.
            self._loaded.append(Loaded(plan))
            try:
                pool.program(plan.role, plan.table)
                yield clock.now_ns()
                pool.arm(plan.role)
            except InstrumentError as error:
                text = f"{plan.role} could not be given its table: {error.message}"
                self._trouble.fail(fault_of(error, text, {"role": plan.role}))
                return
            frames = sum(plan.table.frames.values())
            self._parts.journal.tell(
                "table.loaded", role=plan.role, edges=len(plan.edges), frames=frames, exchanges=2
            )

    def with_triggers(self, agendas: dict[str, Iterator[Due]], offset_ns: int) -> dict[str, Iterator[Due]]:
        """What ports do in the segment that is on, and the triggers of its tables."""
        found: dict[str, list[Due]] = {}
        for number, loaded in enumerate(self._loaded):
            loaded.offset_ns = offset_ns
            plan = loaded.plan
            if plan.trigger is None:
                due = Due(plan.start_ns + offset_ns, _FIRST, number, _FIRST, Kind.TRIGGER, number, loaded, 0,
                          NEVER_NS, TRIGGER_TOLERANCE_NS)  # fmt: skip
                found.setdefault(plan.port, []).append(due)
        triggered = {port: merge(sorted(dues), agendas[port]) for port, dues in found.items()}
        return {**agendas, **triggered}

    def _collecting(self) -> dict[str, Iterator[int]]:
        """What collects every table that is loaded, by port, when the last edge of all has come."""
        self._find_risen()
        over_ns = max((self._over_ns(loaded) for loaded in self._loaded), default=0)
        by_port: dict[str, list[Loaded]] = {}
        for loaded in self._loaded:
            by_port.setdefault(loaded.plan.port, []).append(loaded)
        return {port: self._collect(own, over_ns) for port, own in by_port.items()}

    def _over_ns(self, loaded: Loaded) -> int:
        return 0 if loaded.fired is None else loaded.fired[1] + loaded.plan.table.duration_ns

    def _find_risen(self) -> None:
        """When the edges that take frames came: by the trigger of their instrument."""
        tables = self._tables
        if tables is None:
            return
        for loaded in self._loaded:
            trigger = loaded.plan.trigger
            source = None if trigger is None else self._named(trigger.partition(".")[0])
            if trigger is None or source is None or source.fired is None:
                continue
            rising = tables.rising_ns(trigger, self._channels, not self._high.get(trigger, False))
            zero_ns = source.fired[0] - source.plan.start_ns
            loaded.risen_ns = {index: [zero_ns + at_ns for at_ns in rising] for index in loaded.plan.frames}
            loaded.fired = source.fired
        for role in tables.roles:
            for due in role.edges:
                channel = self._channels[due.subject]
                self._high[channel.target or channel.name] = self._high[channel.name] = bool(due.value)

    def _named(self, role: str) -> Loaded | None:
        return next((loaded for loaded in self._loaded if loaded.role == role), None)

    def _collect(self, tables: list[Loaded], over_ns: int) -> Iterator[int]:
        for loaded in tables:
            yield max(over_ns, self._parts.clock.now_ns())
            try:
                answer = self._parts.pool.collect(loaded.role)
            except InstrumentError as error:
                self._lose(loaded, error, stamps_of(error))
                text = f"the table of {loaded.role} could not be collected: {error.message}"
                self._trouble.fail(fault_of(error, text, {"role": loaded.role}))
                continue
            self._loaded.remove(loaded)
            self._note_edges(loaded)
            self._note_frames(loaded, answer)

    def _note_edges(self, loaded: Loaded) -> None:
        for due in loaded.plan.edges:
            self._note_edge(loaded, due, self._status(loaded, due))

    def _note_edge(self, loaded: Loaded, due: Due, status: Status, raw: str | None = None) -> None:
        """An edge came between the two stamps of its trigger, and as much later as its table says."""
        since_ns = due.target_ns - loaded.plan.start_ns - self.origin_ns
        stamps: Stamps = (None, None)
        if loaded.fired is not None:
            stamps = (loaded.fired[0] + since_ns, loaded.fired[1] + since_ns)
        target_ns = due.target_ns + loaded.offset_ns
        row = ActionRow(self._ledger.next_number(), ActionKind.PLANNED, due.subject, None, target_ns, *stamps,
                        due.value, status, raw)  # fmt: skip
        self._ledger.planned_action(row, loaded.role)

    def _status(self, loaded: Loaded, due: Due) -> Status:
        """Whether the trigger was late for an edge or a frame."""
        if loaded.fired is None:
            return Status.OK
        lane = self._parts.plan.lanes[due.subject]
        late_ns = loaded.fired[0] - self.origin_ns - loaded.offset_ns - loaded.plan.start_ns
        tolerance_ns = lane.action_tolerance_ns if due.kind is Kind.SET else due.tolerance_ns
        if late_ns <= tolerance_ns:
            return Status.OK
        if lane.on_late_fails:
            channel = self._channels[due.subject]
            text = f"the table of {loaded.role} was triggered {late_ns / 1e6:.4g} ms late"
            self._trouble.fail(Fault(LATE, text, {"role": loaded.role, "channel": channel.name}))
        return Status.LATE

    def _note_frames(self, loaded: Loaded, answer: Answer) -> None:
        for index, dues in loaded.plan.frames.items():
            readings = answer.result[self._channels[index].attribute.name]
            risen = loaded.risen_ns.get(index, [None] * len(dues))
            for due, reading, at_ns in zip(dues, readings, risen, strict=True):
                numbered = self._numbered(loaded, due)
                stamps = (
                    None if at_ns is None else at_ns - self.origin_ns,
                    self._relative(answer.received_ns),
                )
                fault = fault_in(reading)
                if fault is None:
                    status = self._status(loaded, due)
                    self._ledger.reading(numbered, status, *stamps, reading.value, reading.raw)
                    continue
                self._ledger.reading(numbered, Status.FAILED, *stamps, None, raw_of(fault))
                self._fail_frame(index, fault)

    def _fail_frame(self, index: int, error: InstrumentError) -> None:
        """A frame that is lost is missed in every figure: it is the fault of the attempt."""
        channel = self._channels[index]
        text = f"a frame of {channel.name} was lost: {error.message}"
        self._trouble.fail(fault_of(error, text, {"role": channel.role, "channel": channel.name}))

    def _numbered(self, loaded: Loaded, due: Due) -> Due:
        """The frame with its number in the attempt, and its target from the origin of that."""
        tick = self._numbers.get(due.subject, 0)
        self._numbers[due.subject] = tick + 1
        return due._replace(tick=tick, target_ns=due.target_ns + loaded.offset_ns)

    def _relative(self, stamp_ns: int | None) -> int | None:
        return None if stamp_ns is None else stamp_ns - self.origin_ns

    def _lose(self, loaded: Loaded, error: InstrumentError, stamps: Stamps) -> None:
        """Note as failed what a table was to do, when nobody knows what it did."""
        self._loaded.remove(loaded)
        for due in loaded.plan.edges:
            self._note_edge(loaded, due, Status.FAILED, raw_of(error))
        given_up = (self._relative(stamps[0]), self._relative(stamps[1]))
        for dues in loaded.plan.frames.values():
            for due in dues:
                numbered = self._numbered(loaded, due)
                self._ledger.reading(numbered, Status.FAILED, *given_up, None, raw_of(error))

    def stop(self, busy: Collection[str]) -> None:
        """Stop every table that is loaded; ports that are still in an exchange are left alone."""
        for loaded in list(self._loaded):
            if loaded.plan.port not in busy:
                self._stop(loaded)
        self._loaded.clear()

    def _stop(self, loaded: Loaded) -> None:
        clock = self._parts.clock
        begun_ns, raw = clock.now_ns(), "stopped: the table was stopped about then"
        certain_ns = begun_ns
        try:
            bounded(lambda: self._parts.pool.stop(loaded.role), BOUND_S)
        except InstrumentError as error:
            certain_ns, raw = 0, raw_of(error)
        except NotEndedError as error:
            certain_ns, raw = 0, f"{STUCK}: {error}"
        ended_ns = clock.now_ns()
        came = 0 if loaded.fired is None else self._note_until(loaded, certain_ns, ended_ns, raw)
        told = {"role": loaded.role, "edges": len(loaded.plan.edges), "came": came, "exchanges": 1}
        self._parts.journal.tell("table.stopped", **told)

    def _note_until(self, loaded: Loaded, certain_ns: int, ended_ns: int, raw: str) -> int:
        """Note the edges that came before a table was stopped, and those that may have; how many came."""
        assert loaded.fired is not None
        before, after = loaded.fired
        came = 0
        for due in loaded.plan.edges:
            since_ns = due.target_ns - loaded.plan.start_ns
            if after + since_ns <= certain_ns:
                self._note_edge(loaded, due, self._status(loaded, due))
                came += 1
            elif before + since_ns <= ended_ns:
                self._note_edge(loaded, due, Status.FAILED, raw)
        return came
