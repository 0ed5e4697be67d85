"""`shotlane instruments read|set|call`: one use of an instrument by a person."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from shotlane.api import ByHand, ByHandError, by_hand, call_from, channels_named, value_from
from shotlane.cli._capture import captured
from shotlane.cli._in_use import in_use_complaint, tell_waiting, wait_s
from shotlane.cli._output import Complaint, print_json, say, tell
from shotlane.cli._station_named import station_named
from shotlane.cli._text import table, value
from shotlane.instruments import InstrumentError, InUseError, PoolError, Reading, ResolvedStation
from shotlane.model import Channel


def main(arguments: argparse.Namespace) -> int:
    """Do what is asked: 0 done, 2 not possible and nothing sent, 3 the instrument or its wire failed."""
    station = station_named(arguments.station, mock=arguments.mock)
    verbs: dict[str, Callable[[ResolvedStation, argparse.Namespace], int]] = {
        "read": _read,
        "set": _set,
        "call": _call,
    }
    return verbs[arguments.action](station, arguments)


@contextmanager
def opened(station: ResolvedStation, roles: list[str], arguments: argparse.Namespace) -> Iterator[ByHand]:
    """Open instruments; every fault is told in one line."""
    try:
        with (
            captured(arguments) as capture,
            by_hand(
                station,
                roles,
                what=f"shotlane instruments {arguments.action}",
                wait_s=wait_s(arguments.wait),
                waiting=partial(tell_waiting, station),
                notify=_tell_mismatch,
                capture=capture,
            ) as hand,
        ):
            yield hand
    except InUseError as error:
        raise in_use_complaint(error, station) from error
    except PoolError as error:
        told = "\n".join(f"{role}: {fault.message}" for role, fault in error.faults.items())
        raise Complaint(f"not every instrument could be opened\n{told}", 3) from error
    except InstrumentError as error:
        raise Complaint(f"{error.fault}: {error.message}", 3) from error


def _tell_mismatch(role: str, event_type: str, fields: Mapping[str, Any]) -> None:
    """A run is stamped when somebody else answers (`mismatch: stamp`); a person is told."""
    if event_type == "instrument.mismatched":
        tell(f"{role}: {fields['message']}")


@contextmanager
def asked() -> Iterator[None]:
    """What a person asked for wrongly is told in one line."""
    try:
        yield
    except ByHandError as error:
        raise Complaint(str(error)) from error


def shown(channel: Channel, reading: Reading) -> str:
    """A reading in one cell: its value with its unit, or why there is none."""
    if reading.fault is not None:
        return f"{reading.fault.fault}: {reading.fault.message}"
    if reading.value is None:
        return f"no value ({reading.raw})"
    return value(reading.value, channel.attribute.unit.text if channel.attribute.unit else None)


def as_json(channel: Channel, reading: Reading) -> dict[str, Any]:
    """A reading for programs."""
    fault = reading.fault
    return {
        "value": reading.value,
        "unit": channel.attribute.unit.text if channel.attribute.unit else None,
        "raw": reading.raw,
        "fault": None if fault is None else {"class": fault.fault, "message": fault.message},
    }


def _wanted(station: ResolvedStation, names: list[str], *, status: bool) -> list[Channel]:
    if not names and not status:
        raise ByHandError("nothing is asked for", "name channels or instruments, or give --status")
    channels = channels_named(station, names or station.table.roles)
    if not status:
        return channels
    marked = [channel for channel in channels if channel.attribute.status]
    if not marked:
        raise ByHandError("nothing there is marked as status", "write `status: true` at an attribute")
    return marked


def _read(station: ResolvedStation, arguments: argparse.Namespace) -> int:
    with asked():
        channels = _wanted(station, arguments.channels, status=arguments.status)
    with opened(station, [channel.role for channel in channels], arguments) as hand:
        readings = hand.read(channels)
    if arguments.json:
        print_json({channel.name: as_json(channel, readings[channel.name]) for channel in channels})
    else:
        say(table(["channel", "value"], [[one.name, shown(one, readings[one.name])] for one in channels]))
    return 3 if any(reading.fault is not None for reading in readings.values()) else 0


def _set(station: ResolvedStation, arguments: argparse.Namespace) -> int:
    with asked():
        (channel,) = channels_named(station, [arguments.channel], writable=True)
        wanted = value_from(arguments.value, channel.attribute, channel.name)
    with opened(station, [channel.role], arguments) as hand:
        hand.set(channel, wanted)
    unit = channel.attribute.unit
    say(f"{channel.name} is set to {value(wanted, unit.text if unit else None)}")
    _tell_it_stays(channel.attribute.safe)
    return 0


def _tell_it_stays(safe: object) -> None:
    tell("it stays so: nothing makes it safe at the end" if safe is not None else "it stays so")


def _call(station: ResolvedStation, arguments: argparse.Namespace) -> int:
    with asked():
        call = call_from(station, arguments.call)
    if call.command.confirm and not arguments.confirm:
        what = call.command.description or "it can do harm"
        raise Complaint(f"{call.role}.{call.command.name}() must be confirmed ({what}); add --confirm")
    with opened(station, [call.role], arguments) as hand:
        result = hand.call(call)
    say("done" if result is None else value(result))
    return 0
