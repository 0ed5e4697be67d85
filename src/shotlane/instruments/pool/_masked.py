"""What came from an instrument, as it may be told: with where it arose, and without secrets.

An instrument may give back what it was told, so its texts are masked before anybody sees them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.model import ValueType, channel_name

Mask = Callable[[Any], Any]


def complete(definition: Definition, error: InstrumentError, mask: Mask, names: Sequence[str] = ()) -> None:
    """Fill in what is known here of where a fault arose."""
    role, context = definition.role, error.context
    error.message = mask(error.message)
    error.args = (error.message,)
    error.context = replace(
        context,
        command=mask(context.command),
        sent=mask(context.sent),
        received=mask(context.received),
        resource=context.resource or definition.resource.text,
        role=context.role or role,
        channel=context.channel or (channel_name(role, names[0]) if len(names) == 1 else None),
    )


def masked_texts(
    definition: Definition, answer: Mapping[str, Reading], mask: Mask
) -> Iterator[tuple[str, Reading]]:
    """Those readings that are text, masked; an option is one of the words of its document and stays."""
    for name, reading in answer.items():
        if isinstance(reading.value, str):
            if definition.attributes[name].type is ValueType.TEXT:
                yield name, reading._replace(value=mask(reading.value), raw=mask(reading.raw))
        elif reading.raw is not None:
            yield name, reading._replace(raw=mask(reading.raw))
