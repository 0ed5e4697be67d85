"""`connect`: a session at a station, wired to the store, the guard and the runs of this program."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.api._find_station import resolve_file, station_place
from shotlane.diagnostics import Report
from shotlane.instruments import Pool, PortLocks, ResolvedStation
from shotlane.project import Project, find_project, station_names
from shotlane.sessions import Keeper, PreparedRun, StationConnection, Tell, Wiring

if TYPE_CHECKING:
    pass


def connect(
    station: str | Path | None = None,
    data_dir: str | Path | None = None,
    mock: bool = False,
    *,
    store: str | None = None,
    safe: bool = True,
    guard: bool = True,
    keep_reads: bool = True,
) -> StationConnection:
    """Begin to work at a station; use what is returned in a `with` block, or call its `start` and `stop`.

    `station` is a name or a file; without one that of `shotlane.yaml`. It is looked for in the project of the
    current folder, then in the user's data folder. `data_dir`: the folder of the store, `shotlane.db` in it;
    `store`: its path or URL; without both that of the project. `mock` simulates every instrument, and locks
    none. `safe=False` leaves instruments as they are when they are let go of; `guard=False` does without the
    process that makes them safe when this one is killed. `keep_reads=False` keeps no value that is read.

    Raises `DocumentError` with every fault of the station. Nothing is touched before `start`.
    """
    report = Report()
    path, project = _place(station, report)
    found = None if path is None else resolve_file(path, report, mock=mock)
    report.raise_if_errors()
    assert path is not None
    assert found is not None
    project = _with_store(project, data_dir, store)
    wiring = _Wiring(found, path, project, mock=mock, guard=guard and safe, own=store is None)
    return StationConnection(found, wiring, mock=mock, safe=safe, keep_reads=keep_reads)


def _place(station: str | Path | None, report: Report) -> tuple[Path | None, Project]:
    """The file of the station, and the project that it is used in."""
    file = Path(station) if station is not None and str(station).endswith((".yaml", ".yml")) else None
    start = file.parent if file is not None and file.is_file() else Path.cwd()
    project = find_project(start, report)
    name = project.station if station is None else str(station)
    if name is None:
        known = ", ".join(station_names(project)) or "none"
        help = (
            f"connect(NAME), or write 'station: NAME' into shotlane.yaml; stations of this project: {known}"
        )
        report.error("RUN002", "no station is named", help=help)
        return None, project
    return station_place(name, project, report), project


def _with_store(project: Project, data_dir: str | Path | None, store: str | None) -> Project:
    if data_dir is not None:
        data = str(Path(data_dir).expanduser().absolute())
        project = replace(project, data=data, store=None)
    return project if store is None else replace(project, store=store)


@dataclass(frozen=True, slots=True)
class _Wiring(Wiring):
    """`own`: the store is the project's, whose folder is made."""

    station: ResolvedStation
    path: Path
    project: Project
    mock: bool
    guard: bool
    own: bool

    @property
    def store(self) -> str:
        """The address of the store."""
        return self.project.store_url

    @property
    def data(self) -> Path:
        """The folder of the data."""
        return self.project.data_folder

    def make_room(self) -> None:
        """Make the folder of the data."""
        from shotlane.api._folder import make_folder  # late: of use from here on

        if self.own and self.project.store is None:
            make_folder(self.project.data_folder)

    def keeper(self, locks: PortLocks, session: int, tell: Tell) -> Keeper | None:
        """The guard of the session, None where everything is simulated or none is wanted."""
        if not self.guard or all(one.simulated for one in self.station.definitions.values()):
            return None
        from shotlane.api._session_guard import SessionGuard, session_charge  # late: real instruments alone

        charge = session_charge(self.path, self._texts(), self.store, session, sys.path)
        return SessionGuard(charge, self.station, locks, tell)

    def _texts(self) -> Mapping[str, str]:
        """The texts of the station and its instruments by file: the guard takes them as they are now."""
        from shotlane.document import is_file

        found = {}
        for name, text in self.station.documents.items():
            places = (folder / name for folder in (Path.cwd(), self.path.parent))
            found[str(next((place.resolve() for place in places if is_file(place)), name))] = text
        return found

    def prepare(
        self, sequence: str | Path, parameters: Mapping[str, object] | None, **options: Any
    ) -> PreparedRun:
        """Find and check a sequence, for this station."""
        from shotlane.api._in_session import options_inside, prepare_inside  # late: nobody may run anything

        how = options_inside(options, mock=self.mock)
        return prepare_inside(
            sequence, self.path, self.store, self.project, mock=self.mock, parameters=parameters, **how
        )

    def record(self, pool: Pool, channels: Sequence[str], **options: Any) -> Any:
        """Record channels of opened instruments."""
        from shotlane.api._record import record  # late: few sessions do

        return record(pool, channels, **options)
