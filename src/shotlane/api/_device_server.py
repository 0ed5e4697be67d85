"""`DeviceServer`: instruments of a station for programs of other machines, until it is stopped.

It is a session of the station, and ends as one: with every instrument made safe. An instrument whose last
client has gone is made safe at once, and stays open for the next one.
"""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from shotlane.api._connect import connect
from shotlane.api._signals import on_signals
from shotlane.execution import unwanted_here

_LOOK_S = 0.5  # a wait without an end hears no Ctrl-C on every system


class DeviceServer:
    """Serves instruments of a station; enter it, or call `start` and `stop`.

    `station` as `connect` takes it. `roles`: only this one or these; without it all. `listen`: `HOST:PORT`
    for other machines, with TLS; without it this machine alone. `token_file`: made when there is none;
    without it a file of this user. `certificate` and `key`: PEM files, else one that is made once. Raises
    `DocumentError` with every fault of the station.
    """

    def __init__(
        self,
        station: str | Path | None = None,
        roles: str | Iterable[str] | None = None,
        *,
        listen: str | None = None,
        token_file: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        store: str | None = None,
        mock: bool = False,
    ) -> None:
        self._connection = connect(station, mock=mock, store=store)
        wanted = self._connection.config.roles if roles is None else roles
        self.roles = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        self._serve = partial(
            self._connection.start_instrument_server,
            self.roles,
            address=listen,
            token_file=token_file,
            certificate=certificate,
            key=key,
            rest=True,
        )
        self._ended = threading.Event()

    def __repr__(self) -> str:
        return f"<device server of {self._connection.config.name}, {self.address or 'not started'}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._connection.__exit__(kind, error, trace)

    @property
    def address(self) -> str | None:
        """The line that clients need, with the fingerprint of the certificate; None unless it is started."""
        return self._connection.instrument_server_address

    @property
    def token_file(self) -> Path | None:
        """The file of the token that clients must have; None unless it is started."""
        return self._connection.instrument_server_token_file

    def start(self) -> None:
        """Lock and open the instruments, and serve them. Raises as `StationConnection.instrument` does."""
        self._connection.start()
        try:
            self._serve()
        except BaseException as error:  # Ctrl-C too: what is open is made safe
            self._connection.__exit__(type(error), error, error.__traceback__)
            raise

    def stop(self) -> None:
        """Take no more requests, make all safe and close it. Raises `NotSafeError`, `StoreError`."""
        self._ended.set()
        self._connection.stop()

    def wait(self) -> None:
        """Return when it is stopped, by another thread or a signal that `launch` has heard."""
        while not self._ended.wait(_LOOK_S) and not unwanted_here():
            pass

    def launch(self, ready: Callable[[Self], object] | None = None) -> None:
        """Serve until Ctrl-C, SIGTERM or the end of the terminal; `ready` is called when all is open."""
        with on_signals(lambda _: self._ended.set()), self:
            if ready is not None:
                ready(self)
            self.wait()
