"""`open_devices`: several instruments of a station, opened for a script."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from shotlane.acquisition import Devices, ErrorPolicy, UnknownChannelError
from shotlane.api._by_hand import find_by_name
from shotlane.diagnostics import Report, did_you_mean
from shotlane.instruments import PoolError, build_pool, lock_instruments


class Opening(AbstractContextManager[Devices]):
    """Opens when it is entered, and says so to who does not."""

    def __init__(self, context: AbstractContextManager[Devices]) -> None:
        self._context = context

    def __enter__(self) -> Devices:
        return self._context.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._context.__exit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"nothing is open, and has no '{name}': write `with open_devices(...) as devices:`", name=name
        )


def open_devices(
    station: str | Path,
    names: str | Iterable[str] | None = None,
    *,
    errors: ErrorPolicy = ErrorPolicy.RAISE,
    mock: bool = False,
) -> Opening:
    """Lock and open instruments, all of the station without `names`; they are closed as they are.

    With `ErrorPolicy.RETURN` those that cannot be opened do not keep the others from being used. Raises
    `DocumentError`, `UnknownChannelError`, `InUseError`, and with `RAISE` `PoolError`.
    """
    return Opening(_opened(station, names, errors, mock=mock))


@contextmanager
def _opened(
    station: str | Path, names: str | Iterable[str] | None, errors: ErrorPolicy, *, mock: bool
) -> Iterator[Devices]:
    report = Report()
    found = find_by_name(str(station), report, mock=mock)
    report.raise_if_errors()
    assert found is not None
    names = [names] if isinstance(names, str) else names
    wanted = list(found.roles) if names is None else list(dict.fromkeys(names))
    for name in wanted:
        if name not in found.roles:
            raise UnknownChannelError(f"there is no instrument '{name}'; {did_you_mean(name, found.roles)}")
    with lock_instruments(found, wanted, what=lambda: "a script") as locks:
        pool = build_pool(found, now_ns=time.perf_counter_ns, notify=lambda *_: None, locks=locks)
        devices = Devices(pool, wanted, errors=errors)
        try:
            try:
                pool.open(wanted)
            except PoolError:
                if errors == ErrorPolicy.RAISE:
                    raise
            yield devices
        finally:
            devices.close()
            pool.close()
