"""What is shown while `shotlane record` goes on: a table on a terminal, else a line per reading.

Without a terminal, a recording that goes into a sink says now and then how it stands.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from shotlane.acquisition import Batch, Sample
from shotlane.cli._output import tell
from shotlane.cli._record_logger import Logger
from shotlane.cli._text import count, lateness, one_line, value

_SLOW_S = 0.2
_NOW_AND_THEN_S = 10.0


class View(Protocol):
    """Drawn again and again by the main thread."""

    interval_s: float

    def draw(self) -> None:
        """Show how it stands."""


def shows_table(arguments: argparse.Namespace) -> bool:
    """Whether somebody looks on."""
    return sys.stdout.isatty() and not arguments.json and not arguments.quiet


def get_ready(arguments: argparse.Namespace) -> None:
    """Import what the view needs: before, and not while ticks are kept."""
    if shows_table(arguments):
        import_module("shotlane.cli._record_table")


@contextmanager
def view_for(logger: Logger, arguments: argparse.Namespace) -> Iterator[View]:
    """The view that fits where standard output goes."""
    head = _head(logger, arguments)
    if shows_table(arguments):
        from shotlane.cli._record_table import record_table  # late: rich, 40 ms

        with record_table(logger, head) as table:
            yield table
        return
    if logger.sink is None and not arguments.quiet:
        logger.look = _print_json if arguments.json else _print_text
    told = logger.sink is not None and not arguments.quiet and not arguments.json
    if told:
        tell(head)
    yield _NowAndThen(logger, told=told)


def _head(logger: Logger, arguments: argparse.Namespace) -> str:
    where = "" if logger.sink is None else f" into {logger.sink.target()}"
    length = "until Ctrl-C" if arguments.length is None else f"for {arguments.length}"
    what = count(len(logger.seen), "channel")
    return f"recording {what} of {arguments.station} at {arguments.rate}{where}, {length}"


class _NowAndThen:
    """A line on standard error, seldom."""

    interval_s = _SLOW_S

    def __init__(self, logger: Logger, *, told: bool) -> None:
        self._logger = logger
        self._told = told
        self._due_s = time.monotonic() + _NOW_AND_THEN_S

    def draw(self) -> None:
        """Say how it stands, when it is time to."""
        if self._told and time.monotonic() >= self._due_s:
            self._due_s += _NOW_AND_THEN_S
            tell(standing(self._logger))


def standing(logger: Logger) -> str:
    """Counts, lateness and what is written, in one line."""
    summary, outlet = logger.recording.summary, logger.statistics()
    bad = [("late", summary.late), ("failed", summary.failed), ("missed", summary.missed)]
    bad += [("dropped", summary.dropped), ("connections lost", summary.disconnects)]
    parts = [f"{summary.ok:,} ok", *(f"{number:,} {name}" for name, number in bad if number)]
    if summary.lateness is not None:
        parts.append(f"lateness p99 {lateness(summary.lateness.p99_ns)}")
    if outlet is not None:
        parts.append(f"{outlet.written:,} written")
        if outlet.chunks_spooled:
            parts.append(f"{count(outlet.chunks_spooled, 'chunk')} wait on the disk: {outlet.last_error}")
    return ", ".join(parts)


def cell(sample: Sample) -> str:
    """A reading in one cell: its value with its unit, or why there is none."""
    return one_line(_told(sample))


def _told(sample: Sample) -> str:
    if sample.fault is not None:
        return f"{sample.fault}: {sample.raw}"
    if sample.value is None:
        return f"no value ({sample.raw})"
    shape = getattr(sample.value, "shape", ())
    if shape:
        return f"array of {' x '.join(map(str, shape))} {sample.unit or ''}".rstrip()
    return value(_plain(sample.value), sample.unit)


def _plain(number: Any) -> Any:
    return number.item() if hasattr(number, "item") else number


def _print_text(batch: Batch) -> None:
    _print(f"{_clock(sample)}  {sample.name}  {cell(sample)}" for sample in batch)


def _clock(sample: Sample) -> str:
    return sample.target.astimezone().strftime("%H:%M:%S.%f")[:-3]


def _print_json(batch: Batch) -> None:
    _print(json.dumps(_as_json(sample), ensure_ascii=False, default=str) for sample in batch)


def _as_json(sample: Sample) -> dict[str, Any]:
    found = sample.value
    return {
        "channel": sample.name,
        "tick": sample.tick,
        "target_at": sample.target.isoformat(),
        "value": found.tolist() if hasattr(found, "tolist") else found,
        "unit": sample.unit,
        "status": sample.status.name.lower(),
        "lateness_s": sample.lateness_s,
        "latency_s": sample.latency_s,
        "fault": sample.fault,
        "raw": sample.raw,
    }


def _print(lines: Iterator[str]) -> None:
    """At once; that the reader has gone ends the recording, which is for nobody else."""
    encoding = sys.stdout.encoding or "utf-8"
    text = "".join(f"{line}\n" for line in lines)
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
