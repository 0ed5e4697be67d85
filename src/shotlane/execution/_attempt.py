"""One try of a shot: set-up of all ports together, a barrier, then everything at origin + target.

After an open-ended step everything counts from a new origin: the end that was found, and a lead in which all
ports come to their first wait. `execute` never raises but leaves in `outcome`, `fault` and the ledger what
happened; whoever called it then judges the results, reaches the safe state where that is due, and ends the
attempt, so that safe writes are rows of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from shotlane.execution._agendas import begun_agendas, phases
from shotlane.execution._bounded import NotEndedError
from shotlane.execution._course import Course, planned_steps
from shotlane.execution._due import Due
from shotlane.execution._ending import Ending
from shotlane.execution._fault import RESULT, fault_of
from shotlane.execution._hardware import Hardware
from shotlane.execution._intake import Intake
from shotlane.execution._judging import judge
from shotlane.execution._ledger import Ledger
from shotlane.execution._open_step import complaint, ending_of, step_name
from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase
from shotlane.execution._put_question import put_question
from shotlane.execution._question import Asking
from shotlane.execution._stagger import stagger
from shotlane.execution._trouble import Trouble
from shotlane.execution._workers import Workers
from shotlane.instruments import InstrumentError
from shotlane.plan import InitialValue, SegmentPlan, ShotPlan
from shotlane.records import AttemptEnd, AttemptStart, Fault, Outcome, worst
from shotlane.results import Judged


class Attempt:
    """The try `number` of a shot. Making it tells nobody and touches nothing; then it is begun, once."""

    _trouble_type: type[Trouble] = Trouble

    def __init__(self, parts: RunParts, shot: ShotPlan, number: int) -> None:
        self._parts = parts
        self.shot = shot
        self._number = number
        self._began_ns = 0
        self._origin_utc_ns: int | None = None
        self._finished = False
        self._origin_ns = 0
        self._fixed_ns = 0  # when that was decided
        self._building_ns = 0  # what it takes to begin the agendas of all ports
        self._phases: Mapping[int, int] = {}  # by how much the recordings of a channel are shifted
        self._intake = Intake(parts, shot)
        self.trouble = self._trouble_type(parts.pool.mask)
        self.judged = Judged((), Outcome.DONE)
        self.ledger = Ledger(shot, parts.plan.channels, self._intake.takers)
        self.workers = Workers(parts, self.ledger, self.trouble)
        self._course = Course(shot, self.ledger)
        self._hardware = Hardware(parts, shot, self.ledger, self.trouble)
        self._steps = tuple(planned_steps(shot.segments))
        self._ready: dict[str, Iterator[Due]] | None = None

    def prepare(self) -> None:
        """Begin the agendas ahead of time, where nothing that is found out later can change them."""
        segments = self.shot.segments
        if len(segments) == 1 and segments[0].ending is None and not self._hardware.in_use:
            for port in segments[0].ports:
                self.workers.of(port)
            self._ready = self._agendas(segments[0], 0, {})

    def begin(self) -> None:
        """Open it with the recorder."""
        clock = self._parts.clock
        clock.anchor()
        self._began_ns = clock.now_ns()
        start = AttemptStart(self.shot.number, self._number, clock.utc_ns(), self._steps)
        self.ledger.buffer = self._parts.journal.begin_attempt(start)

    @property
    def fault(self) -> Fault | None:
        """Why the attempt ended before its time, or a result has no value."""
        first = self.trouble.first
        if first is None and self.judged.faults:
            result, message = self.judged.faults[0]
            return Fault(RESULT, f"result {result}: {message}", {"result": result})
        return first

    @property
    def outcome(self) -> Outcome:
        """How the attempt ended."""
        if self._finished and not self.trouble.over:
            return self.judged.outcome
        request = self._parts.control.request
        found = [self.judged.outcome]
        if self.trouble.faults:
            found.append(Outcome.FAILED if self.trouble.unmet else Outcome.ERRORED)
        if not self._finished and request is not None:
            found.append(request.outcome)
        skipped = self.trouble.skipped and found == [Outcome.DONE]
        return Outcome.SKIPPED if skipped else worst(found)

    def execute(self) -> None:
        """Set up and run, to the end or until something says halt."""
        try:
            self._parts.pool.begin_attempt(self.shot.number, self._number)
            self._set_up()
            if self._may_go_on():
                self._run()
        except InstrumentError as error:
            self.trouble.fail(fault_of(error, error.message, {}))
        except KeyboardInterrupt:
            self._parts.control.stop(Outcome.TERMINATED, "stopped by Ctrl-C")
            self.trouble.stop()
        except Exception as error:  # noqa: BLE001  a bug of ours must end in the safe state, with its traceback
            self.trouble.crash(error, "run")
        finally:
            self.workers.hand_on()
            self._hardware.stop(self._parts.drive.busy)
            self._course.break_off(self._parts.clock.now_ns() - self._origin_ns)
            self._intake.end()

    def judge(self) -> None:
        """Work out the results, if the attempt came to its planned end.

        Who stops the run, an interlock too, does not wait for it.
        """
        if not self._finished or self.trouble.over or not self.shot.results:
            return
        try:
            self.judged = judge(self._parts, self.shot, self._intake.kept, self._course.steps)
        except NotEndedError:
            self._finished = False
        except Exception as error:  # noqa: BLE001  what has not been judged has not ended well
            self.trouble.crash(error, "run")

    def _may_go_on(self) -> bool:
        return not self.trouble.heed(self._parts.control)

    def _set_up(self) -> None:
        """Write the initial values, ports in parallel, lanes of one port in order.

        Ports with nothing to write take part, so that each has shown that it is there before t = 0 is fixed.
        """
        self._parts.progress.phase = Phase.SETTING_UP
        ports = (port for segment in self.shot.segments for port in segment.ports)
        by_port: dict[str, list[InitialValue]] = {port: [] for port in ports}
        for item in self.shot.initial:
            by_port.setdefault(self._parts.plan.channels[item.channel].port, []).append(item)
        loading = self._hardware.loading(self.shot.segments[0])
        waits = {
            port: chain(self._set_up_of(port, items), loading.get(port, ()))
            for port, items in by_port.items()
        }
        fixed = self.shot.segments[0].ending is None
        self._parts.drive.together(waits, self.trouble, then=self._start if fixed else None)

    def _set_up_of(self, port: str, items: Sequence[InitialValue]) -> Iterator[int]:
        self.workers.take_over(port)
        initial = self.workers.of(port).initial
        return chain(initial.write(items), initial.settle(port))

    def _run(self) -> None:
        """Run the segments from a common origin; a first one of fixed times has run with the set-up."""
        course, segments = self._course, self.shot.segments
        waits = {} if segments[0].ending is None else self._start()
        for number, segment in enumerate(segments):
            if number:
                waits = self._waits(self._agendas(segment, course.offset_ns, course.first_ticks))
                course.begin(segment, self._phases)
            following = next(iter(segments[number + 1 :]), None)
            if segment.ending is None:
                self._run_fixed(waits, following)
            else:
                self._run_open(segment, waits, following)
            if not number:
                self._learn_lead()
            if not self._may_go_on():
                return
        self._parts.drive.wait_until(self._origin_ns + course.offset_ns)
        if self.shot.open_ended:
            self.workers.judge_losses()
        self._finished = self._may_go_on()

    def _start(self) -> dict[str, Iterator[int]]:
        """Fix t = 0, in the thread of whatever port was ready last; what all ports do from then on."""
        if not self._may_go_on():
            return {}
        clock, first = self._parts.clock, self.shot.segments[0]
        # Beginning an agenda costs more than the lead, so that is done before t = 0 is fixed.
        begun_ns = clock.now_ns()
        agendas = self._ready or self._agendas(first, 0, self._course.first_ticks)
        self._building_ns = clock.now_ns() - begun_ns
        self._begin(self._lead_ns(first))
        self._course.begin(first, self._phases)
        return self._waits(agendas)

    def _begin(self, lead_ns: int) -> None:
        """Fix t = 0."""
        clock, progress = self._parts.clock, self._parts.progress
        self._fixed_ns = clock.now_ns()
        self._origin_ns = self._fixed_ns + lead_ns
        self._hardware.origin_ns = self._origin_ns
        self.ledger.buffer.origin_utc_ns = self._origin_utc_ns = clock.utc_ns() + lead_ns
        self.ledger.count_from(self._origin_ns)
        self._intake.begin(self._origin_ns)
        progress.origin_ns, progress.phase = self._origin_ns, Phase.RUNNING

    def _lead_ns(self, segment: SegmentPlan) -> int:
        """From now to the origin of a segment that can begin at any time."""
        if self._parts.clock.virtual:
            return segment.early_ns
        ports = max(len(segment.ports) for segment in self.shot.segments)
        return self._parts.lead.ns(ports) + segment.early_ns

    def _learn_lead(self) -> None:
        """Note how long the ports took to come to their first wait after t = 0 was fixed."""
        arrived_ns = self.workers.arrived_ns
        if arrived_ns is not None:
            self._parts.lead.learn(arrived_ns - self._fixed_ns)

    def _waits(self, agendas: dict[str, Iterator[Due]]) -> dict[str, Iterator[int]]:
        return {port: self.workers.of(port).run(dues, self._origin_ns) for port, dues in agendas.items()}

    def _run_fixed(self, waits: dict[str, Iterator[int]], following: SegmentPlan | None) -> None:
        """Run a segment of fixed times, up to its last exchange."""
        self._parts.drive.together(waits, self.trouble)
        if not self._may_go_on():
            return
        changed = self._hardware.change_to(following)
        if self._may_go_on():
            self._course.end_fixed(self._next_ns(following) if changed and following is not None else 0)

    def _next_ns(self, following: SegmentPlan, after_ns: int = 0) -> int:
        """The earliest origin of a segment that begins as soon as it can, from that of the attempt."""
        now_ns = max(self._parts.clock.now_ns(), after_ns)
        return now_ns + 2 * self._building_ns + self._lead_ns(following) - self._origin_ns

    def _run_open(
        self, segment: SegmentPlan, waits: dict[str, Iterator[int]], following: SegmentPlan | None
    ) -> None:
        """Run an open-ended step until its end is found, and fix the origin of what follows."""
        ending, asking = self._awaited(segment)
        if self.trouble.over:
            return
        try:
            self._parts.drive.together(waits, self.trouble, ending)
        finally:
            if asking is not None:
                asking.close()
        if not self._may_go_on() or ending.how is None:
            return
        fault = complaint(segment, ending)
        if fault is None:
            self.trouble.next_step()
            self._hardware.change_to(following)
        self._close_step(segment, ending, following if fault is None else None)
        if fault is not None:
            self.trouble.miss(fault)

    def _awaited(self, segment: SegmentPlan) -> tuple[Ending, Asking | None]:
        """What ends an open-ended step, its question put if it has one."""
        ending = ending_of(segment, self._origin_ns + self._course.offset_ns, self._intake.history)
        assert ending is not None
        return ending, put_question(self._parts, self.trouble, segment, ending)

    def _close_step(self, segment: SegmentPlan, ending: Ending, following: SegmentPlan | None) -> None:
        """Take down when a step ended, which is when what follows begins."""
        found_ns = next_ns = ending.at_ns - self._origin_ns
        if following is not None:
            next_ns = self._next_ns(following, ending.at_ns)
        lasted_s = (ending.at_ns - ending.begun_ns) / 1e9
        tell = self._parts.journal.tell
        tell("segment.ended", step=step_name(segment), how=str(ending.how), lasted_s=lasted_s)
        self._course.end_open(found_ns, next_ns)

    def _agendas(
        self, segment: SegmentPlan, offset_ns: int, first_ticks: dict[int, int]
    ) -> dict[str, Iterator[Due]]:
        """Every port's part of a segment; ports that share ticks take turns."""
        lanes = self._parts.plan.lanes
        segment = self._hardware.rest_of(segment)
        shifts = self._shifts(segment)
        # Only of an open-ended step it matters later how many readings were due.
        self._phases = {} if segment.ending is None else phases(segment, lanes, shifts)
        agendas = begun_agendas(segment, lanes, shifts, offset_ns=offset_ns, first_ticks=first_ticks)
        return self._hardware.with_triggers(agendas, offset_ns)

    def _shifts(self, segment: SegmentPlan) -> Mapping[str, int]:
        """By how much the recordings of each port start later, so that they take turns."""
        plan = self._parts.plan
        return {} if self._parts.clock.virtual else stagger(segment, plan.lanes, plan.channels)

    def end(self) -> AttemptEnd:
        """Close the books."""
        self.ledger.count_from(self._began_ns)
        return AttemptEnd(
            self.shot.number,
            self._number,
            self._origin_utc_ns,
            self._parts.clock.utc_ns(),
            self.outcome,
            self.fault,
            self.ledger.tallies(),
            self.judged.rows,
            tuple(self._course.steps) if self.shot.open_ended else (),
        )
