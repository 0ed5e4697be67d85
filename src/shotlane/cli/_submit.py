"""`shotlane submit`: a sequence for the manager of another machine."""

import argparse

from shotlane.api import Experiment, ManagerError, Submission, parse_overrides
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say
from shotlane.diagnostics import DocumentError, Report
from shotlane.plan import GivenBy
from shotlane.sessions import SessionError


def main(arguments: argparse.Namespace) -> int:
    """Hand in: 0 when it is in the queue, with `--follow` as it ended; 2 mistakes, 3 nobody takes it."""
    report = Report()
    parameters = parse_overrides(arguments.parameters, report)
    try:
        report.raise_if_errors()
        submission = _experiment(arguments).submit(
            arguments.file,
            parameters,
            station=arguments.station,
            mock=arguments.mock,
            virtual_time=arguments.virtual_time,
            confirm=arguments.confirm,
        )
        if arguments.follow:
            submission.carry_out()
            submission.result(check=False)
    except DocumentError as error:
        for item in error.diagnostics:
            report.add(item)
        print_report(report, form_of(arguments))
        return 2
    except FileNotFoundError as error:
        raise Complaint(str(error)) from error
    except (ManagerError, SessionError) as error:
        raise Complaint(str(error), 3) from error
    _tell(submission, arguments)
    return 0 if submission.run is None else submission.run.outcome.exit_status


class _Typed(Experiment):
    """Whose parameters are typed."""

    _given = GivenBy.COMMAND_LINE


def _experiment(arguments: argparse.Namespace) -> Experiment:
    experiment = _Typed()
    experiment.configure_experiment_manager("remote", address=arguments.address, token=arguments.token_file)
    return experiment


def _tell(submission: Submission, arguments: argparse.Namespace) -> None:
    run = submission.run
    told = {
        "key": submission.key,
        "state": submission.state.value,
        "run": submission.number,
        "outcome": None if run is None else run.outcome.value,
        "reason": None if run is None else run.result.reason,
    }
    if form_of(arguments) == "json":
        print_json(told)
    else:
        say("  ".join(f"{name} {value}" for name, value in told.items() if value is not None))
