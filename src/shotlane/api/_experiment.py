"""`shotlane.Experiment`: store, retry, extensions and a queue of sequences, wired in one object.

What is not said here is taken from the project's `shotlane.yaml`, as by every other way to run a sequence.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict, Unpack

from pydantic import ValidationError

from shotlane.api._given_parameters import given_parameters
from shotlane.api._manager import LocalManager
from shotlane.api._prepare import Options
from shotlane.api._run import Run
from shotlane.api._submission import Submission
from shotlane.api._timing import TimingName
from shotlane.diagnostics import Report, did_you_mean
from shotlane.execution import Asker
from shotlane.instruments import register_driver, register_maker
from shotlane.model import Retry, register_kind
from shotlane.plan import GivenBy
from shotlane.project import Project, find_project, find_sequence, find_station, no_such_sequence

if TYPE_CHECKING:
    from shotlane.analysis import Store
    from shotlane.api._device_server import DeviceServer
    from shotlane.api._remote_manager import RemoteManager

_LOCAL = "local"
_LOCATIONS = (_LOCAL, "remote")


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

    _given: ClassVar[GivenBy] = GivenBy.PYTHON  # where parameters come from, for messages

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
        self._mock = mock
        self._timing = timing
        self._retry: str | None = None
        self._manager: LocalManager | RemoteManager = LocalManager()
        self.configure_storage(store)
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
        """Record further runs in another store, a URL; None: that of the project.

        Raises `StoreError` for what is no address of one; whether it is there is seen when a run begins.
        """
        if store is not None:
            from shotlane.store import shown_address  # late: SQLAlchemy, where it is a server

            shown_address(store)
        self._store = store

    def configure_shot_retry(self, retry: Mapping[str, Any] | None) -> None:
        """What happens after a fault, for sequences that do not say; None: what the project says.

        The keys are those of `retry` in a sequence; raises `ValueError` for others and for what they cannot
        be, `TypeError` for what is no mapping. What is wrong with a time is told when a sequence is run.
        """
        if retry is not None:
            _check_keys(retry)
            _check_values(retry)
        self._retry = None if retry is None else json.dumps({"retry": dict(retry)})

    def configure_experiment_manager(
        self, location: str, *, address: str | None = None, token: str | Path | None = None
    ) -> None:
        """Where sequences are carried out from now on: `local` is this process, `remote` another machine.

        `address`: what `shotlane serve --runs` prints there; `token` as `remote_instrument` takes it. Runs
        are recorded there then. Raises `ValueError`, and `SessionError` for what is no address.
        """
        if location not in _LOCATIONS:
            raise ValueError(
                f"there is no manager '{location}'; {did_you_mean(location, _LOCATIONS, what='there are')}"
            )
        if (location == _LOCAL) != (address is None):
            raise ValueError("a remote manager has an address, and a local one has none")
        if address is None:
            self._manager = LocalManager()
            return
        from shotlane.api._remote_manager import RemoteManager  # late: few programs need it

        self._manager = RemoteManager(address, token)

    def register_device_extension(self, name: str, driver: type) -> None:
        """Let stations of this process name a driver class: `driver: NAME`. Raises `ValueError`."""
        register_driver(name, driver)

    def register_device_server(self, name: str, address: str, *, token: str | Path | None = None) -> None:
        """Let stations of this process use the instruments of a server: `driver: NAME`.

        `address` and `token` as `shotlane.remote_instrument` takes them; a role is that of the same name
        there, or `options: {instrument: ...}`. Raises `SessionError` for what is no address.
        """
        from shotlane.sessions import Served  # late: few programs need it

        register_maker(name, Served(address, token))

    def launch_device_server(
        self,
        station: str | Path | None = None,
        roles: str | Iterable[str] | None = None,
        *,
        listen: str | None = None,
        token_file: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        ready: Callable[["DeviceServer"], object] | None = None,
    ) -> None:
        """Serve instruments of a station until Ctrl-C or SIGTERM, which leave them safe.

        As `shotlane.DeviceServer`, which is for a `with` block; `ready` is called with one when it can be
        reached. Raises `NotSafeError` when an instrument could not be made safe.
        """
        from shotlane.api._device_server import DeviceServer  # late: few programs serve

        server = DeviceServer(
            self._station_file(station),
            roles,
            listen=listen,
            token_file=token_file,
            certificate=certificate,
            key=key,
            store=self._store,
            mock=self._mock,
        )
        server.launch(ready)

    def _station_file(self, station: str | Path | None) -> str | Path | None:
        """A station of this project, wherever the program runs."""
        name = station or self._station or self._project.station
        return name and (find_station(str(name), self._project) or name)

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

    def submitted(self, key: str) -> Submission:
        """What was handed in at a remote manager under this key (`submission.key`), by whatever program.

        Raises `ManagerError` when it knows none, or is in this process.
        """
        return self._manager.submitted(key)

    @property
    def going(self) -> bool:
        """Whether something that this program handed in has not ended."""
        return self._manager.going

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End all that this program handed in, running or waiting. Returns at once."""
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
        overrides = given_parameters(sequence, parameters)
        path = self._file(sequence)
        unknown = next((name for name in how if name not in How.__annotations__), None)
        if unknown is not None:
            help = did_you_mean(unknown, How.__annotations__, what="options")
            raise TypeError(f"there is no option '{unknown}'; {help}")
        options = Options(
            how.get("station", self._station),
            overrides,
            how.get("mock", self._mock),
            how.get("virtual_time", False),
            how.get("confirm", False),
            self._retry,
            self._given,
        )
        terms = {
            "store": how.get("store", self._store),
            "timing": how.get("timing", self._timing),
            "seed": how.get("seed"),
            "wait_s": how.get("wait", 0.0),
            "asker": how.get("asker"),
        }
        return self._manager.submission(path, options, terms)

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


def _check_keys(retry: object) -> None:
    keys = list(Retry.model_fields)
    if not isinstance(retry, Mapping):
        raise TypeError(
            f"a retry policy is a mapping with the keys {', '.join(keys)}; write {{'attempts': 3}}"
        )
    for key in retry:
        if key not in keys:
            help = did_you_mean(str(key), keys, what="keys")
            raise ValueError(f"a retry policy has no key '{key}'; {help}")


def _check_values(retry: Mapping[str, Any]) -> None:
    try:
        Retry.model_validate_json(json.dumps(dict(retry)))
    except ValidationError as error:
        found = error.errors()[0]
        key = str(found["loc"][0])
        told = f"{found['msg'][0].lower()}{found['msg'][1:]}"
        raise ValueError(f"'{key}' of a retry policy is {retry[key]!r}: {told}") from None
