"""The exact answer of first-order lags to inputs that stay put between writes.

A signal is a sum of terms c * t**k * exp(-r * t), t in seconds since it was last begun. A constant is one
term, a lag of a constant two, a lag of a lag three; equal time constants give the powers of t. So nothing is
integrated in steps: a reading is the same however often one looked before.
"""

from dataclasses import dataclass
from math import exp

# Time constants nearer than this are taken as equal: the difference of two almost equal terms over their
# almost equal rates would lose all digits.
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True)
class Term:
    """coefficient * t**power * exp(-rate * t)."""

    coefficient: float
    power: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Signal:
    """A quantity over time, from the moment it was begun."""

    terms: tuple[Term, ...]

    def at(self, seconds: float) -> float:
        """Value after so many seconds."""
        return sum(
            term.coefficient * seconds**term.power * (exp(-term.rate * seconds) if term.rate else 1.0)
            for term in self.terms
        )

    def scaled(self, factor: float, offset: float) -> "Signal":
        """The same quantity in another unit."""
        terms = tuple(Term(term.coefficient * factor, term.power, term.rate) for term in self.terms)
        return Signal((*terms, Term(offset))) if offset else Signal(terms)


def constant(value: float) -> Signal:
    """A signal that stays."""
    return Signal((Term(value),))


def lag(source: Signal, tau_s: float, start: float) -> Signal:
    """What follows `source` with the time constant `tau_s`, beginning at `start`."""
    rate = 1.0 / tau_s
    forced = [answer for term in source.terms for answer in _forced(term, rate)]
    at_zero = sum(term.coefficient for term in forced if term.power == 0)
    return Signal((*forced, Term(start - at_zero, 0, rate)))


def _forced(term: Term, rate: float) -> list[Term]:
    """A solution of x' = rate * (term - x), found by integrating term * exp(rate * t)."""
    gap = rate - term.rate
    if abs(gap) <= _EQUAL * rate:
        return [Term(rate * term.coefficient / (term.power + 1), term.power + 1, rate)]
    answers = []
    coefficient = rate * term.coefficient / gap
    for power in range(term.power, -1, -1):
        answers.append(Term(coefficient, power, term.rate))
        coefficient *= -power / gap
    return answers
