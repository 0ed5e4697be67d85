"""Several instruments at once."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from shotlane import acquisition, api
from shotlane.acquisition import DeviceResult, ErrorPolicy
from shotlane.aio._job import in_thread
from shotlane.aio._twin import Twin, entering, method
from shotlane.instruments import Pool


class Devices(Twin[acquisition.Devices]):
    """Opened instruments; what is asked of them is awaited."""

    read = method(acquisition.Devices.read)
    write = method(acquisition.Devices.write)

    async def call(
        self,
        command: str,
        names: str | Iterable[str] | None = None,
        *,
        errors: ErrorPolicy | None = None,
        confirm: bool = False,
        **arguments: Any,
    ) -> Mapping[str, DeviceResult]:
        """Run a command on every instrument that has it, or on `names`; results by instrument."""
        asked = partial(self.blocking.call, command, names, errors=errors, confirm=confirm, **arguments)
        return await in_thread(asked)

    @property
    def pool(self) -> Pool:
        """Where they are open. It blocks."""
        return self.blocking.pool

    @property
    def names(self) -> tuple[str, ...]:
        """The instruments."""
        return self.blocking.names

    def close(self) -> None:
        """Ask nobody any more; the pool is left as it is."""
        self.blocking.close()


open_devices = entering(api.open_devices, Devices)
