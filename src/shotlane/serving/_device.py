"""One simulated instrument behind a wire: its values as the device itself holds them, and its faults.

Whatever calibration the instrument's document has is undone: the wire carries what the device says.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any

from shotlane.instruments import Definition, RefusedValueError, accepted
from shotlane.instruments.definition._accept import accepted_arguments
from shotlane.instruments.simulation._fault_schedule import FaultSchedule
from shotlane.instruments.simulation._state import SimulatedState
from shotlane.serving._request_log import RequestLog


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back for one request."""

    data: bytes = b""
    delay_s: float = 0.0
    is_garbled: bool = False
    hangs_up: bool = False


class ServedDevice:
    """Values in and out; times are those of the real clock. Safe to use from several threads."""

    def __init__(
        self, definition: Definition, state: SimulatedState, faults: FaultSchedule, log: RequestLog
    ) -> None:
        self.definition = definition
        self.attributes = {
            name: one for name, one in definition.attributes.items() if name not in definition.aliases
        }
        self._state = state
        self._faults = faults
        self._log = log
        self._lock = RLock()
        state.begin(time.monotonic_ns())
        faults.begin(time.monotonic_ns())

    @property
    def identity(self) -> dict[str, str]:
        """Who it says it is: what the station expects, what its document says, or that it is simulated."""
        found = {"maker": "shotlane", "model": f"simulated-{self.definition.document.instrument}"}
        found |= {"serial": "0", "firmware": "0"}
        for source in (self.definition.document.identity, self.definition.expected):
            parts = getattr(source, "identity", source)
            for part in found:
                text = getattr(parts, part, None)
                if isinstance(text, str):
                    found[part] = text.replace("*", "").replace("?", "") or "0"
        return found

    def read(self, name: str) -> Any:
        """What an attribute is now, as the device says it."""
        value = self._state.observed(name, time.monotonic_ns())
        view = self.definition.views.get(name)
        return value if view is None else view.conversion.raw(value)

    def checked(self, name: str, raw: Any) -> Any:
        """A value of the device as one of its attribute. Raises `RefusedValueError`."""
        attribute = self.attributes[name]
        if not attribute.writable or raw is None:
            raise RefusedValueError(f"{name} cannot be set so")
        view = self.definition.views.get(name)
        return accepted(attribute, raw if view is None else view.conversion.value(raw))

    def write(self, name: str, checked: Any) -> None:
        """Set an attribute to a value that was checked."""
        self._state.set({name: checked}, time.monotonic_ns())

    def call(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Run a command. Raises `RefusedValueError`."""
        checked = accepted_arguments(self.definition.commands[command], arguments)
        self._state.carry_out(command, checked, time.monotonic_ns())

    def take(self, request: str, names: Collection[str], answer: Callable[[], bytes], busy: bytes) -> Outcome:
        """Log a request for some attributes or a command, and answer it, unless it is the turn of a fault."""
        with self._lock:
            now = time.monotonic_ns()
            shown = self._faults.next(names, now)
            told = {} if shown is None else {"fault": shown.kind}
            self._log.add(self.definition.role, request=request, names=sorted(names), **told)
            if shown is None:
                return Outcome(answer())
            if shown.restarted_ns is not None:
                self._state.restart(shown.restarted_ns)
            match shown.kind:
                case "timeout":
                    return Outcome()
                case "hang_up":
                    return Outcome(hangs_up=True)
                case "busy":
                    return Outcome(busy)
            data = answer()
            if shown.kind == "drop":
                return Outcome()
            return Outcome(data, shown.by_ns / 1e9, shown.kind == "garble")
