"""`shotlane serve`: instruments, or a queue for sequences, for other programs, until Ctrl-C or SIGTERM."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from shotlane.api import DeviceServer, RunServer
from shotlane.cli._output import Complaint, print_report, say, store_complaints, tell
from shotlane.diagnostics import DocumentError, Report
from shotlane.instruments import InstrumentError, InUseError
from shotlane.sessions import NotSafeError, SessionError


def main(arguments: argparse.Namespace) -> int:
    """Serve: 0 stopped with all safe, 2 mistakes and nothing touched, 3 in use, silent or not safe.

    With `--runs` 4 when a run had to be ended.
    """
    with _complaints(), store_complaints():
        if arguments.runs:
            return _serve_runs(arguments)
        if arguments.station is None:
            raise Complaint("say which station: shotlane serve STATION [ROLE ...], or --runs")
        server = DeviceServer(
            arguments.station,
            arguments.roles or None,
            listen=arguments.listen,
            token_file=arguments.token_file,
            certificate=arguments.certificate,
            key=arguments.key,
            store=arguments.store,
            mock=arguments.mock,
        )
        server.launch(lambda one: _tell(one, ", ".join(one.roles), show=arguments.show_token))
    return 0


def _serve_runs(arguments: argparse.Namespace) -> int:
    if arguments.roles:
        raise Complaint("--runs takes a station, and no instruments: a sequence says which it needs")
    server = RunServer(
        station=arguments.station,
        listen=arguments.listen,
        token_file=arguments.token_file,
        certificate=arguments.certificate,
        key=arguments.key,
        store=arguments.store,
        mock=arguments.mock,
        tell=tell,
    )
    return 4 if server.launch(lambda one: _tell(one, "runs", show=arguments.show_token)) else 0


def _tell(server: DeviceServer | RunServer, what: str, *, show: bool) -> None:
    """What a client needs. The token itself is for who asks for it alone."""
    assert server.token_file is not None
    say(f"serves    {what}")
    say(f"address   {server.address}")
    say(f"token     {server.token_file.read_text('ascii').strip() if show else server.token_file}")


@contextmanager
def _complaints() -> Iterator[None]:
    """Tell what a person must mend."""
    try:
        yield
    except DocumentError as error:
        report = Report()
        for item in error.diagnostics:
            report.add(item)
        print_report(report)
        raise Complaint("nothing is served") from error
    except (NotSafeError, InUseError, InstrumentError) as error:
        raise Complaint(str(error), 3) from error
    except SessionError as error:
        raise Complaint(str(error)) from error
