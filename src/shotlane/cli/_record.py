"""`shotlane record`: the data logger in one line.

Everything that was asked for is checked before anything is opened; the sink is opened before the instruments.
Ctrl-C, SIGTERM and a lost terminal end it as its time does: what was read is written, and told.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from shotlane.acquisition import Recording, Sink, SinkError
from shotlane.api import record_station
from shotlane.cli._in_use import in_use_complaint, tell_waiting, wait_s
from shotlane.cli._output import Complaint
from shotlane.cli._record_asked import options_of, sink_of
from shotlane.cli._record_end import Ended, tell_end
from shotlane.cli._record_logger import Logger, asked_to_end
from shotlane.cli._record_view import get_ready, view_for
from shotlane.cli._station_named import station_named
from shotlane.execution import TimingRefusedError
from shotlane.instruments import InUseError, PoolError, ResolvedStation, lock_instruments


def main(arguments: argparse.Namespace) -> int:
    """Record to the end: 0 done, 2 nothing was touched, 3 errored, 4 ended before its time."""
    options, sink = options_of(arguments), sink_of(arguments)
    station = station_named(arguments.station, mock=arguments.mock)
    lock = partial(
        lock_instruments,
        what=lambda: "shotlane record",
        wait_s=wait_s(arguments.wait),
        waiting=partial(tell_waiting, station),
    )
    try:
        with _complaints(station):
            recording = record_station(station, arguments.channels or None, options, lock=lock)
        return _log(recording, sink, station, arguments)
    except KeyboardInterrupt as error:
        raise Complaint("ended before it began; nothing was recorded", 4) from error


@contextmanager
def _complaints(station: ResolvedStation) -> Iterator[None]:
    try:
        yield
    except (ValueError, SinkError) as error:  # a name that is none; a sink that cannot be used
        raise Complaint(f"{error}\nnothing was touched") from error
    except TimingRefusedError as error:
        raise Complaint(f"real-time priority cannot be had: {error}; nothing was touched") from error
    except InUseError as error:
        raise in_use_complaint(error, station) from error
    except PoolError as error:
        told = "\n".join(f"{role}: {fault.message}" for role, fault in error.faults.items())
        raise Complaint(f"not every instrument could be opened\n{told}\nnothing was recorded", 3) from error


def _log(
    recording: Recording, sink: Sink | None, station: ResolvedStation, arguments: argparse.Namespace
) -> int:
    get_ready(arguments)
    with ExitStack() as stack:
        with _complaints(station):
            _enter(stack, recording, sink, is_new=not arguments.append)
        ending = stack.enter_context(asked_to_end())
        logger = Logger(recording, sink)
        with view_for(logger, arguments) as view:
            logger.start()
            while logger.is_alive():
                logger.join(view.interval_s)
                if ending.by is not None:
                    recording.stop()
                view.draw()
        recording.stop()
    if logger.error is not None:
        raise logger.error
    ended = Ended(logger, recording.summary, sink, ending.by, arguments.length)
    return tell_end(ended, arguments)


def _enter(stack: ExitStack, recording: Recording, sink: Sink | None, *, is_new: bool) -> None:
    """Open the sink, then the instruments; without these, a file that was begun goes again."""
    if sink is None:
        stack.enter_context(recording)
        return
    try:
        stack.enter_context(sink)
    except OSError as error:
        raise SinkError(f"{sink.target()} cannot be written: {error.strerror or error}") from error
    made = sink.files() if is_new else ()
    try:
        stack.enter_context(recording)
    except BaseException:
        sink.close()
        for path in made:
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise
