"""What a type of events is: what it means, and what each of its fields says.

A field that is added gives the type a new version; so does one that means something else from then on, and a
field is never taken away. `words` tells an event in words: `{field}` stands for its value, and what is in
brackets is left out when a field within says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "number", "integer", "boolean", "value", "list", "mapping"]


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event. `type`: `value` is a number, boolean or text. `since`: the version it came with.

    Whatever its type, a field is null where nothing is known.
    """

    name: str
    type: FieldType
    meaning: str
    unit: str | None = None
    since: int = 1


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of events. `name` is dotted, `subject.what-happened`. `loud`: worth a look when it happens."""

    name: str
    description: str
    words: str
    fields: Mapping[str, EventField]
    loud: bool = False

    @property
    def version(self) -> int:
        """The version that is written."""
        return max((field.since for field in self.fields.values()), default=1)

    @property
    def subject(self) -> str:
        """What it is about: `instrument` of `instrument.opened`."""
        return self.name.partition(".")[0]


def event_type(
    name: str, description: str, words: str, fields: Iterable[EventField] = (), *, loud: bool = False
) -> EventType:
    """A type with its fields by name."""
    return EventType(name, description, words, {field.name: field for field in fields}, loud)


def text(name: str, meaning: str, *, since: int = 1) -> EventField:
    """A field that is text."""
    return EventField(name, "text", meaning, since=since)


def count(name: str, meaning: str) -> EventField:
    """A field that is a whole number."""
    return EventField(name, "integer", meaning)


def number(name: str, meaning: str, unit: str | None = None) -> EventField:
    """A field that is a number."""
    return EventField(name, "number", meaning, unit)


def value(name: str, meaning: str) -> EventField:
    """A field that is whatever an attribute or a figure can be."""
    return EventField(name, "value", meaning)


def several(name: str, meaning: str) -> EventField:
    """A field that is a list."""
    return EventField(name, "list", meaning)


def named(name: str, meaning: str) -> EventField:
    """A field that is a mapping."""
    return EventField(name, "mapping", meaning)


ROLE = text("role", "the instrument, by its role at the station")
EXCHANGES = count("exchanges", "requests that it took on the wire")
FAULT = text("fault", "class of the fault, as `retry:` names it")
