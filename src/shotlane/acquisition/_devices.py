"""Several instruments asked at once: those on different ports side by side, those on one wire in turn.

A fault of one is its own result. `ErrorPolicy` says what the caller gets: an exception with all faults, once
everybody was asked, or a result for each. An instrument that could not be opened is tried again when it is
asked, in the thread of its port.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from shotlane.acquisition._pool_lines import definition_channels
from shotlane.acquisition._sample import MeasuredChannel
from shotlane.acquisition._source import UnknownChannelError, chosen
from shotlane.diagnostics import did_you_mean
from shotlane.instruments import InstrumentError, Pool, PoolError
from shotlane.model import ScalarValue, channel_name


class ErrorPolicy(StrEnum):
    """What becomes of faults. raise: an `ExceptionGroup` of all; return: each stands in its result."""

    RAISE = "raise"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class DeviceResult:
    """What came of one channel or instrument: a value, or an error."""

    name: str
    value: Any = None
    error: InstrumentError | None = None

    @property
    def ok(self) -> bool:
        """Whether there was no error."""
        return self.error is None


Results = Mapping[str, DeviceResult]
_Act = Callable[[], Iterable[DeviceResult]]


def _each(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


class Devices:
    """Opened instruments of a pool, or some that shall be. Callable from any thread."""

    def __init__(
        self,
        pool: Pool,
        names: str | Iterable[str] | None = None,
        *,
        errors: ErrorPolicy = ErrorPolicy.RAISE,
    ) -> None:
        self.pool = pool
        self.names = pool.roles_opened if names is None else _each(names)
        self._errors = ErrorPolicy(errors)
        ports = {pool.port_of(name) for name in self.names}
        self._threads = ThreadPoolExecutor(max(1, len(ports)), thread_name_prefix="devices")

    def read(
        self, channels: str | Iterable[str] | None = None, *, errors: ErrorPolicy | None = None
    ) -> Results:
        """Read channels, those of one instrument in one exchange; results by channel."""
        definitions = (self.pool.definitions[name] for name in self.names)
        available = [channel for definition in definitions for channel in definition_channels(definition)]
        groups: dict[str, list[MeasuredChannel]] = {}
        for channel in chosen(available, channels, None):
            groups.setdefault(channel.device, []).append(channel)
        return self._all(
            {name: partial(self._read, name, group) for name, group in groups.items()},
            {name: [channel.name for channel in group] for name, group in groups.items()},
            errors,
        )

    def write(self, values: Mapping[str, ScalarValue], *, errors: ErrorPolicy | None = None) -> Results:
        """Set channels, those of one instrument in the order given; results by channel."""
        groups: dict[str, list[tuple[str, str, ScalarValue]]] = {}
        for name, value in values.items():
            role, attribute = self._writable(name)
            groups.setdefault(role, []).append((name, attribute, value))
        return self._all(
            {role: partial(self._write, role, group) for role, group in groups.items()},
            {role: [name for name, *_ in group] for role, group in groups.items()},
            errors,
        )

    def call(
        self,
        command: str,
        names: str | Iterable[str] | None = None,
        *,
        errors: ErrorPolicy | None = None,
        confirm: bool = False,
        **arguments: Any,
    ) -> Results:
        """Run a command on every instrument that has it, or on `names`; results by instrument.

        `confirm` one that can do harm; without it `ValueError`, and nobody is asked.
        """
        having = [name for name in self.names if command in self.pool.definitions[name].commands]
        asked = having if names is None else list(_each(names))
        if not asked:
            known = {one for name in self.names for one in self.pool.definitions[name].commands}
            raise UnknownChannelError(f"there is no command '{command}'; {did_you_mean(command, known)}")
        self._refuse_unknown(asked)
        if not confirm:
            self._refuse_dangerous(asked, command)
        acts = {name: partial(self._call, name, command, arguments) for name in asked}
        return self._all(acts, {name: [name] for name in asked}, errors)

    def close(self) -> None:
        """Ask nobody any more; the pool is left as it is."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _writable(self, name: str) -> tuple[str, str]:
        known = {
            channel_name(role, attribute.name): (role, attribute.name)
            for role in self.names
            for attribute in self.pool.definitions[role].attributes.values()
            if attribute.writable
        }
        if name not in known:
            raise UnknownChannelError(f"no channel '{name}' can be set; {did_you_mean(name, known)}")
        return known[name]

    def _refuse_unknown(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.names:
                raise UnknownChannelError(
                    f"there is no instrument '{name}'; {did_you_mean(name, self.names)}"
                )

    def _refuse_dangerous(self, names: Iterable[str], command: str) -> None:
        for name in names:
            definition = self.pool.definitions[name]
            known = definition.commands.get(command)
            if known is not None and known.confirm and not definition.simulated:
                what = known.description.rstrip(".") or "it can do harm"
                raise ValueError(
                    f"{name}.{command}() must be confirmed: {what}; give confirm=True when that is meant"
                )

    def _read(self, role: str, group: Sequence[MeasuredChannel]) -> Iterable[DeviceResult]:
        exchange = self.pool.read(role, [channel.parameter for channel in group])
        for channel in group:
            reading = exchange.readings[channel.parameter]
            yield DeviceResult(channel.name, reading.value, reading.fault)

    def _write(self, role: str, group: Sequence[tuple[str, str, ScalarValue]]) -> Iterable[DeviceResult]:
        for name, attribute, value in group:
            try:
                self.pool.write(role, attribute, value)
            except InstrumentError as error:
                yield DeviceResult(name, None, error)
            else:
                yield DeviceResult(name, value)

    def _call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Iterable[DeviceResult]:
        yield DeviceResult(role, self.pool.call(role, command, arguments).result)

    def _all(
        self, acts: Mapping[str, _Act], named: Mapping[str, Sequence[str]], errors: ErrorPolicy | None
    ) -> Results:
        """Do all, port beside port; `named`: what each has a result for."""
        ports: dict[str, list[str]] = {}
        for role in acts:
            ports.setdefault(self.pool.port_of(role), []).append(role)

        def in_turn(roles: Sequence[str]) -> list[DeviceResult]:
            return [one for role in roles for one in self._one(role, acts[role], named[role])]

        # All are begun before the first is waited for.
        futures = [self._threads.submit(in_turn, roles) for roles in ports.values()]
        found = {one.name: one for future in futures for one in future.result()}
        results = {name: found[name] for names in named.values() for name in names}
        faults = [one.error for one in results.values() if one.error is not None]
        policy = self._errors if errors is None else ErrorPolicy(errors)
        if faults and policy is ErrorPolicy.RAISE:
            raise ExceptionGroup(f"{len(faults)} of {len(results)} failed", faults)
        return results

    def _one(self, role: str, act: _Act, names: Sequence[str]) -> list[DeviceResult]:
        try:
            if role not in self.pool.roles_opened:
                self.pool.open([role])
            return list(act())
        except InstrumentError as error:
            return [DeviceResult(name, None, error) for name in names]
        except PoolError as error:
            return [DeviceResult(name, None, error.faults[role]) for name in names]
