"""The start and end records that bracket every run, shot and attempt, also when it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shotlane.records._outcome import Outcome
from shotlane.records._rows import ResultRow, Tally


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """What must be known of a channel to read its samples.

    `index` is used in rows; `type` is one of float, int, bool, option, text, array; `unit` is the unit of
    the samples, None without one.
    """

    index: int
    name: str
    type: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class RunStart:
    """Everything known before the first shot. JSON-able but for `channels`; holds no secret."""

    sequence: str
    station: str
    started_utc_ns: int
    shots_planned: int
    plan_digest: str
    channels: tuple[ChannelRecord, ...]
    parameter_units: Mapping[str, str | None]
    description: str = ""
    tags: tuple[str, ...] = ()
    stamps: tuple[
        str, ...
    ] = ()  # mocked, virtual-time, dirty, faults (simulated ones); more by `Recorder.stamp`
    documents: Mapping[str, str] = field(default_factory=dict)  # name -> text as run
    environment: Mapping[str, Any] = field(default_factory=dict)  # versions, platform, git, overrides, host
    attachments: Mapping[str, str] = field(default_factory=dict)  # name -> text, the same for many runs
    parameter_types: Mapping[str, str] = field(default_factory=dict)  # number, bool or text, where declared
    resumes: int | None = None  # the number of the run that goes on, None for a new one
    # Of a run that goes on: who had it when its shots were counted, and how many shots stay, by outcome.
    after_session: int | None = None
    kept: Mapping[Outcome, int] = field(default_factory=dict)
    # The run whose other shots a new one makes, and the shots that stay of that, or of the one that goes on.
    follows: int | None = None
    kept_shots: tuple[int, ...] | None = None
    # What the run is a repetition of: where the old one is told from others, with its plan's digest.
    repeats: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended; `reason` is one sentence for a person, None when it ended well."""

    ended_utc_ns: int
    outcome: Outcome
    reason: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)  # lateness percentiles, counts


@dataclass(frozen=True, slots=True)
class ShotStart:
    """`shot` counts from 1; `parameters` in the units of `RunStart.parameter_units`."""

    shot: int
    parameters: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class ShotEnd:
    """How the shot ended, after how many attempts (0 when skipped)."""

    shot: int
    outcome: Outcome
    attempts: int


class StepRecord(NamedTuple):
    """A step of an attempt: [start_ns, end_ns) from its origin."""

    name: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class AttemptStart:
    """`attempt` counts from 1 within the shot. `began_utc_ns`: when its set-up began. `steps` in order."""

    shot: int
    attempt: int
    began_utc_ns: int
    steps: tuple[StepRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an attempt ended badly: fault class, a sentence, and the context known where it arose.

    `context` has, where known: resource, role, channel, command, sent, received, elapsed_s.
    """

    fault: str
    message: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """`origin_utc_ns` is the wall time of t = 0, from one anchor; None when set-up never finished."""

    shot: int
    attempt: int
    origin_utc_ns: int | None
    ended_utc_ns: int
    outcome: Outcome
    fault: Fault | None
    tallies: tuple[Tally, ...]
    results: tuple[ResultRow, ...] = ()
    # In a shot with open-ended steps, when its steps were; in place of those of the start.
    steps: tuple[StepRecord, ...] = ()
