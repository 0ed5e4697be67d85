"""The shots of a plan that are left to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shotlane.records import Outcome


@dataclass(frozen=True, slots=True)
class Part:
    """Some shots of a plan, in order.

    `resumes`: the run that goes on under its number, which was left by `session`; `kept`: how many of its
    shots stay as they are, by outcome. `follows`: the run that made the other shots, when its documents have
    changed since: this is then a new run. `kept_shots`: those that stay of the run before, either way.
    """

    shots: tuple[int, ...]
    resumes: int | None = None
    session: int | None = None
    kept: Mapping[Outcome, int] = field(default_factory=dict)
    follows: int | None = None
    kept_shots: tuple[int, ...] | None = None
