"""What an archive says of each attempt: its commands, what was asked, and the decisions that were made.

One share of whole attempts is in memory at a time.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.archives._error import ArchiveError
from shotlane.archives._reader import BagReader
from shotlane.records import ActionKind, Outcome

_SHARE_ROWS = 500_000
_ACTION = ("attempt_key", "kind_number", "channel_index", "command", "target_ns", "value", "text")
_SAMPLE = ("attempt_key", "channel_index", "tick", "target_ns")
_WELL = (Outcome.DONE, Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED)
# A result without a value ends no attempt before its time.
_JUDGED = (None, "result")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that was sent, or was to be: a set of a channel, or a call.

    `channel` is None for a call, `command` for a set. `value` and `text` of a set as the store has them.
    `target_ns` is None of what nobody planned a time for: the set-up and the safe state.
    """

    kind: ActionKind
    channel: int | None
    command: str | None
    target_ns: int | None
    value: float | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided as the run went on, from its events.

    `ends`: how an open-ended step ended, and after how many ns, by shot, attempt and step. `asked`: values
    that an optimiser asked for, by shot.
    """

    ends: Mapping[tuple[int, int], Mapping[str, tuple[str, int]]]
    asked: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class AttemptLog:
    """One attempt, as it is recorded.

    `readings`: rows of channel, tick and target. `counts`: planned, unreached and dropped, by channel or role
    and what is counted.
    """

    shot: int
    attempt: int
    outcome: Outcome | None
    fault: str | None
    has_origin: bool
    steps: Mapping[str, tuple[int, int]]
    commands: Sequence[Command]
    readings: NDArray[np.int64]
    counts: Mapping[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether it came to its planned end."""
        return self.has_origin and self.outcome in _WELL and self.fault in _JUDGED

    @property
    def made_safe(self) -> bool:
        """Whether the safe state was reached in it."""
        return any(command.kind is ActionKind.SAFE for command in self.commands)


def decisions_of(reader: BagReader) -> Decisions:
    """Read them. Raises `ArchiveError` for events that are none."""
    try:
        return _decisions(reader)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ArchiveError(f"'{reader.store}' is damaged: an event of a decision is none") from error


def _decisions(reader: BagReader) -> Decisions:
    ends: defaultdict[tuple[int, int], dict[str, tuple[str, int]]] = defaultdict(dict)
    asked: dict[int, Mapping[str, Any]] = {}
    for line in reader.event_lines():
        if b'"segment.ended"' not in line and b'"optimize.asked"' not in line:
            continue
        event = json.loads(line)
        fields = event["fields"]
        if event["type"] == "segment.ended":
            lasted_ns = round(fields["lasted_s"] * 1e9)
            ends[event["shot"], event["attempt"]][fields["step"]] = (fields["how"], lasted_ns)
        elif event["type"] == "optimize.asked":
            asked[fields["shot"]] = fields["values"]
    return Decisions(ends, asked)


def attempt_logs(reader: BagReader) -> Iterator[AttemptLog]:
    """Every attempt of a shot, in the order they were made."""
    attempts = {key: row for key, *row in reader.attempts() if row[0] > 0}
    counts: defaultdict[int, dict[tuple[str, str], tuple[int, int, int]]] = defaultdict(dict)
    for key, channel, what, planned, *_, dropped, unreached in reader.tallies():
        counts[key][channel, what] = (planned, unreached, dropped)
    planned = {key: sum(one for one, *_ in own.values()) for key, own in counts.items()}
    for keys in key_shares(attempts, planned):
        steps: defaultdict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
        for key, _, name, start_ns, end_ns in reader.steps(attempts=keys):
            steps[key][name] = (start_ns, end_ns)
        commands, readings = _commands(reader, keys), _readings(reader, keys)
        for key in keys:
            shot, attempt, outcome, _, origin, _, fault, *_ = attempts[key]
            yield AttemptLog(
                shot,
                attempt,
                None if outcome is None else Outcome(outcome),
                fault,
                origin is not None,
                steps[key],
                commands.get(key, []),
                readings.get(key, np.empty((0, 3), dtype=np.int64)),
                counts[key],
            )


def key_shares(keys: Iterable[int], planned: Mapping[int, int]) -> Iterator[list[int]]:
    """Keys of attempts, so many that their rows are about a share; `planned`: how many each may have."""
    share: list[int] = []
    rows = 0
    for key in keys:
        expected = planned.get(key, 0)
        if share and rows + expected > _SHARE_ROWS:
            yield share
            share, rows = [], 0
        share.append(key)
        rows += expected + 1
    if share:
        yield share


def _commands(reader: BagReader, keys: list[int]) -> dict[int, list[Command]]:
    rows = reader.part("actions", [*_ACTION, "number"], keys).sort("attempt_key", "number")
    found: defaultdict[int, list[Command]] = defaultdict(list)
    for key, kind, channel, command, target_ns, value, text, _ in rows.rows():
        if channel is not None:
            command = None
        planned = kind == ActionKind.PLANNED
        at_ns = target_ns if planned else None
        # What a call answers is a reading.
        what = (None, None) if channel is None else (value, text)
        found[key].append(Command(ActionKind(kind), channel, command, at_ns, *what))
    return found


def _readings(reader: BagReader, keys: list[int]) -> dict[int, NDArray[np.int64]]:
    rows = reader.part("samples", list(_SAMPLE), keys).sort(_SAMPLE[:3])
    parts = rows.partition_by("attempt_key", as_dict=True, include_key=False, maintain_order=True)
    return {int(key): frame.to_numpy().astype(np.int64, copy=False) for (key,), frame in parts.items()}
