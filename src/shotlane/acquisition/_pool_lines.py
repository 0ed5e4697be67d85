"""Instruments of a pool as lines: one per port, so that a dead one never slows those on other wires.

The pool repeats, reopens with `setup:` and leaves alone what is declared down; here a fault is a reading.
"""

from collections.abc import Sequence

from shotlane.acquisition._sample import MeasuredChannel
from shotlane.acquisition._source import Read
from shotlane.instruments import Definition, InstrumentError, Pool
from shotlane.model import InstrumentAttribute, channel_name


def pool_channels(pool: Pool) -> list[MeasuredChannel]:
    """What can be read of the opened instruments."""
    opened = (pool.definitions[role] for role in pool.roles_opened)
    return [channel for definition in opened for channel in definition_channels(definition)]


def definition_channels(definition: Definition) -> list[MeasuredChannel]:
    """What can be read of one instrument."""
    written = definition.document.attributes
    return [
        MeasuredChannel(
            channel_name(definition.role, name),
            definition.role,
            name,
            None if attribute.unit is None else attribute.unit.text,
            definition.resource.text,
            definition.document.protocol,
            _register(written.get(name)),
        )
        for name, attribute in definition.attributes.items()
        if attribute.readable
    ]


def _register(written: InstrumentAttribute | None) -> int | None:
    """The address of what is read, as a document gives it."""
    if written is None:
        return None
    places = (written.holding, written.input, written.coil, written.discrete)
    return next((place for place in places if isinstance(place, int)), None)


class PoolLine:
    """The channels of one port of a pool, those of one instrument in one exchange."""

    def __init__(self, pool: Pool, channels: Sequence[MeasuredChannel], *, reconnect: bool) -> None:
        self._pool = pool
        self._reconnect = reconnect
        self._exchanges: dict[str, list[MeasuredChannel]] = {}
        for channel in channels:
            self._exchanges.setdefault(channel.device, []).append(channel)
        self._lost: set[str] = set()
        self.channels = [channel for group in self._exchanges.values() for channel in group]
        self.disconnects = 0

    def read(self) -> list[Read]:
        """One exchange per instrument."""
        return [read for role, group in self._exchanges.items() for read in self._ask(role, group)]

    def _ask(self, role: str, group: Sequence[MeasuredChannel]) -> list[Read]:
        try:
            exchange = self._pool.read(role, [channel.parameter for channel in group])
        except InstrumentError as error:
            self._note(role, error)
            stamps = (error.requested_ns, error.received_ns)
            return [Read(channel, None, *stamps, error.message, error.fault) for channel in group]
        self._lost.discard(role)
        both = (exchange.requested_ns, exchange.received_ns)
        found = []
        for channel in group:
            reading = exchange.readings[channel.parameter]
            stamps = exchange.earlier.get(channel.parameter, both)
            fault = reading.fault
            if fault is None:
                found.append(Read(channel, reading.value, *stamps, reading.raw))
            else:
                found.append(Read(channel, None, *stamps, fault.message, fault.fault))
        return found

    def _note(self, role: str, error: InstrumentError) -> None:
        """Count a connection that was lost, once; or end the recording."""
        if error.fault != "disconnected":
            return
        if not self._reconnect:
            raise error
        if role not in self._lost:
            self._lost.add(role)
            self.disconnects += 1


def pool_lines(pool: Pool, channels: Sequence[MeasuredChannel], *, reconnect: bool) -> list[PoolLine]:
    """A line per port."""
    ports: dict[str, list[MeasuredChannel]] = {}
    for channel in channels:
        ports.setdefault(pool.port_of(channel.device), []).append(channel)
    return [PoolLine(pool, group, reconnect=reconnect) for group in ports.values()]
