"""The live table of `shotlane record`: a row per channel, and below it how the whole stands."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from shotlane.cli._drawing import to_draw_on
from shotlane.cli._record_logger import Logger, Seen
from shotlane.cli._record_view import cell, standing
from shotlane.cli._sparkline import sparkline
from shotlane.cli._text import duration
from shotlane.records import Status

if TYPE_CHECKING:
    from rich.console import RenderableType

_INTERVAL_S = 0.25
_POINTS = 40
# Columns that all else takes, and how few a curve is worth drawing in.
_WITHOUT_CURVE = 80
_LEAST_CURVE = 8
# Lines of the terminal that stand above and below the rows.
_OTHER_LINES = 5


class _Curve:
    """The values of one channel since the table began: a point per drawing that has new ones."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.points: deque[float | None] = deque(maxlen=_POINTS)
        self._before = (0.0, 0)

    def add(self) -> None:
        """Take the mean of what has come."""
        (total, count), (total_before, count_before) = self.seen.numbers, self._before
        if count > count_before:
            self.points.append((total - total_before) / (count - count_before))
            self._before = (total, count)


class RecordTable:
    """Draws on a terminal, in place."""

    interval_s = _INTERVAL_S

    def __init__(self, logger: Logger, head: str, live: Live) -> None:
        self._logger = logger
        self._head = head
        self._live = live
        self._curves = [_Curve(seen) for seen in logger.seen.values()]
        self._began_s = time.monotonic()

    def draw(self) -> None:
        """Show how it stands."""
        for curve in self._curves:
            curve.add()
        self._live.update(self._whole(), refresh=True)

    def _whole(self) -> "RenderableType":
        gone = duration(max(1, round(time.monotonic() - self._began_s)) * 1_000_000_000)
        shown = self._curves[: max(1, self._live.console.height - _OTHER_LINES)]
        hidden = len(self._curves) - len(shown)
        more = [Text(f"and {hidden} more", style="dim")] if hidden else []
        foot = Text(f"{gone}: {standing(self._logger)}", style="dim")
        return Group(Text(self._head, style="bold"), self._table(shown), *more, foot)

    def _table(self, curves: list[_Curve]) -> Table:
        bad = [one for one in (Status.LATE, Status.FAILED) if _any(curves, one)]
        width = min(_POINTS, self._live.console.width - _WITHOUT_CURVE)
        table = Table(box=None, pad_edge=False)
        table.add_column("channel", no_wrap=True)
        table.add_column("value", no_wrap=True, min_width=16)
        table.add_column("age", justify="right", no_wrap=True, min_width=6)
        if width >= _LEAST_CURVE:
            table.add_column("", no_wrap=True, min_width=width)
        for status in (Status.OK, *bad):
            table.add_column(status.name.lower(), justify="right", no_wrap=True, min_width=7)
        for curve in curves:
            points = [sparkline(list(curve.points)[-width:], width)] if width >= _LEAST_CURVE else []
            counts = [f"{curve.seen.counts[one]:,}" for one in (Status.OK, *bad)]
            cells = [*_reading(curve.seen), *points, *counts]
            table.add_row(*map(Text, cells), style=_style(curve.seen))
        return table


def _any(curves: list[_Curve], status: Status) -> bool:
    return any(curve.seen.counts[status] for curve in curves)


def _reading(seen: Seen) -> list[str]:
    newest = seen.newest
    if newest is None:
        return [seen.channel.name, "...", ""]
    stamp_ns = newest.target_ns if newest.received_ns is None else newest.received_ns
    return [seen.channel.name, cell(newest), f"{max(0, time.perf_counter_ns() - stamp_ns) / 1e9:,.1f} s"]


def _style(seen: Seen) -> str:
    return "red" if seen.newest is not None and seen.newest.fault is not None else ""


@contextmanager
def record_table(logger: Logger, head: str) -> Iterator[RecordTable]:
    """A table that stays on the screen, as it was last, when the recording has ended."""
    screen = Console(file=to_draw_on(sys.stdout))
    with Live(console=screen, auto_refresh=False, transient=False) as live:
        table = RecordTable(logger, head, live)
        yield table
        table.draw()
