"""What goes on between shots: retries, and the cadence."""

import math
from collections.abc import Iterable
from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model import Channel, ChannelTable, Sequence
from shotlane.plan._constants import TIME
from shotlane.plan._exact import NS_PER_S, to_ns
from shotlane.plan._findings import shown
from shotlane.plan._plan import InterlockPlan, RetryPolicy
from shotlane.plan._scope import Rows
from shotlane.plan._summary import PlanSummary
from shotlane.plan._term import Compiler, expect

# What a run or an instrument of ours says of a fault.
_OF_INSTRUMENTS = ("timeout", "disconnected", "garbled", "refused", "rejected", "failed", "no-value")
_OF_RUNS = ("missed", "late", "verdict", "result")
_KNOWN = (*_OF_INSTRUMENTS, *_OF_RUNS)


def build_retry(compiler: Compiler, sequence: Sequence, table: ChannelTable) -> RetryPolicy:
    """The policy of a sequence; without `retry` there is one attempt."""
    retry = sequence.retry
    if retry is None:
        return RetryPolicy()
    _warn_of_unknown(compiler, retry.on, table)
    return RetryPolicy(
        attempts=retry.attempts,
        on=frozenset(retry.on),
        delay_ns=_same_ns(compiler, ("retry", "delay"), retry.delay, "the delay", "SEQ225") or 0,
        backoff=retry.backoff,
        then=retry.then,
        budget=retry.budget,
        wait_ns=_same_ns(compiler, ("retry", "wait"), retry.wait, "the wait", "SEQ225") or 0,
    )


def _warn_of_unknown(compiler: Compiler, on: Iterable[str], table: ChannelTable) -> None:
    """Tell of classes that no instrument of the station can have: nothing would be tried again for them."""
    roles = table.roles.values()
    if not table.complete or table.faulty or any(role.own_faults for role in roles):
        return
    for index, word in enumerate(on):
        if word not in _KNOWN:
            compiler.report.warning(
                "SEQ225",
                f"no instrument of {table.station} has faults of the class '{word}'",
                compiler.document.span(("retry", "on", index)),
                help=f"classes are {', '.join(_KNOWN)}; a driver in Python may have its own",
            )


def build_cadence(compiler: Compiler, sequence: Sequence) -> int | None:
    """Nanoseconds from the start of one shot to that of the next; None when nothing is asked."""
    if sequence.cadence is None:
        return None
    return _same_ns(compiler, ("cadence",), sequence.cadence, "the cadence", "SEQ309")


def check_cadence(cadence_ns: int | None, summary: PlanSummary, document: Document, report: Report) -> None:
    """Warn of shots that are longer than the cadence."""
    longest = summary.shot_ns[1]
    if cadence_ns and longest > cadence_ns:
        report.warning(
            "SEQ413",
            f"a shot lasts up to {shown(longest / NS_PER_S)} s, so the cadence cannot be kept",
            document.span(("cadence",)),
            help="write a longer cadence; starts that are missed are recorded",
        )


def check_wait(
    retry: RetryPolicy,
    interlocks: Iterable[InterlockPlan],
    channels: list[Channel],
    document: Document,
    report: Report,
) -> None:
    """Warn of interlocks that end the run before the wait for one of their instruments is over."""
    rules = sorted(interlocks, key=lambda rule: rule.blind_ns)
    if not rules or rules[0].blind_ns >= retry.wait_ns:
        return
    watched = [channels[index] for index in rules[0].condition.channels]
    wait, blind = shown(retry.wait_ns / NS_PER_S), shown(rules[0].blind_ns / NS_PER_S)
    roles = " or ".join(dict.fromkeys(channel.role for channel in watched))
    report.warning(
        "SEQ414",
        f"who does not answer is waited for {wait} s, but interlock {rules[0].name} aborts the run when "
        f"{' or '.join(channel.name for channel in watched)} had no valid reading for {blind} s",
        document.span(("retry", "wait")),
        help=f"raise `blind:` of the interlock, or know that the run is aborted when {roles} is away",
    )


def _same_ns(compiler: Compiler, path: Path, raw: Any, what: str, code: str) -> int | None:
    """A time that is the same in all shots; None when it is faulty."""
    term = compiler.term(compiler.written(path, raw))
    if term is None or not expect(compiler, term, TIME) or not term.sound:
        return None
    if term.varies:
        message = f"{what} is the same in all shots, so it cannot use a swept parameter"
        compiler.report.error(code, message, term.span)
        return None
    seconds = float(term.column(Rows(compiler.scope, 0, 1))[0, 0])
    if not (math.isfinite(seconds) and 0 <= seconds < 1e9):
        compiler.report.error(code, f"{what} must be a time from 0 s on", term.span)
        return None
    return int(to_ns(seconds))
