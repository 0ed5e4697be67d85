"""Every entry of the table is what pint says, with every prefix."""

import math

from shotlane.expression import _pint, _unit_table
from shotlane.expression._unit_table import LONG_PREFIXES, OWN, PREFIXES, SYMBOLS, WORDS, Entry

# Names that pint reads in another way; each is what a lab means by it.
_DISAGREEMENTS = {
    "mcd",  # a micro-day
    "hbar",  # the constant of Planck
    "dB",  # covered by the decibel, which is linear here
    "amps",  # pint cannot decide and warns
}


def names() -> list[str]:
    short = [
        prefix + name
        for name, entry in SYMBOLS.items()
        if name not in OWN
        for prefix in ("", *PREFIXES)
        if entry.prefixed or not prefix
    ]
    long = [
        prefix + name
        for name, entry in WORDS.items()
        for prefix in ("", *LONG_PREFIXES)
        if entry.prefixed or not prefix
    ]
    return [*short, *long]


def agree(own: Entry | None, other: Entry | None) -> bool:
    if own is None or other is None:
        return False
    return own.dimension == other.dimension and math.isclose(own.factor, other.factor, rel_tol=1e-12)


def test_every_entry_agrees_with_pint() -> None:
    wrong = [n for n in names() if not agree(_unit_table.look_up(n), _pint.look_up(n))]
    assert set(wrong) == _DISAGREEMENTS
