"""Which request of a simulated instrument goes wrong, and how.

A decision depends on the number of the request, on its time, and on the seed: so the same run gives the same
faults. Chance is drawn anew for each (shot, attempt, request of the attempt).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shotlane.instruments.definition._fault_rule import FaultRule

# Nothing can be done before it is switched on again.
_FOR_EVER: Final = 1 << 62
_SCALE: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class ShownFault:
    """What one request meets. `restarted_ns`: when everything was forgotten; None when it was not."""

    kind: str
    by_ns: int = 0
    restarted_ns: int | None = None


class FaultSchedule:
    """The rules of one instrument, and how far they are."""

    def __init__(self, rules: Collection[FaultRule], seed: int, role: str) -> None:
        self._rules = tuple(rules)
        self._key = f"{seed}/{role}"
        self._requests = [0] * len(self._rules)
        self._left = [rule.count for rule in self._rules]
        self._begun_ns: int | None = None
        self._off_until_ns = 0
        self.begin_attempt(0, 0)

    def begin(self, now_ns: int) -> None:
        """Times count from now on, unless they do already."""
        if self._begun_ns is None:
            self._begun_ns = now_ns

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Draw from the chances of an attempt."""
        self._attempt = f"{shot}/{attempt}"
        self._drawn = 0

    def is_off(self, now_ns: int) -> bool:
        """Whether nobody is there who could be reached."""
        return now_ns < self._off_until_ns

    def next(self, names: Collection[str], now_ns: int) -> ShownFault | None:
        """What the request for some attributes, or a command, meets; None when it goes well."""
        if not self._rules:
            return None
        self._drawn += 1
        due = [
            number
            for number, rule in enumerate(self._rules)
            if (not rule.of or not rule.of.isdisjoint(names)) and self._is_due(number, now_ns)
        ]
        for number in due:
            if self._rules[number].switches_off:
                self._left[number] -= 1
                return self._switched_off(self._rules[number], now_ns)
        if self.is_off(now_ns):
            return ShownFault("timeout")
        if not due:
            return None
        self._left[due[0]] -= 1
        rule = self._rules[due[0]]
        return ShownFault(rule.kind, rule.by_ns)

    def _is_due(self, number: int, now_ns: int) -> bool:
        rule = self._rules[number]
        self._requests[number] += 1
        if rule.probability is not None:
            return self._chance(number) < rule.probability
        if rule.request is not None:
            return 0 <= self._requests[number] - rule.request < rule.count
        since_ns = now_ns - (self._begun_ns or 0) - (rule.at_ns or 0)
        if rule.for_ns is not None and not rule.switches_off:
            return 0 <= since_ns < rule.for_ns
        return since_ns >= 0 and self._left[number] > 0

    def _switched_off(self, rule: FaultRule, now_ns: int) -> ShownFault | None:
        """Go off; when that was earlier and is over, only a restart shows."""
        since_ns = now_ns if rule.at_ns is None else (self._begun_ns or 0) + rule.at_ns
        duration_ns = (_FOR_EVER if rule.kind == "death" else 0) if rule.for_ns is None else rule.for_ns
        self._off_until_ns = max(self._off_until_ns, since_ns + duration_ns)
        if rule.kind == "restart":
            return ShownFault("hang_up", restarted_ns=min(now_ns, since_ns + duration_ns))
        return ShownFault("timeout") if self.is_off(now_ns) else None

    def _chance(self, number: int) -> float:
        """Evenly from 0 to 1."""
        key = f"{self._key}/{self._attempt}/{self._drawn}/{number}".encode()
        return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") / _SCALE
