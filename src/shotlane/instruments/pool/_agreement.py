"""Whether a device is at what it was set to.

Two uses. An attribute with `verify: true` is read back after each set: some devices accept what they do not
do. And after a fault that a restart could have caused, what was set is read back before any reading is
believed: a device that restarted answers plausibly with its default set points.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shotlane.instruments.definition._accept import shown
from shotlane.instruments.definition._contract import Reading
from shotlane.model import Attribute, InstrumentDocument, ScalarValue, ValueType

# Digits that get lost on wires with few decimals, of the value itself and of the range of its limits.
_RELATIVE: Final = 1e-3
_OF_RANGE: Final = 1e-6
_DECIMALS: Final = re.compile(r"\{value:[^}]*\.(\d+)f\}")


def agrees(attribute: Attribute, written: ScalarValue, read: Any, step: float = 0.0) -> bool:
    """Whether a value read is the one written, but for the digits that a wire or a device drops.

    `step`: the last digit that the wire carries.
    """
    if attribute.type is ValueType.TEXT:
        return str(read).strip() == str(written).strip()
    if attribute.type not in (ValueType.FLOAT, ValueType.INT):
        return bool(read == written)
    if isinstance(read, bool) or not isinstance(read, int | float):
        return False
    return abs(float(read) - float(written)) <= max(step, _tolerance(attribute, float(written)))


def wire_steps(document: InstrumentDocument) -> dict[str, float]:
    """The last digit that is sent, of attributes whose text says so: 0.001 for `{value:.3f}`."""
    steps = {}
    for name, declared in document.attributes.items():
        found = None if declared.set is None else _DECIMALS.search(declared.set.send or "")
        if found is not None:
            steps[name] = 10.0 ** -int(found[1])
    return steps


def _tolerance(attribute: Attribute, written: float) -> float:
    span = 0.0
    if attribute.low is not None and attribute.high is not None:
        span = attribute.high - attribute.low
    return max(attribute.resolution or 0.0, _RELATIVE * abs(written), _OF_RANGE * span, 1e-9)


def valued(attribute: Attribute, value: Any) -> str:
    """A value with its unit, for messages."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return shown(value, attribute) if isinstance(value, int | float) else str(value)


class SetPoints:
    """What an instrument was last set to, as far as that is known and can be read back.

    `doubted`: something happened after which the device may have forgotten it. A command may change anything,
    so nothing is known after one. What cannot be read back stays in doubt, and is told once.
    """

    def __init__(
        self,
        attributes: Mapping[str, Attribute],
        targets: Mapping[str, str] = MappingProxyType({}),
        steps: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._attributes = attributes
        self._steps = steps
        self._targets = targets  # of aliases: the attribute that is really set
        self._last: dict[str, ScalarValue] = {}
        self._sure: set[str] = set()  # compared since the doubt began
        self._told: set[str] = set()  # as what could not be compared
        self._doubted = False

    @property
    def doubted(self) -> bool:
        """Whether something must be compared before a reading is believed."""
        return self._doubted

    def doubt(self) -> None:
        """Something happened after which the device may have forgotten everything."""
        self._doubted = True
        self._sure.clear()

    @property
    def names(self) -> tuple[str, ...]:
        """What is to be compared."""
        return tuple(name for name in self._last if name not in self._sure)

    @property
    def values(self) -> Mapping[str, ScalarValue]:
        """What is known, by attribute."""
        return self._last

    def written(self, name: str, value: ScalarValue) -> None:
        """An attribute was set, and the device said yes."""
        self.unknown(name)
        attribute = self._attributes[name]
        if attribute.readable and attribute.verify is not False and attribute.type is not ValueType.ARRAY:
            self._last[name] = value

    def unknown(self, name: str) -> None:
        """An attribute was perhaps set, under this name or that of an alias."""
        target = self._targets.get(name, name)
        for other in [other for other in self._last if self._targets.get(other, other) == target]:
            del self._last[other]

    def forget(self) -> None:
        """Nothing is known, and so nothing can be doubted."""
        self._last.clear()
        self._sure.clear()
        self._told.clear()
        self._doubted = False

    def compared(self, readings: Mapping[str, Reading]) -> list[str]:
        """Take note of what was read back and agrees; what could not be, and was not told before."""
        self._sure |= {name for name, one in readings.items() if one.value is not None and one.fault is None}
        left = [name for name in self._last if name not in self._sure]
        self._doubted = bool(left)
        untold = [name for name in left if name not in self._told]
        self._told.update(untold)
        return untold

    def agree(self, name: str, written: ScalarValue, read: Any) -> bool:
        """Whether a value read is the one written."""
        return agrees(self._attributes[name], written, read, self._steps.get(name, 0.0))

    def complaint(self, readings: Mapping[str, Reading]) -> str | None:
        """What differs from what was set."""
        for name, reading in readings.items():
            attribute, written = self._attributes[name], self._last.get(name)
            if written is None or reading.value is None or reading.fault is not None:
                continue
            if not self.agree(name, written, reading.value):
                now, then = valued(attribute, reading.value), valued(attribute, written)
                return f"{name} is {now}, and was set to {then}"
        return None
