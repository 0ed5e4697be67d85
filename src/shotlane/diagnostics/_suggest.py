"""'Did you mean' for every closed set of names."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that is written most like `name`, or None when none is near."""
    known = list(choices)
    folded = {choice.lower(): choice for choice in reversed(known)}
    if name.lower() in folded:
        return folded[name.lower()]
    # Two letters that changed places are the likeliest slip, and in a short name the measure below misses it.
    swapped = next((text for text in _swapped(name.lower()) if text in folded), None)
    if swapped is not None:
        return folded[swapped]
    matches = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def _swapped(name: str) -> Iterator[str]:
    """The name with each two neighbours in the other order."""
    for at in range(len(name) - 1):
        yield name[:at] + name[at + 1] + name[at] + name[at + 2 :]


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
