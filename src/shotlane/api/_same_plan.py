"""Whether a run that goes on still is the run that it was."""

from collections.abc import Mapping
from typing import Any

from shotlane.api._environment import versions
from shotlane.api._past import Past, ResumeError
from shotlane.api._prepare import Prepared


def check_digest(past: Past, prepared: Prepared) -> None:
    """Refuse what comes to another plan: its shots would not be those of the run."""
    if prepared.plan.digest == past.record.plan_digest:
        return
    told = ", ".join(other_versions(past.record.environment)) or "no version of a package differs"
    raise ResumeError(
        f"run {past.number} does not compile to the same plan any more: {told}",
        "install what it was made with, or begin a new run",
    )


def other_versions(then: Mapping[str, Any]) -> list[str]:
    """Packages that are others today than in the environment of a run: 'numpy 1.26 then, 2.1 now'."""
    now = versions()
    return [
        f"{name} {version} then, {now.get(name, 'none')} now"
        for name, version in {"shotlane": then["shotlane"], **then["packages"]}.items()
        if now.get(name) != version
    ]


def check_kept(past: Past, prepared: Prepared) -> None:
    """With changed files, what was done must be what would be done."""
    if prepared.plan.optimization is not None and past.digests:
        raise ResumeError(
            f"run {past.number} is an optimisation, which cannot go on with changed files",
            "begin a new run, or resume it without --changed",
        )
    count = len(prepared.plan)
    differing = [
        number
        for number, digest in past.digests.items()
        if number > count or prepared.plan.shot(number).digest != digest
    ]
    if differing:
        shown = shot_ranges(differing)
        raise ResumeError(
            f"with the files of today, shots that run {past.number} has done are other ones: {shown}",
            "begin a new run, or resume it without --changed",
        )


def shot_ranges(numbers: list[int] | tuple[int, ...]) -> str:
    """'1..6, 9, 12..40'."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("..".join(map(str, part)) for part in parts)
