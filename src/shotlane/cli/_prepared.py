"""A sequence or a saved plan, made ready: every verb that takes either takes it from here."""

from pathlib import Path

from shotlane.api import Options, Prepared, prepare, prepare_saved
from shotlane.diagnostics import Report


def prepare_any(path: Path, report: Report, options: Options) -> Prepared | None:
    """What is in a file, ready to run; None when the report has errors."""
    from shotlane.plan import is_plan_file  # late: --help needs none of it

    return prepare_saved(path, report, options) if is_plan_file(path) else prepare(path, report, options)
