"""A run inside a session: the same machinery as any, with the session's locks, and its key as the parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shotlane.api._given_parameters import given_parameters
from shotlane.api._in_order import start_in_order
from shotlane.api._prepare import Options, Prepared, prepare, refuse_unanswered
from shotlane.api._ready import refuse_unready
from shotlane.api._run import STORE_WAIT_S, Run
from shotlane.api._within import Within
from shotlane.diagnostics import Report, did_you_mean
from shotlane.instruments import PortLocks
from shotlane.plan import GivenBy
from shotlane.project import Project, find_sequence
from shotlane.sessions import SessionError

# What `run` takes: decided here for each run, and decided by the session for all of them.
FREE = ("virtual_time", "seed", "wait", "wait_for_store", "confirm", "timing", "asker")
DECIDED = {
    "station": "a run inside a session is at its station",
    "store": "a run inside a session is recorded in its store",
    "mock": "a run inside a session has its instruments, simulated or not",
}


def options_inside(given: Mapping[str, Any], *, mock: bool) -> dict[str, Any]:
    """The options of a run inside a session.

    Raises `SessionError` for one that the session has decided otherwise, `TypeError` for one that is none.
    """
    for name, value in given.items():
        if name not in FREE and name not in DECIDED:
            help = did_you_mean(name, FREE, what="options")
            raise TypeError(f"a run inside a session has no option '{name}'; {help}")
        if name in DECIDED and value is not None and (name, value) != ("mock", mock):
            raise SessionError(
                f"{name}={value!r}: {DECIDED[name]}", f"leave it out, or say {name}= to connect"
            )
    return {name: value for name, value in given.items() if name in FREE}


@dataclass(frozen=True, slots=True)
class InsideRun:
    """A sequence that was found sound, and how it shall be run."""

    prepared: Prepared
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def roles(self) -> Sequence[str]:
        """The instruments that it will open, with those of what runs before and after it."""
        parts = (self.prepared, self.prepared.before, self.prepared.after)
        return list(dict.fromkeys(role for part in parts if part is not None for role in part.plan.roles))

    def start(self, session: int, locks: PortLocks) -> Run:
        """Run it, and return when it has ended."""
        return start_in_order(self.prepared, within=Within(session, locks), **self.options)


def prepare_inside(
    sequence: str | Path,
    station: Path,
    store: str,
    project: Project,
    *,
    mock: bool,
    parameters: Mapping[str, object] | None = None,
    virtual_time: bool = False,
    seed: int | None = None,
    wait: float = 0.0,
    wait_for_store: float = STORE_WAIT_S,
    confirm: bool = False,
    timing: Any = None,
    asker: Any = None,
) -> InsideRun:
    """Find and check a sequence; its records go where the session's go. Raises `DocumentError`."""
    report = Report()
    overrides = given_parameters(sequence, parameters)
    options = Options(str(station), overrides, mock, virtual_time, confirm, given=GivenBy.PYTHON)
    path = find_sequence(sequence, project.folder) or Path(sequence)
    prepared = prepare(path, report, options)
    if prepared is not None:
        refuse_unanswered(prepared, report)
        refuse_unready(prepared, report, attended=asker is not None)
    report.raise_if_errors()
    assert prepared is not None
    how = {"seed": seed, "wait_s": wait, "timing": timing, "asker": asker, "store": store}
    how["store_wait_s"] = wait_for_store
    return InsideRun(_with_data(prepared, project), how)


def _with_data(prepared: Prepared, project: Project) -> Prepared:
    """The same with the spool of the session's folder."""
    return replace(prepared, project=replace(prepared.project, data=str(project.data_folder)))
