r"""A mass flow controller that speaks like an Alicat: one letter of address, a command, a carriage return.

Every poll, set and tare is answered by one frame: address, pressure (psia), temperature (degC), volumetric
flow, mass flow, set point, gas, and status words such as HLD while the valve is held. A command for another
address is not answered; a command that is not understood is answered by `?`.
"""

import math
import threading
import time
from typing import Final

_TARE_S: Final = 0.1
_GASES: Final = ("Air", "Ar", "CH4", "CO", "CO2", "C2H6", "H2", "He", "N2", "N2O", "Ne", "O2")


class FlowController:
    """The device behind the line; safe to use from several threads."""

    def __init__(self, *, address: str = "A", full_scale: float = 50.0, tau_s: float = 0.1) -> None:
        self._lock = threading.RLock()
        self.address = address
        self._full_scale = full_scale
        self._tau_s = tau_s
        self._power_on()

    def restart(self) -> None:
        """Off and on again: set point 0, valve free."""
        with self._lock:
            self._power_on()

    def answer(self, line: str) -> str | None:
        """The answer to one line without its end; None when the line is for somebody else."""
        if not line.startswith(self.address):
            return None
        command = line[len(self.address) :]
        if command == "V":
            time.sleep(_TARE_S)
        with self._lock:
            return self._frame() if self._obey(command) else "?"

    def state(self) -> dict[str, float | bool | int | str]:
        """What the device is at now."""
        with self._lock:
            return {
                "setpoint": self._setpoint,
                "flow": round(self._flow(), 4),
                "held": self._held,
                "gas": self._gas,
                "tares": self._tares,
            }

    def _power_on(self) -> None:
        self._setpoint = 0.0
        self._held = False
        self._gas = _GASES[0]
        self._tares = 0
        self._from_flow = 0.0
        self._since = time.monotonic()

    def _obey(self, command: str) -> bool:
        if command == "":
            return True
        if command in ("HC", "C"):
            self._move(held=command == "HC")
            return True
        if command == "V":
            self._tares += 1
            return True
        if command.startswith("G"):
            return self._select(command[1:])
        return command.startswith("S") and self._set(command[1:])

    def _select(self, number: str) -> bool:
        if not number.isdecimal() or int(number) >= len(_GASES):
            return False
        self._gas = _GASES[int(number)]
        return True

    def _set(self, text: str) -> bool:
        try:
            wanted = float(text)
        except ValueError:
            return False
        if not 0.0 <= wanted <= self._full_scale:
            return False
        self._move(setpoint=wanted)
        return True

    def _move(self, *, setpoint: float | None = None, held: bool | None = None) -> None:
        self._from_flow, self._since = self._flow(), time.monotonic()
        self._setpoint = self._setpoint if setpoint is None else setpoint
        self._held = self._held if held is None else held

    def _flow(self) -> float:
        goal = 0.0 if self._held else self._setpoint
        passed = time.monotonic() - self._since
        return goal + (self._from_flow - goal) * math.exp(-passed / self._tau_s)

    def _frame(self) -> str:
        flow = self._flow()
        values = f"+014.70 +025.00 {flow:+08.3f} {flow:+08.3f} {self._setpoint:07.3f}"
        return f"{self.address} {values} {self._gas:>7}" + (" HLD" if self._held else "")
