"""The progress bar: polls the run ten times a second from a thread of its own, and disturbs nothing.

Below it stands one line: which keys there are, or what is asked of whoever sits there.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from shotlane.cli._drawing import to_draw_on
from shotlane.cli._keys import Person
from shotlane.cli._text import lateness, value
from shotlane.execution import Phase, Progress

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_INTERVAL_S = 0.1


@contextmanager
def progress_bar(progress: Progress, person: Person | None, *, shown: bool) -> Iterator[None]:
    """Show a bar on standard error while the block runs; nothing when not `shown`."""
    if not shown:
        yield
        return
    bar, task = _make(person)
    ended = Event()
    thread = Thread(target=_poll, args=(progress, bar, task, ended), name="shotlane-bar", daemon=True)
    with bar:
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _make(person: Person | None) -> "tuple[Bar, TaskID]":
    from rich.console import Console  # late: 40 ms
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class WithHint(Bar):
        def get_renderables(self) -> "Iterable[RenderableType]":
            """The bar, and the line below it."""
            yield from super().get_renderables()
            if person is not None:
                urgent = person.is_urgent
                yield Text(_cropped(person.hint, console.width), style="bold" if urgent else "dim")

    console = Console(file=to_draw_on(sys.stderr))
    columns = (
        TextColumn("{task.fields[shot]}", markup=False),
        BarColumn(bar_width=_bar_width(console.width)),
        TextColumn("{task.fields[time]}"),
        TextColumn("{task.fields[late]}", style="dim"),
        TextColumn("{task.fields[parameters]}", style="cyan", markup=False),
    )
    bar = WithHint(*columns, console=console, auto_refresh=False, transient=True)
    return bar, bar.add_task("run", total=1.0, shot="", time="", late="", parameters="")


def _poll(progress: Progress, bar: "Bar", task: "TaskID", ended: Event) -> None:
    while not ended.wait(_INTERVAL_S):
        _show(progress.now, bar, task)
    _show(progress.now, bar, task)


def _show(progress: Progress, bar: "Bar", task: "TaskID") -> None:
    shot, time, late = _shot(progress), _time(progress), _late(progress)
    width = bar.console.width
    # The parameters take what is left: the rest must not be cut, however many are swept.
    room = width - _bar_width(width) - sum(len(text) + 1 for text in (shot, time, late))
    bar.update(
        task,
        completed=_fraction(progress),
        shot=shot,
        time=time,
        late=late,
        parameters=_cropped(_parameters(progress), room - 1),
        refresh=True,
    )


def _bar_width(width: int) -> int:
    return max(8, min(24, width // 5 - 8))


def _cropped(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(0, room - 1)]}…"


def _fraction(progress: Progress) -> float:
    """Part of the run that is done, counted in shots and the part of the present one."""
    if not progress.shots:
        return 0.0
    ended = progress.shots_ended
    length_s = progress.shot_duration_ns / 1e9
    part = progress.shot_elapsed_s / length_s if length_s and progress.phase is Phase.RUNNING else 0.0
    return min(1.0, (ended + part) / progress.shots)


def _shot(progress: Progress) -> str:
    text = f"{progress.title}shot {progress.shot}/{progress.shots}"
    if progress.attempt > 1:
        text += f" attempt {progress.attempt}"
    return text if progress.phase is Phase.RUNNING else f"{text} {progress.phase}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _time(progress: Progress) -> str:
    remaining_s = progress.remaining_s
    left = "" if remaining_s is None else f" left {_clock(remaining_s)}"
    return f"{_clock(progress.elapsed_s)}{left}"


def _late(progress: Progress) -> str:
    summary = progress.lateness
    return "" if summary is None else f"late p99 {lateness(summary.p99_ns)}"


def _parameters(progress: Progress) -> str:
    units, swept = progress.units, progress.swept
    return "  ".join(f"{name}={value(progress.parameters.get(name), units.get(name))}" for name in swept)
