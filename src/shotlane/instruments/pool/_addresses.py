"""Where the instruments of some roles are."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._secrets import Secrets


def real_resources(definitions: Mapping[str, Definition], roles: Collection[str]) -> dict[str, Resource]:
    """Where the instruments of some roles are; simulated ones are nowhere."""
    return {
        role: definition.resource
        for role, definition in definitions.items()
        if role in roles and not definition.simulated
    }


def known_resources(resources: Mapping[str, Resource], secrets: Secrets) -> Iterator[tuple[str, Resource]]:
    """The addresses with their secrets. One whose secret is missing is left out: it cannot be opened."""
    for role, resource in resources.items():
        with suppress(InstrumentError):
            yield role, secrets.put_in_resource(resource)
