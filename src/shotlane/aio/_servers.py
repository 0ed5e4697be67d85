"""Servers of instruments and of runs: a cancelled task leaves every instrument safe."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from shotlane import api
from shotlane.aio._job import in_thread, shielded
from shotlane.aio._twin import EnteredAsync, Twin, made_as, running
from shotlane.api import tell_of_signals

S_co = TypeVar("S_co", api.DeviceServer, api.RunServer, covariant=True)


class _Server(EnteredAsync, Twin[S_co], Generic[S_co]):
    """Serves; enter it, or await `start` and `stop`."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leave = partial(self.blocking.__exit__, kind, error, trace)
        await shielded(leave, ending=partial(tell_of_signals, "session"))

    async def start(self) -> None:
        """Serve from now on."""
        await in_thread(self.blocking.start, undo=lambda _: self.blocking.stop())

    async def wait(self) -> None:
        """Return when it is stopped."""
        await running(self.blocking.wait)

    @property
    def address(self) -> str | None:
        """The line that clients need, with the fingerprint of the certificate; None unless it is started."""
        return self.blocking.address

    @property
    def token_file(self) -> Path | None:
        """The file of the token that clients must have; None unless it is started."""
        return self.blocking.token_file


class DeviceServer(_Server[api.DeviceServer]):
    """Serves instruments of a station."""

    @made_as(api.DeviceServer)
    def __init__(self) -> None: ...

    async def stop(self) -> None:
        """Take no more requests, make all safe and close it. Raises `NotSafeError`, `StoreError`."""
        await shielded(self.blocking.stop, ending=partial(tell_of_signals, "session"))

    async def launch(self, ready: Callable[[Any], object] | None = None) -> None:
        """Serve until the task is cancelled; `ready` is called with the blocking one, in its thread."""
        await running(partial(self.blocking.launch, ready))

    @property
    def roles(self) -> tuple[str, ...]:
        """What it serves."""
        return self.blocking.roles


class RunServer(_Server[api.RunServer]):
    """Takes sequences for a project."""

    @made_as(api.RunServer)
    def __init__(self) -> None: ...

    async def stop(self) -> bool:
        """Take no more, end what runs with its instruments safe; whether anything had to be ended."""
        return await shielded(self.blocking.stop, ending=partial(tell_of_signals, "run"))

    async def launch(self, ready: Callable[[Any], object] | None = None) -> bool:
        """Take sequences until the task is cancelled; `ready` is called with the blocking one."""
        return await running(partial(self.blocking.launch, ready))

    @property
    def serves(self) -> str:
        """What clients ask for."""
        return self.blocking.serves
