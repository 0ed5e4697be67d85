"""`shotlane simulate`: the instruments of a station on real protocols, until Ctrl-C or SIGTERM."""

import argparse
import signal

from shotlane.api import find_file
from shotlane.cli._output import Complaint, print_report, say, tell
from shotlane.cli._text import table
from shotlane.diagnostics import Report
from shotlane.serving import ServingError, serve

_STOPS = {signal.SIGINT, signal.SIGTERM}


def main(arguments: argparse.Namespace) -> int:
    """Serve: 0 when it was stopped, 2 when the station has mistakes or an address is taken."""
    # Before any thread starts, so that all of them leave the signals to `sigwait`.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    report = Report()
    try:
        path = find_file(arguments.station, report)
        served = path and serve(
            path,
            report,
            into=arguments.folder,
            port=arguments.port,
            log=arguments.log,
            seed=arguments.seed,
        )
        print_report(report)
        if not served:
            raise Complaint("nothing is served")
        with served:
            say(table(["instrument", "address"], [list(pair) for pair in served.resources.items()]))
            if served.not_served:
                tell(f"not served, because they are drivers in Python: {', '.join(served.not_served)}")
            say(f"\nready: run-sequence -s {served.file}")
            signal.sigwait(_STOPS)
    except ServingError as error:
        raise Complaint(f"it cannot be served: {error}") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 0
