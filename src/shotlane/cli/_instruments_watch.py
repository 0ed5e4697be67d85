"""`shotlane instruments watch`: a live table of readings, until Ctrl-C.

Each wire has a thread of its own, so that a dead instrument does not slow the others; a channel is read as
often as it updates, ten times a second at most. Without a terminal, one line per reading is printed instead.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from shotlane.api import ByHand, channels_named
from shotlane.cli._instruments_by_hand import as_json, asked, opened, shown
from shotlane.cli._output import print_json_line, say, tell
from shotlane.cli._station_named import station_named
from shotlane.instruments import Reading
from shotlane.model import Channel

if TYPE_CHECKING:
    from rich.table import Table

_FASTEST_S = 0.1
_USUAL_S = 0.5


@dataclass
class _Watched:
    """A channel with its last reading; written by its wire's thread, shown by another."""

    channel: Channel
    period_s: float
    reading: Reading | None = None
    taken_s: float = 0.0
    count: int = 0
    failed: int = 0
    due_s: float = field(default_factory=time.monotonic)

    def take(self, reading: Reading) -> None:
        """Keep a reading."""
        self.reading, self.taken_s = reading, time.monotonic()
        self.count += 1
        self.failed += reading.fault is not None


def main(arguments: argparse.Namespace) -> int:
    """Watch until Ctrl-C, or until every channel was read as often as asked for."""
    station = station_named(arguments.station, mock=arguments.mock)
    with asked():
        channels = channels_named(station, arguments.channels or list(station.roles))
    watched = [_Watched(channel, period_s(channel)) for channel in channels]
    with opened(station, [channel.role for channel in channels], arguments) as hand:
        _watch(hand, watched, arguments)
    return 0


def period_s(channel: Channel) -> float:
    """How often a channel is read."""
    period_ns = channel.attribute.update_ns or channel.attribute.poll_ns
    return max(_FASTEST_S, period_ns / 1e9) if period_ns else _USUAL_S


def _watch(hand: ByHand, watched: Sequence[_Watched], arguments: argparse.Namespace) -> None:
    ended = Event()
    ports = {
        item.channel.port: [w for w in watched if w.channel.port == item.channel.port] for item in watched
    }
    printed = arguments.json or not sys.stdout.isatty()
    threads = [
        Thread(target=_poll, args=(hand, items, arguments.count, ended, printed, arguments.json), daemon=True)
        for items in ports.values()
    ]
    for thread in threads:
        thread.start()
    try:
        with suppress(KeyboardInterrupt):
            if printed:
                _join(threads)
            else:
                _show(watched, threads)
    finally:
        ended.set()
        _join(threads)
    tell("instruments stay as they are")


def _join(threads: Sequence[Thread]) -> None:
    for thread in threads:
        thread.join()


def _poll(
    hand: ByHand, items: Sequence[_Watched], count: int | None, ended: Event, printed: bool, as_lines: bool
) -> None:
    """Read what is due on one wire, what is due together in one exchange."""
    while not ended.is_set():
        left = [item for item in items if count is None or item.count < count]
        if not left:
            return
        now = time.monotonic()
        due = [item for item in left if item.due_s <= now]
        if not due:
            ended.wait(min(item.due_s for item in left) - now)
            continue
        readings = hand.read([item.channel for item in due])
        for item in due:
            item.take(readings[item.channel.name])
            item.due_s = max(item.due_s + item.period_s, now)
            if printed:
                _print(item, as_lines)


def _print(item: _Watched, as_lines: bool) -> None:
    assert item.reading is not None
    if as_lines:
        print_json_line({"channel": item.channel.name, **as_json(item.channel, item.reading)})
    else:
        say(f"{time.strftime('%H:%M:%S')}  {item.channel.name}  {shown(item.channel, item.reading)}")


def _show(watched: Sequence[_Watched], threads: Sequence[Thread]) -> None:
    from rich.live import Live  # late: 40 ms

    with Live(_table(watched), auto_refresh=False, transient=False) as live:
        while any(thread.is_alive() for thread in threads):
            time.sleep(_FASTEST_S)
            live.update(_table(watched), refresh=True)


def _table(watched: Sequence[_Watched]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("channel", "value", "age", "readings", "failed"):
        table.add_column(name, justify="right" if name in ("age", "readings", "failed") else "left")
    now = time.monotonic()
    for item in watched:
        cell, age, style = "...", "", "dim"
        if item.reading is not None:
            cell, age = escape(shown(item.channel, item.reading)), f"{now - item.taken_s:.1f} s"
            style = "red" if item.reading.fault is not None else ""
        failed = str(item.failed) if item.failed else ""
        table.add_row(item.channel.name, cell, age, str(item.count), failed, style=style)
    return table
