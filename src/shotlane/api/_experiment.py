"""`shotlane.Experiment`: store, retry, extensions and a queue of sequences, wired in one object.

What is not said here is taken from the project's `shotlane.yaml`, as by every other way to run a sequence.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from shotlane.api._in_order import start_in_order
from shotlane.api._manager import LocalManager
from shotlane.api._prepare import Options, prepare, refuse_unanswered
from shotlane.api._project import Project, find_project, find_sequence, no_such_sequence
from shotlane.api._ready import refuse_unready
from shotlane.api._run import Run
from shotlane.api._submission import Submission
from shotlane.api._timing import TimingName
from shotlane.diagnostics import Report, did_you_mean
from shotlane.execution import Asker, Control, Progress
from shotlane.instruments import register_driver, register_maker
from shotlane.model import register_kind

if TYPE_CHECKING:
    from shotlane.analysis import Store

_LOCAL = "local"


class How(TypedDict, total=False):
    """How a sequence is run, as `shotlane.run` says."""

    station: str | None
    mock: bool
    virtual_time: bool
    confirm: bool
    store: str | None
    timing: TimingName | None
    seed: int | None
    wait: float
    asker: Asker | None


class Experiment:
    """One experiment of a project folder.

    `folder`: where `shotlane.yaml`, `stations/` and `sequences/` are found. `station`, `store` and `timing`
    stand for those of the project, `mock` simulates every instrument. `retry` holds for sequences that have
    no `retry` of their own, with the same keys. Raises `DocumentError` when the project's settings are wrong.
    """

    def __init__(
        self,
        folder: str | Path = ".",
        *,
        station: str | None = None,
        store: str | None = None,
        retry: Mapping[str, Any] | None = None,
        mock: bool = False,
        timing: TimingName | None = None,
    ) -> None:
        report = Report()
        self._project = find_project(Path(folder), report)
        report.raise_if_errors()
        self._station = station
        self._store = store
        self._mock = mock
        self._timing = timing
        self._retry: str | None = None
        self._manager = LocalManager()
        self.configure_shot_retry(retry)

    def __repr__(self) -> str:
        return f"<experiment in {self._project.folder}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the queue; after an exception, and with Ctrl-C while waiting, end it.

        Raises what went wrong with submissions that nobody has asked, as an `ExceptionGroup`.
        """
        try:
            if error is None:
                self._manager.join()
        except BaseException as interruption:
            self._end(interruption)
            raise
        if error is None:
            self._raise_unheard()
        else:
            self._end(error)

    def _end(self, error: BaseException) -> None:
        """End the queue, and note with an exception what went wrong beside it."""
        self.interrupt(f"ended by {type(error).__name__}")
        self._manager.join()
        self._note_unheard(error)

    def _raise_unheard(self) -> None:
        """Raise what went wrong with submissions that nobody has asked how they ended."""
        found = self._manager.unheard()
        if found:
            names = ", ".join(one.sequence.stem for one in found)
            faults = [fault for one in found if (fault := one.unheard) is not None]
            raise BaseExceptionGroup(
                f"submissions that did not end well, and were not asked: {names}", faults
            )

    def _note_unheard(self, error: BaseException) -> None:
        """The same as notes of an exception that is raised anyway."""
        for one in self._manager.unheard():
            fault = one.unheard
            error.add_note(f"{one.sequence.stem} did not end well either: {type(fault).__name__}: {fault}")

    @property
    def project(self) -> Project:
        """The folder with its settings."""
        return self._project

    @property
    def store(self) -> str:
        """Where runs are recorded; it may hold a password."""
        return self._store or self._project.store_url

    # What it is made of

    def configure_storage(self, store: str | None) -> None:
        """Record further runs in another store, a URL; None: that of the project."""
        self._store = store

    def configure_shot_retry(self, retry: Mapping[str, Any] | None) -> None:
        """What happens after a fault, for sequences that do not say; None: what the project says.

        The keys are those of `retry` in a sequence. What is wrong with it is told when a sequence is run.
        """
        self._retry = None if retry is None else json.dumps({"retry": dict(retry)})

    def configure_experiment_manager(self, location: str) -> None:
        """Where sequences are carried out: `local`, which is this process. Raises `ValueError`."""
        if location != _LOCAL:
            raise ValueError(
                f"there is no manager '{location}' in this version: sequences run in this process"
            )

    def register_device_extension(self, name: str, driver: type) -> None:
        """Let stations of this process name a driver class: `driver: NAME`. Raises `ValueError`."""
        register_driver(name, driver)

    def register_device_server(self, name: str, address: str, *, token: str | None = None) -> None:
        """Let stations of this process use the instruments of a server: `driver: NAME`.

        `address` and `token` as `shotlane.remote_instrument` takes them; a role is that of the same name
        there, or `options: {instrument: ...}`. Raises `SessionError` for what is no address.
        """
        from shotlane.sessions import Served  # late: few programs need it

        register_maker(name, Served(address, token))

    def register_time_lane_extension(self, name: str, kind: type) -> None:
        """Let sequences of this process use a lane kind: `NAME:` in a lane. Raises `ValueError`."""
        register_kind(name, kind)

    # Running

    def run(
        self,
        sequence: str | Path,
        parameters: Mapping[str, object] | None = None,
        *,
        check: bool = True,
        **how: Unpack[How],
    ) -> Run:
        """Run a sequence and return when it has ended; Ctrl-C ends it with its instruments safe.

        `sequence`: a file, or the name of one in `sequences/`. `parameters`, and `how`, as `shotlane.run`
        takes them. `check`: raise `RunFailedError` unless it ended well; otherwise `Run.outcome` tells.
        """
        submission = self._submission(sequence, parameters, how)
        self._manager.carry_out(submission)
        return submission.result(check=check)

    def submit(
        self, sequence: str | Path, parameters: Mapping[str, object] | None = None, **how: Unpack[How]
    ) -> Submission:
        """Put a sequence into the queue, and return at once. Takes what `run` takes."""
        submission = self._submission(sequence, parameters, how)
        self._manager.submit(submission)
        return submission

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """What is carried out at the moment, and what waits for its turn."""
        return self._manager.submissions

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End what runs, and all that waits. Returns at once."""
        self._manager.interrupt(reason)

    def procedure(self) -> AbstractContextManager[None]:
        """Keep the queue waiting during the block, which runs several sequences as one piece."""
        return self._manager.exclusive()

    def join(self) -> None:
        """Return when the queue is empty."""
        self._manager.join()

    def _submission(
        self, sequence: str | Path, parameters: Mapping[str, object] | None, how: "How"
    ) -> Submission:
        path = self._file(sequence)
        unknown = next((name for name in how if name not in How.__annotations__), None)
        if unknown is not None:
            help = did_you_mean(unknown, How.__annotations__, what="options")
            raise TypeError(f"there is no option '{unknown}'; {help}")
        overrides = {name: str(value) for name, value in (parameters or {}).items()}
        options = Options(
            how.get("station", self._station),
            overrides,
            how.get("mock", self._mock),
            how.get("virtual_time", False),
            how.get("confirm", False),
            self._retry,
        )
        terms = {
            "store": how.get("store", self._store),
            "timing": how.get("timing", self._timing),
            "seed": how.get("seed"),
            "wait_s": how.get("wait", 0.0),
            "asker": how.get("asker"),
        }
        return Submission(path, partial(_begin, path, options, terms))

    def _file(self, sequence: str | Path) -> Path:
        """The file of a sequence, given by its path, from here or from the project, or by its name."""
        folder = self._project.folder
        found = find_sequence(sequence, folder)
        if found is None:
            raise FileNotFoundError(
                f"there is no sequence '{sequence}'; {no_such_sequence(sequence, folder)}"
            )
        return found.resolve()

    # What was recorded

    @contextmanager
    def storage_session(self) -> Iterator["Store"]:
        """The store, to find and load runs. Raises `StoreError` when there is none yet."""
        from shotlane.analysis import open_store  # late: polars

        yield open_store(self.store)

    def upgrade_database(self) -> tuple[int, int]:
        """Bring the store to the version of this program; the versions before and after."""
        from importlib.metadata import version

        from shotlane.store import upgrade_store  # late: SQLAlchemy, Alembic

        return upgrade_store(self.store, version("shotlane"))


def _begin(
    path: Path, options: Options, terms: Mapping[str, Any], control: Control, progress: Progress
) -> Run | None:
    """Check, compile and run; None when somebody interrupted before there was anything to run."""
    report = Report()
    prepared = prepare(path, report, options)
    if prepared is not None:
        refuse_unanswered(prepared, report)
        refuse_unready(prepared, report, attended=terms["asker"] is not None)
    report.raise_if_errors()
    if prepared is None or control.request is not None:
        return None
    return start_in_order(prepared, control=control, progress=progress, **terms)
