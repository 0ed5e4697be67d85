"""What adopted drivers share that are Python objects over PyVISA: open, every use under its faults, close.

After a timeout the line is settled before the next use: the late answer would be taken for the next one's.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from shotlane.instruments.adopted.adapters._visa_faults import settle, visa_faults
from shotlane.instruments.definition._contract import InstrumentError


class VisaObject:
    """An object of another package; `build` makes it, which connects it."""

    # Attributes, from the object on, that lead to its VISA resource.
    _wire: ClassVar[str]

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._instrument: Any = None
        self._is_late = False
        self.assumed: frozenset[str] = frozenset()

    def _do(self, act: Callable[..., Any], *arguments: Any) -> Any:
        if self._is_late:
            settle(self._resource())
            self._is_late = False
        try:
            with visa_faults():
                return act(*arguments)
        except InstrumentError as error:
            self._is_late = error.fault == "timeout"
            raise

    def _resource(self) -> Any:
        found = self._instrument
        for name in self._wire.split("."):
            found = getattr(found, name, None)
        return found

    def _opened(self) -> Any:
        if self._instrument is None:
            raise InstrumentError("disconnected", "the instrument is not open")
        return self._instrument
