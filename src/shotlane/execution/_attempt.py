"""One try of a shot: set-up of all ports together, a barrier, then everything at origin + target.

`execute` never raises but leaves in `outcome`, `fault` and the ledger what happened; whoever called it then
reaches the safe state where that is due, and ends the attempt, so that safe writes are rows of it.
"""

from collections.abc import Iterator
from itertools import chain, islice

from shotlane.execution._agenda import agenda
from shotlane.execution._crash import crash_of
from shotlane.execution._due import Due
from shotlane.execution._fault import STUCK, fault_of
from shotlane.execution._lateness import PortLateness
from shotlane.execution._ledger import Ledger
from shotlane.execution._parts import RunParts
from shotlane.execution._port_worker import PortWorker
from shotlane.execution._progress import Phase
from shotlane.execution._trouble import Trouble
from shotlane.instruments import InstrumentError
from shotlane.plan import InitialValue, SegmentPlan, ShotPlan
from shotlane.records import AttemptEnd, AttemptStart, Fault, Outcome, StepRecord, worst

# From the barrier to t = 0: the time in which every port's thread wakes and comes to its first wait.
LEAD_NS = 100_000
LEAD_PER_PORT_NS = 50_000


class Attempt:
    """The try `number` of a shot, begun with the recorder when it is made."""

    def __init__(self, parts: RunParts, shot: ShotPlan, number: int) -> None:
        self._parts = parts
        self._shot = shot
        self._number = number
        parts.clock.anchor()
        self._began_ns = parts.clock.now_ns()
        self._origin_utc_ns: int | None = None
        self._finished = False
        self._workers: dict[str, PortWorker] = {}
        self.trouble = Trouble()
        start = AttemptStart(shot.number, number, parts.clock.utc_ns(), tuple(_steps(shot)))
        self._buffer = parts.journal.begin_attempt(start)
        self.ledger = Ledger(self._buffer, shot, parts.plan.channels)

    @property
    def fault(self) -> Fault | None:
        """Why the attempt ended before its time."""
        return self.trouble.first

    @property
    def outcome(self) -> Outcome:
        """How the attempt ended."""
        request = self._parts.control.request
        found = [Outcome.DONE]
        if self.fault is not None:
            found.append(Outcome.ERRORED)
        if not self._finished and request is not None:
            found.append(request.outcome)
        return worst(found)

    def execute(self) -> None:
        """Set up and run, to the end or until something says halt."""
        try:
            self._parts.pool.begin_attempt(self._shot.number, self._number)
            self._set_up()
            if self._may_go_on():
                self._run()
        except InstrumentError as error:
            self.trouble.fail(fault_of(error, error.message, {}))
        except KeyboardInterrupt:
            self._parts.control.stop(Outcome.TERMINATED, "stopped by Ctrl-C")
            self.trouble.halt.set()
        except Exception as error:  # noqa: BLE001  a bug of ours must end in the safe state, with its traceback
            self.trouble.crash(crash_of(error, "run"))

    def _may_go_on(self) -> bool:
        return not self.trouble.halt.is_set() and self._parts.control.request is None

    def _worker(self, port: str) -> PortWorker:
        worker = self._workers.get(port)
        if worker is None:
            parts = self._parts
            lateness = parts.lateness.get(port)
            if lateness is None:
                # A new mapping each time, because a progress bar may be walking through the old one.
                lateness = PortLateness()
                parts.lateness = parts.progress.ports = {**parts.lateness, port: lateness}
            worker = self._workers[port] = PortWorker(
                parts.plan, parts.pool, parts.clock, self.ledger, self.trouble, lateness
            )
        return worker

    def _set_up(self) -> None:
        """Write the initial values, ports in parallel, lanes of one port in order.

        Ports with nothing to write take part, so that each has shown that it is there before t = 0 is fixed.
        """
        self._parts.progress.phase = Phase.SETTING_UP
        ports = (port for segment in self._shot.segments for port in segment.ports)
        by_port: dict[str, list[InitialValue]] = {port: [] for port in ports}
        for item in self._shot.initial:
            by_port.setdefault(self._parts.plan.channels[item.channel].port, []).append(item)
        waits = {port: self._worker(port).set_up(items) for port, items in by_port.items()}
        self._parts.drive.together(waits, self.trouble)

    def _run(self) -> None:
        """Run the segments from a common origin shortly ahead."""
        clock, progress = self._parts.clock, self._parts.progress
        first_ticks: dict[int, int] = {}
        # Beginning an agenda costs more than the lead, so that is done before t = 0 is fixed.
        agendas = self._agendas(self._shot.segments[0], 0, first_ticks)
        ports = max((len(segment.ports) for segment in self._shot.segments), default=0)
        lead_ns = 0 if clock.virtual else LEAD_NS + LEAD_PER_PORT_NS * ports
        origin_ns = clock.now_ns() + lead_ns
        self._buffer.origin_utc_ns = self._origin_utc_ns = clock.utc_ns() + lead_ns
        self.ledger.count_from(origin_ns)
        progress.origin_ns, progress.phase = origin_ns, Phase.RUNNING
        offset_ns = 0
        for number, segment in enumerate(self._shot.segments):
            if number:
                agendas = self._agendas(segment, offset_ns, first_ticks)
            waits = {port: self._worker(port).run(dues, origin_ns) for port, dues in agendas.items()}
            self._parts.drive.together(waits, self.trouble)
            offset_ns += segment.duration_ns
            if not self._may_go_on() or not self._parts.drive.wait_until(origin_ns + offset_ns):
                return
            _count_readings(segment, first_ticks)
        self._finished = True

    def _agendas(
        self, segment: SegmentPlan, offset_ns: int, first_ticks: dict[int, int]
    ) -> dict[str, Iterator[Due]]:
        """Every port's part of a segment. Ports that share ticks can be shifted against each other here."""
        lanes = self._parts.plan.lanes
        return {
            port: _begun(agenda(plan, lanes, offset_ns=offset_ns, first_ticks=first_ticks))
            for port, plan in segment.ports.items()
        }

    def abandon(self, ports: frozenset[str]) -> None:
        """Give up ports whose exchange does not end; the run cannot go on with them."""
        for port in sorted(ports):
            self._workers[port].abandon()
            message = f"port {port} has not come back from an exchange"
            self.trouble.crash(Fault(STUCK, message, {"port": port}))

    def end(self) -> AttemptEnd:
        """Close the books."""
        self.ledger.count_from(self._began_ns)
        return AttemptEnd(
            self._shot.number,
            self._number,
            self._origin_utc_ns,
            self._parts.clock.utc_ns(),
            self.outcome,
            self.fault,
            self.ledger.tallies(),
        )


def _steps(shot: ShotPlan) -> Iterator[StepRecord]:
    """The steps of all segments, counted from the origin of the attempt."""
    offset_ns = 0
    for segment in shot.segments:
        for step in segment.steps:
            yield StepRecord(step.name, offset_ns + step.start_ns, offset_ns + step.end_ns)
        offset_ns += segment.duration_ns


def _begun(dues: Iterator[Due]) -> Iterator[Due]:
    """The same, with whatever the first one costs already spent."""
    return chain(list(islice(dues, 1)), dues)


def _count_readings(segment: SegmentPlan, ticks: dict[int, int]) -> None:
    """Add what a segment planned, so that the next one numbers its readings on."""
    for port in segment.ports.values():
        for rule in port.readings:
            ticks[rule.channel] = ticks.get(rule.channel, 0) + rule.count
