"""'Did you mean' for every closed set of names."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that is written most like `name`, or None when none is near."""
    known = list(choices)
    folded = {choice.lower(): choice for choice in reversed(known)}
    if name.lower() in folded:
        return folded[name.lower()]
    matches = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def did_you_mean(name: str, choices: Iterable[str], *, what: str = "known") -> str:
    """Help line for an unknown name: the nearest choice, else the list of what there is."""
    known = sorted(choices)
    match = nearest(name, known)
    if match is not None:
        return f"did you mean '{match}'?"
    if not known:
        return f"{what}: none"
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"{what}: {shown}"
