"""A furnace behind a temperature controller with the register map of a Watlow EZ-ZONE (map 1).

Addresses are those on the wire. Floats have their low word first and temperatures are in degF, as such a
controller leaves the factory. The furnace follows its set point like a first-order system on the real
clock. A set point is kept over a restart only when it was written while 2494 was 106 (EEPROM).
"""

import math
import random
import struct
import threading
import time
from collections.abc import Sequence
from typing import Final

TEMPERATURE: Final = 360
VALIDITY: Final = 362
SETPOINT: Final = 2160
SAVING: Final = 2494
_VALID: Final = 61
_EEPROM: Final = 106
_VOLATILE: Final = 59
_FACTORY_SETPOINT_F: Final = 75.0
_AMBIENT_F: Final = 77.0


class RegisterError(Exception):
    """A request that the device answers with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Furnace:
    """The registers, and the temperature behind them; safe to use from several threads."""

    def __init__(self, *, tau_s: float = 0.2, noise_f: float = 0.05, seed: int = 1) -> None:
        self._lock = threading.RLock()
        self._tau_s = tau_s
        self._noise_f = noise_f
        self._random = random.Random(seed)
        self._frozen: float | None = None
        self._kept_setpoint = _FACTORY_SETPOINT_F
        self.eeprom_writes = 0
        self._power_on(_AMBIENT_F)

    def restart(self) -> None:
        """Off and on again: what was not in EEPROM is forgotten; the furnace itself stays hot."""
        with self._lock:
            self._power_on(self._temperature())

    def break_sensor(self, code: int) -> None:
        """Let the validity register say `code`; the last temperature stays in its register."""
        with self._lock:
            self._frozen = self._temperature()
            self._validity = code

    def read(self, address: int, count: int) -> list[int]:
        """Words from an address on. Raises `RegisterError`."""
        with self._lock:
            words = self._words()
            if any(at not in words for at in range(address, address + count)):
                raise RegisterError(2)
            return [words[at] for at in range(address, address + count)]

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write words from an address on. Raises `RegisterError`."""
        with self._lock:
            for at in range(address, address + len(values)):
                if at not in (SETPOINT, SETPOINT + 1, SAVING):
                    raise RegisterError(2)
            if address == SAVING:
                self._write_saving(values[0])
            else:
                self._write_setpoint(address, values)

    def state(self) -> dict[str, float | int]:
        """What the device is at now, in plain numbers."""
        with self._lock:
            return {
                "temperature_degF": round(self._temperature(), 4),
                "setpoint_degF": self._setpoint,
                "saving": self._saving,
                "validity": self._validity,
                "eeprom_writes": self.eeprom_writes,
            }

    def _power_on(self, temperature_f: float) -> None:
        self._since = time.monotonic()
        self._from_f = temperature_f
        self._setpoint = self._kept_setpoint
        self._saving = _EEPROM
        self._validity = _VALID
        self._frozen = None

    def _temperature(self) -> float:
        passed = time.monotonic() - self._since
        return self._setpoint + (self._from_f - self._setpoint) * math.exp(-passed / self._tau_s)

    def _words(self) -> dict[int, int]:
        measured = self._frozen
        if measured is None:
            measured = self._temperature() + self._random.gauss(0.0, self._noise_f)
        low, high = float_words(measured)
        set_low, set_high = float_words(self._setpoint)
        return {
            TEMPERATURE: low,
            TEMPERATURE + 1: high,
            VALIDITY: self._validity,
            SETPOINT: set_low,
            SETPOINT + 1: set_high,
            SAVING: self._saving,
        }

    def _write_saving(self, value: int) -> None:
        if value not in (_EEPROM, _VOLATILE):
            raise RegisterError(3)
        self._saving = value

    def _write_setpoint(self, address: int, values: Sequence[int]) -> None:
        words = list(float_words(self._setpoint))
        for at, value in enumerate(values, address - SETPOINT):
            words[at] = value
        (wanted,) = struct.unpack(">f", struct.pack(">HH", words[1], words[0]))
        if not -1999.0 <= wanted <= 9999.0:
            raise RegisterError(3)
        self._from_f, self._since = self._temperature(), time.monotonic()
        self._setpoint = wanted
        if self._saving == _EEPROM:
            self.eeprom_writes += 1
            self._kept_setpoint = wanted


def float_words(value: float) -> tuple[int, int]:
    """A float32 as two words, low word first."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return low, high
