"""Retry of shots: from what was written to a policy."""

import math

from shotlane.model import Sequence
from shotlane.plan._constants import TIME
from shotlane.plan._exact import to_ns
from shotlane.plan._plan import RetryPolicy
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, expect


def build_retry(compiler: Compiler, sequence: Sequence) -> RetryPolicy:
    """The policy of a sequence; without `retry` there is one attempt."""
    retry = sequence.retry
    if retry is None:
        return RetryPolicy()
    return RetryPolicy(
        attempts=retry.attempts,
        on=frozenset(retry.on),
        delay_ns=_delay_ns(compiler, retry.delay),
        backoff=retry.backoff,
        then=retry.then,
    )


def _delay_ns(compiler: Compiler, raw: object) -> int:
    term = compiler.term(compiler.written(("retry", "delay"), raw))
    if term is None or not expect(compiler.report, term, TIME) or not term.sound:
        return 0
    if term.varies:
        message = "the delay is the same in all shots, so it cannot use a swept parameter"
        compiler.report.error("SEQ225", message, term.span)
        return 0
    seconds = float(term.column(Rows(compiler.scope, 0, 1))[0, 0])
    if not (math.isfinite(seconds) and 0 <= seconds < 1e9):
        compiler.report.error("SEQ225", "the delay must be a time from 0 s on", term.span)
        return 0
    return int(to_ns(seconds))
