"""Who may speak to an instrument: one process at a time, whatever station file it goes by.

A lock is a file in a folder of the user (of several users, where the environment names one), locked by the
operating system, which lets go of it when the process ends, however it ends. Beside it stands who holds it,
for messages only: what it says never decides anything. All locks of an opening are taken together or none is,
so that two processes that wait for each other's instruments cannot block one another. Who waits gets them in
the order of coming.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from shotlane.instruments.definition._definition import Resource
from shotlane.instruments.pool._holder import (
    FOLDER_VARIABLE,
    Holder,
    InUseError,
    in_use_by,
    lock_folder,
    lock_mode,
    myself,
)
from shotlane.instruments.pool._inherited import InheritedLock, descriptor_of
from shotlane.instruments.pool._lock_address import is_left, lock_address
from shotlane.instruments.pool._queue import Queue, Ticket

__all__ = ["FOLDER_VARIABLE", "Holder", "InUseError", "PortLocks", "in_use_by"]

_POLL_S = 0.1


class PortLocks:
    """The locks of one pool; any thread may use them.

    `what` says what the process does at the moment.
    """

    def __init__(self, station: str, *, folder: Path | None = None, what: Callable[[], str] = str) -> None:
        self._station = station
        self._folder = folder
        self._what = what
        # By address: the lock, and a role that is there.
        self._held: dict[str, tuple[FileLock | InheritedLock, str]] = {}
        self._places: dict[str, str] = {}  # by role, the address that it was taken under
        self._turn = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def addresses(self) -> tuple[str, ...]:
        """What is held."""
        return tuple(self._held)

    @property
    def station(self) -> str:
        """The station that the instruments belong to, for messages."""
        return self._station

    @property
    def folder(self) -> Path | None:
        """Where the locks are kept, if not with the user's."""
        return self._folder

    @property
    def roles(self) -> dict[str, str]:
        """A role by every address that is held."""
        with self._turn:
            return {address: role for address, (_, role) in self._held.items()}

    def take(
        self,
        resources: Mapping[str, Resource],
        *,
        wait_s: float = 0.0,
        waiting: Callable[[InUseError], None] | None = None,
        stopped: Callable[[], bool] = bool,
    ) -> None:
        """Take the locks of instruments, by role. Raises `InUseError`, and then none was taken.

        `wait_s`: how long to wait for others to let go, unless `stopped` says that nobody wants them now.
        `waiting` is told once, when the wait begins.
        """
        deadline = time.monotonic() + wait_s
        self._leave_places(resources)
        refused = self._take(resources, None)
        if refused is None:
            return
        if wait_s <= 0:
            raise refused
        with self._ticket(resources) as ticket:
            if waiting is not None:
                waiting(refused)
            while (refused := self._take(resources, ticket)) is not None:
                if time.monotonic() >= deadline or stopped():
                    raise refused
                time.sleep(_POLL_S)

    def _leave_places(self, resources: Mapping[str, Resource]) -> None:
        """Let go of where these were, if that is another's by now: two may have changed places."""
        with self._turn:
            for role, resource in resources.items():
                before = self._places.get(role)
                if before is not None and not is_left(resource, before):
                    continue
                self._places[role] = lock_address(resource) or ""
                if before is not None and before not in self._places.values():
                    self.leave(before)

    def leave(self, address: str) -> None:
        """Let go of one address, if it is held. Never raises."""
        with self._turn:
            if address in self._held:
                self._drop(address)

    def _take(self, resources: Mapping[str, Resource], ticket: Ticket | None) -> InUseError | None:
        """Take all that is not held yet, unless somebody has it or waits for it."""
        with self._turn:
            wanted = self._wanted(resources)
            names = {self._name(address): address for address in wanted}
            ahead = self._queue.ahead(names, ticket) if names else {}
            if not ahead:
                return self._try(wanted)
            addresses = {names[name]: owner for name, owner in ahead.items()}
            return InUseError({wanted[at]: self._holder(at) or owner for at, owner in addresses.items()})

    def _ticket(self, resources: Mapping[str, Resource]) -> Ticket:
        wanted = self._wanted(resources)
        role = next(iter(wanted.values()), "")
        what = f"waiting to do {self._what()}" if self._what() else "waiting for it"
        return self._queue.enter([self._name(one) for one in wanted], myself(role, self._station, what))

    def holder_of(self, resource: Resource) -> Holder | None:
        """Who says that it uses an instrument, and lives; without touching the lock, so for people only."""
        address = lock_address(resource)
        return None if address is None else self._holder(address)

    def descriptors(self) -> dict[str, tuple[str, int]]:
        """The locks that can be handed to another process: by address, a role there and the open file."""
        with self._turn:
            found = {address: (role, descriptor_of(lock)) for address, (lock, role) in self._held.items()}
        return {address: (role, file) for address, (role, file) in found.items() if file is not None}

    def inherit(self, address: str, role: str, descriptor: int) -> None:
        """Hold what another process took and handed over."""
        with self._turn:
            self._held[address] = (InheritedLock(descriptor), role)

    def describe(self) -> None:
        """Write down anew who holds the locks, because what the process does has changed."""
        with self._turn:
            for address, (_, role) in self._held.items():
                self._sign(address, role)

    def let_go(self, resources: Mapping[str, Resource], kept: Mapping[str, Resource]) -> None:
        """Let go of some instruments, but not of an address where one of `kept` is. Never raises."""
        stay = {lock_address(resource) for resource in kept.values()}
        gone = {lock_address(resource) for resource in resources.values()} - stay
        with self._turn:
            for address in [one for one in self._held if one in gone]:
                self._drop(address)

    def release(self) -> None:
        """Let go of all. Never raises; safe to call twice."""
        with self._turn:
            for address in list(self._held):
                self._drop(address)

    def _wanted(self, resources: Mapping[str, Resource]) -> dict[str, str]:
        """Addresses not yet held, each with its first role."""
        wanted: dict[str, str] = {}
        for role, resource in resources.items():
            address = lock_address(resource)
            if address is not None and address not in self._held:
                wanted.setdefault(address, role)
        return wanted

    def _try(self, wanted: Mapping[str, str]) -> InUseError | None:
        taken: list[str] = []
        busy: dict[str, Holder | None] = {}
        for address, role in wanted.items():
            if self._acquire(address, role):
                taken.append(address)
            else:
                busy[role] = self._holder(address)
        if not busy:
            for address in taken:
                self._sign(address, wanted[address])
            return None
        for address in taken:
            self._drop(address)
        return InUseError(busy)

    def _acquire(self, address: str, role: str) -> bool:
        path = self._path(address, ".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False, mode=lock_mode())
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._held[address] = (lock, role)
        return True

    def _drop(self, address: str) -> None:
        lock, _ = self._held.pop(address)
        with suppress(OSError):
            self._path(address, ".json").unlink()
        with suppress(OSError):
            lock.release()

    def _sign(self, address: str, role: str) -> None:
        """Say who we are. A folder that takes no file does not keep us from the instrument."""
        holder = myself(role, self._station, self._what())
        before = self._holder(address)
        if before is not None and before.pid == holder.pid:
            holder = Holder(**{**asdict(holder), "since_s": before.since_s})
        path = self._path(address, ".json")
        fresh = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            fresh.write_text(json.dumps(asdict(holder)), encoding="utf-8")
            fresh.replace(path)

    def _holder(self, address: str) -> Holder | None:
        """Who wrote down that it holds a lock; None when that is nobody who lives."""
        try:
            found: dict[str, Any] = json.loads(self._path(address, ".json").read_text(encoding="utf-8"))
            holder = Holder(**found)
        except (OSError, ValueError, TypeError):
            return None
        return holder if holder.lives else None

    def _path(self, address: str, suffix: str) -> Path:
        return (self._folder or lock_folder()) / f"{self._name(address)}{suffix}"

    def _name(self, address: str) -> str:
        """Not the address itself: it may hold a secret, and another station may write the same one out."""
        kind = address.partition(":")[0]
        return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:20]}"

    @property
    def _queue(self) -> Queue:
        return Queue((self._folder or lock_folder()) / "queue")
