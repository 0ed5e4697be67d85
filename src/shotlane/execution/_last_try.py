"""The last time that a run makes its instruments safe: for as long as it would have waited for them.

`retry: {wait: ...}` says how long an outage may last. A run that ends in one, as by an interlock, goes on
trying until that time is over: an instrument that is left as it was is worse than a run that ends later.
Whoever stopped the run, or stops it meanwhile, is there to look, and waits no longer than without.
"""

from collections.abc import Sequence

from shotlane.execution._ledger import Ledger
from shotlane.execution._parts import RunParts
from shotlane.execution._rounds import PATIENCE_S


def reach_last(parts: RunParts, reason: str, ledger: Ledger | None = None) -> None:
    """Reach the safe state for good."""
    last = _LastTry(parts)
    busy = parts.drive.busy | parts.drive.polling
    parts.safe_state.reach(reason, ledger, busy, until=last.until_ns)
    last.tell_end()


class _LastTry:
    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._begun_ns = parts.clock.now_ns()
        self._told: list[str] = []

    def until_ns(self, roles: Sequence[str]) -> int:
        """To which instant roles are tried that do not answer; 0 for no longer than ever."""
        wait_ns, outages = self._parts.plan.retry.wait_ns, self._parts.outages
        if not wait_ns or self._parts.control.asked > self._parts.lookout.tripped:
            return 0
        ends = [outages.until_ns(role) if role in outages else self._begun_ns + wait_ns for role in roles]
        until_ns = max(ends, default=0)
        self._tell(roles, until_ns)
        return until_ns

    def _tell(self, roles: Sequence[str], until_ns: int) -> None:
        left_s = (until_ns - self._parts.clock.now_ns()) / 1e9
        fresh = [role for role in roles if role not in self._told]
        if not fresh or left_s <= PATIENCE_S:
            return
        self._told += fresh
        for role in fresh:
            text = (
                f"{role} does not answer and is NOT SAFE: trying to make it safe for another {left_s:.0f} s"
            )
            self._parts.progress.alarm(f"{text}; Ctrl-C ends that")

    def tell_end(self) -> None:
        """Say what came of it, where it was told that it goes on."""
        unsafe = {item.role for item in self._parts.safe_state.unsafe}
        for role in self._told:
            is_safe = f"{role} answers again, and is safe"
            self._parts.progress.alarm(f"{role} is given up, NOT SAFE" if role in unsafe else is_safe)
