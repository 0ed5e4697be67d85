"""An archived run once more on the archived simulation: whether the same would be sent, to whom, and when.

The archived plan is run by the code that runs plans, on simulated instruments made from the archived
documents, in virtual time. What was decided as the run went on is taken from its records. Nothing is opened,
no function of the archive is called, and simulated faults do not happen, because what came of them is given.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from shotlane.api._find_station import resolve_file
from shotlane.api._origin import texts_of
from shotlane.api._past import Past
from shotlane.archives import (
    ArchiveError,
    AttemptLog,
    BagReader,
    Decisions,
    Departure,
    LogComparison,
    RecordedShots,
    attempt_logs,
    decisions_of,
)
from shotlane.diagnostics import Report
from shotlane.document import given_texts
from shotlane.execution import Given, How, Replayer, VirtualClock
from shotlane.instruments import PoolError, ResolvedStation, build_pool
from shotlane.plan import CompiledPlan
from shotlane.records import ActionKind

_MOST_TOLD = 1000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it.

    `commands`, `readings`: how many were compared. `digest`: of the recorded log, and `made`, of the one that
    was made again. `departures`: the first of `count`. `impossible`: why nothing could be compared;
    `damaged`: because of the archive, which then does not hold.
    """

    attempts: int = 0
    commands: int = 0
    readings: int = 0
    digest: str | None = None
    made: str | None = None
    departures: tuple[Departure, ...] = ()
    count: int = 0
    impossible: str | None = None
    damaged: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing departs from the record."""
        return not self.count and not self.damaged


def replay(reader: BagReader, past: Past, plan: CompiledPlan) -> Replayed:
    """Make every recorded attempt again. Raises `ArchiveError` for records that make no sense."""
    report = Report()
    station = _simulated(past, report)
    if station is None:
        first = next(iter(report.errors)).message
        return Replayed(impossible=f"its station cannot be simulated: {first}")
    channels = reader.channels()
    if [one.name for one in channels[: len(plan.channels)]] != [one.name for one in plan.channels]:
        return Replayed(impossible="the channels of the run are not those of its plan")
    replaying = _Replaying(reader, past, plan, station)
    try:
        return replaying.run()
    except PoolError as error:
        return Replayed(impossible=f"the simulated instruments cannot be opened: {error}")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ArchiveError(f"the records of '{reader.store}' make no sense: {error!r}") from error


def _simulated(past: Past, report: Report) -> ResolvedStation | None:
    """The archived station with every instrument simulated, and none of them faulty."""
    origin = past.origin
    with given_texts(texts_of(origin, past.documents)):
        station = resolve_file(Path(origin["station"]), report, mock=True)
    if station is None or not report.ok:
        return None
    sound = {role: replace(one, faults=()) for role, one in station.definitions.items()}
    return replace(station, definitions=sound)


class _Replaying:
    """One pass over the attempts of an archive."""

    def __init__(self, reader: BagReader, past: Past, plan: CompiledPlan, station: ResolvedStation) -> None:
        self._reader = reader
        self._plan = plan
        self._decisions: Decisions = decisions_of(reader)
        self._shots = RecordedShots(reader, plan, self._decisions)
        clock = VirtualClock(0)
        self._pool = build_pool(
            station,
            now_ns=clock.now_ns,
            seed=int(past.record.environment["seed"]),
            notify=lambda *_: None,
            pass_ns=clock.advance,
        )
        channels = {channel.name: channel.index for channel in reader.channels()}
        self._replayer = Replayer(plan, self._pool, clock, channels)
        self._comparison = LogComparison(plan, reader.channels())
        self._found: list[Departure] = []
        self._count = 0

    def run(self) -> Replayed:
        """Replay and compare."""
        attempts = 0
        self._pool.open(self._plan.roles)
        try:
            for log in attempt_logs(self._reader):
                self._take(log)
                attempts += 1
        finally:
            self._pool.close()
        compared = self._comparison
        return Replayed(
            attempts,
            compared.commands,
            compared.readings,
            compared.recorded.digest,
            compared.made.digest,
            tuple(self._found),
            self._count,
        )

    def _take(self, log: AttemptLog) -> None:
        shot = self._shots.shot(log.shot)
        if isinstance(shot, str):
            self._tell(Departure(log.shot, log.attempt, None, None, shot))
            return
        made = self._replayer.make(shot, log.attempt, self._given(log), made_safe=self._is_made_safe(log))
        for departure in self._comparison.departures(log, made, shot):
            self._tell(departure)

    def _tell(self, departure: Departure) -> None:
        self._count += 1
        if len(self._found) < _MOST_TOLD:
            self._found.append(departure)

    def _given(self, log: AttemptLog) -> Given:
        ends = self._decisions.ends.get((log.shot, log.attempt), {})
        return Given(
            log.whole,
            {step: start_ns for step, (start_ns, _) in log.steps.items()},
            {step: (How(how), lasted_ns) for step, (how, lasted_ns) in ends.items()},
            log.readings,
            Counter(
                (one.command or "" if one.channel is None else one.channel, one.target_ns)
                for one in log.commands
                if one.kind is ActionKind.PLANNED and one.target_ns is not None
            ),
            Counter(
                one.command or "" if one.channel is None else one.channel
                for one in log.commands
                if one.kind is ActionKind.SAFE
            ),
        )

    def _is_made_safe(self, log: AttemptLog) -> bool:
        """Whether it was, or had to be; a killed one could not."""
        due = log.outcome is not None and (not log.whole or self._plan.between == "safe")
        return due or log.made_safe
