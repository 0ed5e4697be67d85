"""A driver without a device: what the instrument document says of it, moving with the clock it is given.

The same class serves sim://, --mock and virtual time. It takes no time and has no faults but those of its
schedule, which it shows as a wire would: what waits for an answer waits as long as it would there. It keeps
every limit that the real driver keeps, because the pool checks them before either.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shotlane.instruments.definition._contract import ErrorContext, Identity, InstrumentError, Notify, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.simulation._fault_schedule import FaultSchedule, ShownFault
from shotlane.instruments.simulation._state import SimulatedState
from shotlane.model import Attribute, Command

_MARK = "a simulated fault"


class SimulatedDriver:
    """Drives the simulation of one instrument. Implements `Driver` and `ShotAware`.

    `pass_ns` lets time pass: on the clock of a virtual run, or really.
    """

    def __init__(
        self,
        definition: Definition,
        state: SimulatedState,
        faults: FaultSchedule,
        *,
        now_ns: Callable[[], int],
        pass_ns: Callable[[int], None],
        notify: Notify,
    ) -> None:
        self._definition = definition
        self._state = state
        self._faults = faults
        self._now_ns = now_ns
        self._pass_ns = pass_ns
        self._notify = notify
        self._timeout_ns = round(definition.timeout_s * 1e9)

    def open(self) -> Identity:
        """Begin the simulation, unless it goes on, and take the set-up."""
        definition = self._definition
        now = self._now_ns()
        self._faults.begin(now)
        if self._faults.is_off(now):
            raise self._unanswered("its opening", sent=False)
        self._state.begin(now)
        for name, value in definition.setup.items():
            self._state.set({name: value}, now)
            self._notify("instrument.set-up", {"attribute": name, "value": value, "exchanges": 0})
        return Identity(maker="shotlane", model=f"simulated {definition.document.instrument}")

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Restart noise and chance for this attempt."""
        self._state.begin_attempt(shot, attempt)
        self._faults.begin_attempt(shot, attempt)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes, all at one instant."""

        def act(now: int) -> Mapping[str, Reading]:
            return {name: Reading(self._state.observed(name, now)) for name in names}

        readings: Mapping[str, Reading] = self._exchange(f"read {', '.join(names)}", names, act)
        return readings

    def write(self, name: str, value: Any) -> None:
        """Set an attribute."""
        if name not in self._definition.attributes:
            raise InstrumentError("rejected", f"there is no attribute '{name}'")
        self._exchange(f"set {name}", [name], lambda now: self._state.set({name: value}, now))

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Do what `simulate:` says of the command; nothing without it."""
        if command not in self._definition.commands:
            raise InstrumentError("rejected", f"there is no command '{command}'")
        takes_ns = self._definition.commands[command].takes_ns

        def act(now: int) -> None:
            self._state.carry_out(command, arguments, now)

        return self._exchange(f"call {command}", [command], act, takes_ns)

    def make_safe(self) -> None:
        """Nothing beyond the declared safe values."""

    def close(self) -> None:
        """Nothing is held."""

    def _exchange(
        self, what: str, names: Sequence[str], act: Callable[[int], Any], longer_ns: int = 0
    ) -> Any:
        """Do what is asked, unless it is the turn of a fault."""
        now = self._now_ns()
        shown = self._faults.next(names, now)
        return act(now) if shown is None else self._disturbed(what, shown, act, longer_ns)

    def _disturbed(self, what: str, shown: ShownFault, act: Callable[[int], Any], longer_ns: int) -> Any:
        now = self._now_ns()
        if shown.restarted_ns is not None:
            self._state.restart(shown.restarted_ns)
        if shown.kind == "hang_up":
            raise self._fault("disconnected", f"the connection was closed ({_MARK})", what)
        if shown.kind == "busy":
            raise self._fault("refused", f"the device is busy ({_MARK})", what)
        answer = None if shown.kind == "timeout" else act(now)
        if shown.kind == "garble":
            raise self._fault("garbled", f"the answer is damaged ({_MARK})", what)
        if shown.kind == "late" and shown.by_ns <= self._timeout_ns + longer_ns:
            self._pass_ns(shown.by_ns)
            return answer
        raise self._unanswered(what, longer_ns)

    def _unanswered(self, what: str, longer_ns: int = 0, *, sent: bool = True) -> InstrumentError:
        """The fault of what is never answered, after the wait for it."""
        self._pass_ns(self._timeout_ns + longer_ns)
        waited_s = (self._timeout_ns + longer_ns) / 1e9
        return self._fault("timeout", f"no answer within {waited_s:.12g} s ({_MARK})", what, sent=sent)

    def _fault(self, fault: str, message: str, what: str, *, sent: bool = True) -> InstrumentError:
        context = ErrorContext(self._definition.resource.text, command=what, sent=what if sent else None)
        return InstrumentError(fault, message, context)
