"""What a station means by `driver:`: a class of its own, an installed driver, or one of another package.

Reading the text imports nothing: a station is checked where none of these packages is installed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shotlane.diagnostics import did_you_mean

# Packages whose drivers are adopted; each is an extra of shotlane with this name, but for the value's.
ADAPTERS: Final[Mapping[str, str]] = {
    "pymeasure": "pymeasure",
    "qcodes": "qcodes",
    "tomato": "tomato",
    "ophyd": "ophyd",
    "alicatlib": "alicat",
    "watlowlib": "watlow",
}
PYVISA: Final = "pyvisa"
PYTHON: Final = "python"
INSTALLED: Final = "installed"
ENTRY_POINTS: Final = "shotlane.drivers"
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_INSTALLED = re.compile(r"[A-Za-z_][\w.-]*")


class DriverNameError(Exception):
    """A text that names no driver."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class DriverName:
    """`driver:` in parts. `kind`: python, installed, or a key of `ADAPTERS`; `target`: what it is there."""

    text: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """Everything but the wire that a driver in Python is made from.

    `options` are as written. `folder` is the station's: a module next to it is found first. `paths` and
    `commands`: what the driver itself calls each attribute and command of the definition.
    """

    name: DriverName
    options: Mapping[str, Any]
    folder: Path
    paths: Mapping[str, str]
    commands: Mapping[str, str]


def parse_driver(text: str) -> DriverName:
    """Read `driver:`. Raises `DriverNameError`."""
    head, colon, target = text.partition(":")
    if not colon:
        if head in ADAPTERS:
            raise DriverNameError(f"'{text}' does not say which of its drivers", f"write `{_example(head)}`")
        if not _INSTALLED.fullmatch(head):
            raise DriverNameError(f"'{text}' names no driver", f"write `{_example(PYTHON)}`")
        return DriverName(text, INSTALLED, head)
    if head in ADAPTERS:
        if not target.strip():
            raise DriverNameError(f"'{text}' does not say which of its drivers", f"write `{_example(head)}`")
        return DriverName(text, head, target)
    if not _DOTTED.fullmatch(head) or not _DOTTED.fullmatch(target):
        raise DriverNameError(f"'{text}' names no driver", f"write `{_example(PYTHON)}`")
    if "." in target:
        # A class stands in its module: a dotted one is mostly an adopted driver whose package is misspelt.
        help = did_you_mean(head, ADAPTERS, what="packages whose drivers are adopted")
        raise DriverNameError(f"'{head}' is no package whose drivers are adopted", help)
    return DriverName(text, PYTHON, target=text)


def _example(kind: str) -> str:
    return {
        "pymeasure": "pymeasure:pymeasure.instruments.keithley.Keithley2000",
        "qcodes": "qcodes:qcodes.instrument_drivers.Keysight.Keysight34465A",
        "tomato": "tomato:tomato_example_counter",
        "ophyd": "ophyd:mylab.devices.Stage",
        "alicatlib": "alicatlib:device",
        "watlowlib": "watlowlib:controller",
    }.get(kind, "mylab.drivers:Camera")
