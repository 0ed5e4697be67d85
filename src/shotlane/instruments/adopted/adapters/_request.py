"""What an adapter is given to make a driver from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotlane.instruments.definition._adoption import DriverName
from shotlane.instruments.definition._contract import Notify
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import visa_address


@dataclass(frozen=True, slots=True)
class Request:
    """One driver that is wanted. `options` are as the station writes them; `folder` is the station's."""

    role: str
    name: DriverName
    resource: Resource
    options: Mapping[str, Any]
    timeout_s: float
    folder: Path
    notify: Notify

    @property
    def address(self) -> str:
        """Where the instrument is, in the words of its package: without our schemes and settings."""
        if self.resource.scheme == "visa":
            return visa_address(self.resource.address)
        return self.resource.path or self.resource.address


def request_of(definition: Definition, notify: Notify) -> Request:
    """The request for the driver of a definition."""
    adoption = definition.adoption
    if adoption is None:
        raise ValueError(f"{definition.role} has no driver in Python")
    return Request(
        definition.role,
        adoption.name,
        definition.resource,
        adoption.options,
        definition.timeout_s,
        adoption.folder,
        notify,
    )
