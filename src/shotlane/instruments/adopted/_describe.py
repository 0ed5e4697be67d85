"""Ask the drivers of a station what they declare: each is imported, locked, opened once and closed.

The only place besides a run where foreign packages are imported. A driver that cannot be opened is told, and
what the lock said of it before is kept.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path as FilePath

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.instruments.adopted._definition import driver_name, foreign_resource
from shotlane.instruments.adopted._faults import translated
from shotlane.instruments.adopted._lockfile import (
    LockedInstrument,
    StationLock,
    lock_of,
    lock_path,
    read_lock,
)
from shotlane.instruments.adopted._lockfile_text import lock_text, write_lock
from shotlane.instruments.adopted.adapters import Request, make_foreign
from shotlane.instruments.definition._adoption import ADAPTERS, DriverName
from shotlane.instruments.definition._contract import Driver, Identity, InstrumentError
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.pool._locks import InUseError, PortLocks, in_use_by
from shotlane.model import Station, StationInstrument


@dataclass(frozen=True, slots=True)
class Described:
    """What the drivers of a station declare now, and which could not be asked."""

    lock: StationLock
    path: FilePath
    faults: Mapping[str, InstrumentError]

    @property
    def text(self) -> str:
        """The lock file."""
        return lock_text(self.lock)

    @property
    def is_written(self) -> bool:
        """Whether the file says this already."""
        return self.path.is_file() and self.path.read_text(encoding="utf-8") == self.text

    def write(self) -> None:
        """Write the lock file."""
        write_lock(self.lock, self.path)


def describe_station(station: Station, document: Document, report: Report, *, folder: FilePath) -> Described:
    """Open every driver of a station and ask it. `folder` is the station's; `report` takes its faults."""
    # A damaged lock is written anew; what it said is no fault here.
    before = read_lock(document, folder, Report())
    known = before[0].instruments if before and before[0] else {}
    found: dict[str, LockedInstrument] = {}
    faults: dict[str, InstrumentError] = {}
    for role, item in station.instruments.items():
        if item.driver is None or item.instrument is not None:
            continue
        request = _request(role, item, document, report, folder)
        if request is None:
            continue
        try:
            found[role] = _ask(request, station.station)
        except InstrumentError as error:
            faults[role] = error
            if role in known:
                found[role] = known[role]
    lock = StationLock(station=station.station, instruments=found)
    return Described(lock, lock_path(document, folder), faults)


def _request(
    role: str, item: StationInstrument, document: Document, report: Report, folder: FilePath
) -> Request | None:
    at: Path = ("instruments", role)
    name = driver_name(item.driver or "", document, at, report)
    if name is None:
        return None
    timeout_ns = ValueReader(report, document, "STA131").duration_ns((*at, "timeout"), item.timeout)
    resource = foreign_resource(item.resource, role, folder)
    timeout_s = (timeout_ns or 1_000_000_000) / 1e9
    return Request(role, name, resource, item.options, timeout_s, folder, lambda type_, fields: None)


def _ask(request: Request, station: str) -> LockedInstrument:
    """Open, ask, close, while no other process uses it. Raises `InstrumentError`."""
    secrets = Secrets()
    options, resource = secrets.put_in_options(request.options), secrets.put_in_resource(request.resource)
    with PortLocks(station, what=lambda: "shotlane instruments describe") as locks:
        try:
            locks.take({request.role: resource})
        except InUseError as error:
            message = f"{request.role} is {in_use_by(error.holders[request.role])}"
            raise InstrumentError("disconnected", message) from error
        try:
            return _asked(request, replace(request, options=options, resource=resource))
        except InstrumentError as error:
            raise InstrumentError(error.fault, secrets.mask(error.message)) from None


def _asked(request: Request, known: Request) -> LockedInstrument:
    """What the driver says. `known`: the request with its secrets, which nothing that is kept may hold."""
    with translated("open", "describe", request.resource.text):
        driver = make_foreign(known)
        try:
            # A simulated one is nowhere: many drivers know what they declare before they are opened.
            identity = Identity() if request.resource.scheme == "sim" else driver.open()
            return _declared(request, driver, identity)
        finally:
            with suppress(Exception):
                driver.close()


def _declared(request: Request, driver: Driver, identity: Identity) -> LockedInstrument:
    return lock_of(
        request.name.text,
        request.options,
        driver.attributes(),
        driver.commands(),
        assumed=frozenset(getattr(driver, "assumed", ())),
        package=_package(request.name),
        identity={key: str(value) for key, value in asdict(identity).items() if value is not None},
    )


def _package(name: DriverName) -> str | None:
    """The package that a driver of somebody else comes from, with its version."""
    if name.kind not in ADAPTERS:
        return None
    # alicatlib and watlowlib name a kind of device, the others a class or package.
    module = name.kind if name.kind.endswith("lib") else name.target.partition(".")[0].partition(":")[0]
    for package in packages_distributions().get(module, [module]):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    return None
