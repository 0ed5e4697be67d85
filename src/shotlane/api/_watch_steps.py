"""Where a shot stands in its steps, told from outside: by plan, origin, and the ends of open steps."""

from dataclasses import dataclass, field

from shotlane.plan import ShotPlan


@dataclass(frozen=True, slots=True)
class LiveStep:
    """A step as far as it is known. `length_ns`: of an open-ended one that goes on, what it has taken."""

    name: str
    start_ns: int
    length_ns: int
    open_ended: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a shot, and the place of now among them. `now_ns` None: t = 0 has not come."""

    steps: tuple[LiveStep, ...]
    now_ns: int | None

    @property
    def length_ns(self) -> int:
        """Of the whole shot, as far as it is known."""
        return max((step.start_ns + step.length_ns for step in self.steps), default=0)

    @property
    def current(self) -> LiveStep | None:
        """The step that goes on; None before the first and after the last."""
        now = self.now_ns
        if now is None:
            return None
        inside = (step for step in self.steps if step.start_ns <= now < step.start_ns + step.length_ns)
        return next(inside, None)


@dataclass(slots=True)
class Walk:
    """What is known of one attempt: its origin, and how long its open-ended steps took."""

    origin_utc_ns: int | None = None
    place: tuple[int | None, int | None] = (None, None)
    _lasted_s: dict[tuple[int | None, int | None, str], float] = field(default_factory=dict)

    def end(self, shot: int | None, attempt: int | None, step: str, lasted_s: float) -> None:
        """An open-ended step has ended."""
        self._lasted_s[shot, attempt, step] = lasted_s

    def steps(self, shot: ShotPlan, now_ns: int | None) -> Steps:
        """The steps of the attempt as they are at a moment."""
        found: list[LiveStep] = []
        begin_ns = 0
        for segment in shot.segments:
            if segment.ending is None:
                found += (
                    LiveStep(
                        step.name, begin_ns + step.start_ns, step.end_ns - step.start_ns, open_ended=False
                    )
                    for step in segment.steps
                )
                begin_ns += segment.duration_ns
                continue
            name = segment.steps[0].name
            lasted_s = self._lasted_s.get((*self.place, name))
            so_far_ns = max(0, (now_ns or 0) - begin_ns) + 1 if lasted_s is None else int(lasted_s * 1e9)
            found.append(LiveStep(name, begin_ns, so_far_ns, open_ended=lasted_s is None))
            begin_ns += so_far_ns
        return Steps(tuple(found), now_ns)
