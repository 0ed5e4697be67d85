"""`shotlane instruments list`: what a station has, and who uses it. Opens nothing."""

import argparse
from typing import Any

from shotlane.cli._output import print_json, say
from shotlane.cli._station_named import station_named
from shotlane.cli._text import duration, table, value
from shotlane.instruments import Holder, ResolvedStation, holders
from shotlane.model import KEEP, Attribute, Channel, Command, channel_name


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
        rows.append(
            [channel.name, one.type.value, unit, access(one), limits(one), safe(station, channel), update]
        )
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


def safe(station: ResolvedStation, channel: Channel) -> str:
    """`20`, `keep`, or `0 V (seq.ao0)` where an alias has no value for what is written."""
    behind = station.table.safe_behind(channel)
    if behind is not None:
        one = behind.attribute
        return f"{value(one.safe, one.unit.text if one.unit else None)} ({behind.name})"
    found = channel.attribute.safe
    return "" if found is None else "keep" if found is KEEP else value(found)


def _as_json(station: ResolvedStation, used: dict[str, Holder]) -> dict[str, Any]:
    return {
        role: {
            "instrument": one.document.instrument,
            "resource": one.resource.text,
            "in_use_by": used[role].pid if role in used else None,
            "attributes": {name: _attribute(station, role, name) for name in one.attributes},
            "commands": {
                name: {"confirm": command.confirm, "parameters": [p.name for p in command.parameters]}
                for name, command in one.commands.items()
            },
        }
        for role, one in station.definitions.items()
    }


def _attribute(station: ResolvedStation, role: str, name: str) -> dict[str, Any]:
    channel = station.table.channels[channel_name(role, name)]
    one = channel.attribute
    hidden = station.table.safe_behind(channel) is not None
    return {
        "type": one.type.value,
        "unit": one.unit.text if one.unit else None,
        "access": access(one),
        "limits": [one.low, one.high],
        "options": list(one.options),
        "safe": safe(station, channel) if hidden else "keep" if one.safe is KEEP else one.safe,
        "status": one.status,
    }
