"""Waiting for an instrument that does not answer any more: safe, and asked now and then, with nobody there.

Every question is recorded as a poll. Whoever says go on has it asked now.
"""

from typing import Final

from shotlane.execution._bounded import NotEndedError, unless_stopped
from shotlane.execution._parts import RunParts
from shotlane.execution._poll import Polls
from shotlane.execution._progress import Phase
from shotlane.execution._safe_state import BOUND_S
from shotlane.instruments import InstrumentError
from shotlane.records import Fault

_SILENT: Final = frozenset({"timeout", "disconnected"})
# How long somebody who says go on may wait for that.
_LOOK_NS: Final = 200_000_000


def may_wait(parts: RunParts, fault: Fault) -> bool:
    """Whether a fault is such that its instrument is waited for, and there is time left for that."""
    role, retry, outages = fault.context.get("role"), parts.plan.retry, parts.outages
    if role is None or not retry.wait_ns:
        return False
    if role not in outages and fault.fault in _SILENT:
        outages.begin(role, parts.clock.now_ns() + retry.wait_ns)
    # Who has just started may stammer.
    return fault.fault in _SILENT | retry.on and parts.clock.now_ns() < outages.until_ns(role)


def wait_for(parts: RunParts, fault: Fault) -> bool:
    """Wait until its instrument answers; False when the time for it is over, or somebody interrupts."""
    role, progress = fault.context["role"], parts.progress
    reason = f"{role} does not answer and is waited for: {fault.fault}: {fault.message}"
    progress.phase, progress.paused_because = Phase.PAUSED, reason
    parts.journal.tell("run.paused", reason=reason)
    others = all(item.role == role for item in parts.safe_state.unsafe)
    parts.control.waiting = reason
    progress.alarm(f"the run waits{', the other instruments safe' if others else ''}: {reason}")
    try:
        answers = _wait(parts, role, reason)
    finally:
        parts.control.waiting = None
    if parts.control.request is None:
        told = _told(parts, role, answers=answers)
        parts.journal.tell("run.continued", reason=told)
        progress.alarm(told)
    return answers


def _told(parts: RunParts, role: str, *, answers: bool) -> str:
    if answers:
        return f"{role} answers again"
    if parts.control.interrupts:
        return "the shot is skipped"
    return f"{role} has not come back within {parts.plan.retry.wait_ns / 1e9:.6g} s"


def _wait(parts: RunParts, role: str, reason: str) -> bool:
    outages, until_ns = parts.outages, parts.outages.until_ns(role)
    while _rest(parts, min(parts.clock.now_ns() + outages.next_pause_ns(role), until_ns)):
        parts.control.waiting = reason
        if _answers(parts, role):
            return True
        if parts.clock.now_ns() >= until_ns:
            return False
    return False


def _rest(parts: RunParts, until_ns: int) -> bool:
    """Until then, or until somebody says go on; False when somebody interrupts."""
    while parts.clock.now_ns() < until_ns and parts.control.waiting is not None:
        step_ns = until_ns if parts.clock.virtual else min(until_ns, parts.clock.now_ns() + _LOOK_NS)
        if not parts.drive.wait_until(step_ns):
            return False
    return not parts.control.interrupts


def _answers(parts: RunParts, role: str) -> bool:
    """Ask it, no longer than somebody lets us."""
    parts.pool.ask_again(role)
    try:
        return unless_stopped(lambda: _asked(parts, role), lambda: parts.control.interrupts, BOUND_S)
    except NotEndedError:
        return False


def _asked(parts: RunParts, role: str) -> bool:
    for index, channel in enumerate(parts.plan.channels):
        if channel.role == role and channel.attribute.readable and not channel.attribute.hardware_timed:
            polls = Polls(parts.plan.channels, parts.pool, parts.clock, parts.journal)
            return polls.read([index])[0].fault not in _SILENT
    try:
        parts.pool.make_safe(role)  # with nothing to read: it is opened again at least
    except InstrumentError as error:
        return error.fault not in _SILENT
    return True
