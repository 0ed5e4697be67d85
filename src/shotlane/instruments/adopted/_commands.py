"""Commands of a driver as a station has them: the driver declares them, or the station where it is silent."""

from collections.abc import Mapping
from dataclasses import replace

from shotlane.diagnostics import did_you_mean
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._attributes import read_command
from shotlane.model import Command, CommandParameter, DriverCommand


def merge_commands(
    written: Mapping[str, DriverCommand],
    known: Mapping[str, Command] | None,
    paths: Mapping[str, str],
    values: ValueReader,
) -> tuple[dict[str, Command], dict[str, str]]:
    """Commands and what the driver calls them, by the station's names.

    `known`: what the driver declares, with its `paths`; None: nothing is known, the station declares all.
    """
    commands, calls = dict(known or {}), dict(paths)
    for name, item in written.items():
        if not (name.isidentifier() and name.isascii()):
            help = "a name has letters, digits and _ and begins with no digit"
            values.key_error(("commands", name), f"'{name}' cannot name a command", help)
            continue
        own = read_command(name, item, values)
        base = item.path or name
        if known is not None:
            found = base if base in known else next((key for key in known if paths[key] == base), None)
            if found is None:
                help = did_you_mean(base, [*known, *paths.values()], what="commands of the driver")
                message = f"the driver has no command '{base}'"
                values.key_error(("commands", name), message, help, code="STA163")
                continue
            own = _with(own, commands.pop(found), item, values)
            base = calls.pop(found)
        commands[name], calls[name] = own, base
    return commands, calls


def _with(own: Command, found: Command, item: DriverCommand, values: ValueReader) -> Command:
    """What the driver declares, with what the station adds."""
    arguments = {one.name: one for one in own.parameters}
    for name in arguments:
        if name not in [one.name for one in found.parameters]:
            help = did_you_mean(name, [one.name for one in found.parameters], what="arguments")
            path = ("commands", own.name, "parameters", name)
            values.key_error(path, f"the command has no argument '{name}'", help, code="STA163")
    return replace(
        found,
        name=own.name,
        parameters=tuple(_argument(one, arguments.get(one.name)) for one in found.parameters),
        takes_ns=own.takes_ns or found.takes_ns,
        confirm=own.confirm or found.confirm,
        description=item.description or found.description,
    )


def _argument(found: CommandParameter, own: CommandParameter | None) -> CommandParameter:
    """An argument, tightened: where the driver says nothing of it, the station does."""
    if own is None:
        return found
    lows = [one for one in (found.low, own.low) if one is not None]
    highs = [one for one in (found.high, own.high) if one is not None]
    return replace(
        found,
        unit=found.unit or own.unit,
        low=max(lows, default=None),
        high=min(highs, default=None),
        options=own.options or found.options,
    )
