"""An event in words, by the words of its type; one of no known type by its fields."""

import re
from collections.abc import Mapping
from typing import Any

from shotlane.records._event import Event
from shotlane.records._event_types import EVENT_TYPES

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
# What is told first, and what never, of an event that nobody gave words.
_SENTENCES = ("message", "reason")
_MOST = 400


def event_words(event: Event) -> str:
    """What happened, in one line."""
    known = EVENT_TYPES.get(event.type)
    text = _plain(event.fields) if known is None else _filled(known.words, event)
    text = " ".join(text.split())
    return text if len(text) <= _MOST else f"{text[: _MOST - 4]} ..."


def _filled(template: str, event: Event) -> str:
    fields = event.fields

    def optional(part: re.Match[str]) -> str:
        names = _FIELD.findall(part[1])
        return "" if any(_says_nothing(fields.get(name)) for name in names) else part[1]

    return _FIELD.sub(lambda part: _valued(event, part[1]), _OPTIONAL.sub(optional, template))


def _says_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def _valued(event: Event, name: str) -> str:
    value = event.fields.get(name)
    if isinstance(value, Mapping):
        return _mapped(value, event.fields.get("units"))
    known = EVENT_TYPES[event.type].fields.get(name)
    if known is None or known.unit is None or not isinstance(value, int | float):
        return _text(value)
    return f"{_text(value)} {known.unit}"


def _text(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return _mapped(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)


def _mapped(value: Mapping[Any, Any], units: Any = None) -> str:
    """Its items, each with its unit where that is told beside them."""
    told = {key: _text(item) for key, item in value.items() if not _says_nothing(item)}
    known = units if isinstance(units, Mapping) else {}
    return ", ".join(
        f"{key} {text} {known[key]}" if key in known else f"{key} {text}" for key, text in told.items()
    )


def _plain(fields: Mapping[str, Any]) -> str:
    """The sentence of an event first, then what else it knows."""
    first = [str(fields[name]) for name in _SENTENCES if fields.get(name)]
    rest = {name: item for name, item in fields.items() if name not in (*_SENTENCES, "context", "exchanges")}
    return "; ".join(part for part in (*first, _text(rest)) if part)
