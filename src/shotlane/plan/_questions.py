"""Which labels must still be asked for before a sequence can run."""

from collections.abc import Mapping

from shotlane.model import Sequence
from shotlane.plan._asked import AskedLabel, asked_label
from shotlane.plan._sweep_state import swept_names


def questions(sequence: Sequence, overrides: Mapping[str, str]) -> tuple[AskedLabel, ...]:
    """The questions of a sequence that neither a value given beforehand nor the sweep answers."""
    known = {*overrides, *swept_names(sequence.sweep)}
    return tuple(asked_label(name, ask) for name, ask in sequence.ask.items() if name not in known)
