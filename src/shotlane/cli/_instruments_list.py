"""`shotlane instruments list`: what a station has, and who uses it. Opens nothing."""

import argparse
from typing import Any

from shotlane.cli._output import print_json, say
from shotlane.cli._station_named import station_named
from shotlane.cli._text import duration, table, value
from shotlane.instruments import Holder, ResolvedStation, holders
from shotlane.model import KEEP, Attribute, Command


def main(arguments: argparse.Namespace) -> int:
    """Print a table of instruments and one of their channels."""
    station = station_named(arguments.station, mock=arguments.mock)
    used = holders(station)
    if arguments.json:
        print_json(_as_json(station, used))
        return 0
    say(_instruments(station, used))
    say()
    say(_channels(station))
    commands = _commands(station)
    if commands:
        say()
        say(commands)
    return 0


def _instruments(station: ResolvedStation, used: dict[str, Holder]) -> str:
    rows = [
        [role, one.document.instrument, one.resource.text, str(used.get(role, ""))]
        for role, one in station.definitions.items()
    ]
    return table(["role", "instrument", "resource", "in use by"], rows)


def _channels(station: ResolvedStation) -> str:
    rows = []
    for channel in station.table.channels.values():
        one = channel.attribute
        unit = one.unit.text if one.unit else ""
        update = duration(one.update_ns) if one.update_ns else ""
        rows.append([channel.name, one.type.value, unit, access(one), limits(one), _safe(one), update])
    return table(["channel", "type", "unit", "access", "limits", "safe", "update"], rows)


def _commands(station: ResolvedStation) -> str:
    rows = [
        [f"{role}.{written(command)}", "needs --confirm" if command.confirm else "", command.description]
        for role, one in station.definitions.items()
        for command in one.commands.values()
    ]
    return table(["command", "", ""], rows) if rows else ""


def written(command: Command) -> str:
    """`pulse(length)`."""
    return f"{command.name}({', '.join(parameter.name for parameter in command.parameters)})"


def access(attribute: Attribute) -> str:
    """`r`, `w` or `rw`."""
    return "r" * attribute.readable + "w" * attribute.writable


def limits(attribute: Attribute) -> str:
    """`10 .. 200`, or the options."""
    if attribute.options:
        return " | ".join(attribute.options)
    if attribute.low is None and attribute.high is None:
        return ""
    low, high = ("" if bound is None else f"{bound:.6g}" for bound in (attribute.low, attribute.high))
    return f"{low} .. {high}".strip()


def _safe(attribute: Attribute) -> str:
    if attribute.safe is None:
        return ""
    return "keep" if attribute.safe is KEEP else value(attribute.safe)


def _as_json(station: ResolvedStation, used: dict[str, Holder]) -> dict[str, Any]:
    return {
        role: {
            "instrument": one.document.instrument,
            "resource": one.resource.text,
            "in_use_by": used[role].pid if role in used else None,
            "attributes": {name: _attribute(attribute) for name, attribute in one.attributes.items()},
            "commands": {
                name: {"confirm": command.confirm, "parameters": [p.name for p in command.parameters]}
                for name, command in one.commands.items()
            },
        }
        for role, one in station.definitions.items()
    }


def _attribute(one: Attribute) -> dict[str, Any]:
    return {
        "type": one.type.value,
        "unit": one.unit.text if one.unit else None,
        "access": access(one),
        "limits": [one.low, one.high],
        "options": list(one.options),
        "safe": "keep" if one.safe is KEEP else one.safe,
        "status": one.status,
    }
