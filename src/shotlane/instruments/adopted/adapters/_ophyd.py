"""Devices of ophyd-async: signals are attributes, a movable has a `position`, methods of motion are commands.

The event loop runs in a thread of its own; each use waits for its answer at most the timeout. Setting a
`position` begins the motion and does not wait for its end: the sequence keeps the time. What goes wrong with
a motion on its way is told at the next use of the device. Written for ophyd-async 0.13 to 0.19.
"""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final

from ophyd_async.core import Device, NotConnectedError, Signal, SignalR, SignalW, SignalX

from shotlane.instruments.adopted.adapters._objects import find_class, known_unit
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import Driver, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, CommandParameter, ValueType

_POSITION: Final = "position"
_TYPES: Final = {
    "number": ValueType.FLOAT,
    "integer": ValueType.INT,
    "boolean": ValueType.BOOL,
    "string": ValueType.TEXT,
    "array": ValueType.ARRAY,
}


def make(request: Request) -> Driver:
    """The device of `package.module.Class`; the station's options go to its constructor.

    A `resource` goes to its parameter `prefix` (EPICS) or `uri`, whichever it has.
    """
    kind = find_class(request.name.target, request)
    options = dict(request.options)
    parameters = inspect.signature(kind).parameters
    for name in ("prefix", "uri", "trl"):
        if request.address and name in parameters:
            options.setdefault(name, request.address)
            break
    if "name" in parameters:
        options.setdefault("name", request.role)
    return OphydDriver(lambda: kind(**options), request.timeout_s)


class OphydDriver:
    """One device of ophyd-async; `build` makes it, in its event loop. Implements `Driver`."""

    def __init__(self, build: Callable[[], Device], timeout_s: float) -> None:
        self._build = build
        self._timeout_s = timeout_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._device: Any = None
        self._motions: dict[str, Any] = {}

    def open(self) -> Identity:
        """Start the event loop and connect all signals."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ophyd-async", daemon=True)
        self._thread.start()

        async def connect() -> Device:
            device = self._build()
            await device.connect(timeout=self._timeout_s)
            return device

        try:
            # Its own timeout of connecting comes first, and says which signals are missing.
            self._device = self._wait(connect(), 2 * self._timeout_s)
        except NotConnectedError as error:
            raise InstrumentError("disconnected", " ".join(str(error).split())) from error
        return Identity(model=type(self._device).__name__)

    def attributes(self) -> Mapping[str, Attribute]:
        """Its signals and positions, a dotted path each."""
        found = {}
        for path, device in _walk("", self._opened()):
            if isinstance(device, SignalR | SignalW):
                found[path] = self._signal(path, device)
            elif _moves(device):
                name = _joined(path, _POSITION)
                found[name] = self._position(name, device)
        return found

    def commands(self) -> Mapping[str, Command]:
        """Signals that are only triggered, and `stop` of what moves."""
        found = {}
        for path, device in _walk("", self._opened()):
            if isinstance(device, SignalX) or (isinstance(device, Signal) and hasattr(device, "trigger")):
                found[path] = Command(path)
            elif _moves(device) and hasattr(device, "stop"):
                name = _joined(path, "stop")
                found[name] = Command(name, (CommandParameter("success", ValueType.BOOL, required=False),))
        return found

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read signals, all at once."""
        self._tell_motions()
        devices = {name: self._found(name) for name in names}

        async def values() -> list[Any]:
            return await asyncio.gather(*(_value(device) for device in devices.values()))

        found = self._wait(values())
        return {name: Reading(value) for name, value in zip(devices, found, strict=True)}

    def write(self, name: str, value: Any) -> None:
        """Set a signal and wait for it; set a position and do not."""
        self._tell_motions()
        device = self._found(name)
        if isinstance(device, SignalW):
            self._wait(_done(lambda: device.set(value)))
        elif not isinstance(device, Signal):
            self._motions[name] = self._wait(_begun(lambda: device.set(value)))
        else:
            raise InstrumentError("rejected", f"'{name}' cannot be set")

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Trigger a signal, or stop a motion."""
        if command not in self.commands():
            raise InstrumentError("rejected", f"there is no command '{command}'")
        path, _, last = command.rpartition(".")
        device = self._found(command) if last != "stop" else self._at(path)
        if last == "stop":
            self._motions.pop(_joined(path, _POSITION), None)  # that it ends early is meant
            self._wait(_maybe(device.stop(**arguments)))
        else:
            self._wait(_done(device.trigger))

    def make_safe(self) -> None:
        """Stop whatever moves."""
        self._motions.clear()
        for _, device in _walk("", self._opened()):
            if _moves(device) and hasattr(device, "stop"):
                self._wait(_maybe(device.stop()))

    def close(self) -> None:
        """Stop the event loop."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = self._device = None
        self._motions.clear()
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop)
        loop.call_soon_threadsafe(lambda: loop.call_later(0.01, loop.stop))
        thread.join(timeout=5.0)
        if not thread.is_alive():
            loop.close()

    def _wait(self, work: Coroutine[Any, Any, Any], timeout_s: float | None = None) -> Any:
        """Do something in the event loop, and wait at most the timeout. Raises `TimeoutError`."""
        if self._loop is None:
            work.close()
            raise InstrumentError("disconnected", "the device is not open")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(self._timeout_s if timeout_s is None else timeout_s)
        except TimeoutError:
            future.cancel()
            raise

    def _tell_motions(self) -> None:
        """Raise what went wrong with a motion since."""
        for name, status in list(self._motions.items()):
            if not status.done:
                continue
            del self._motions[name]
            error = status.exception(timeout=0) if _takes_timeout(status.exception) else status.exception()
            if error is not None and not isinstance(error, asyncio.CancelledError):
                raise InstrumentError("failed", f"the motion of {name} failed: {error}") from error

    def _signal(self, path: str, signal: Any) -> Attribute:
        described: Mapping[str, Any] = {}
        if isinstance(signal, SignalR):
            (described,) = self._wait(signal.describe()).values()
        unit, remark = known_unit(described.get("units"))
        type_ = _TYPES.get(str(described.get("dtype", "number")), ValueType.FLOAT)
        options = tuple(str(item) for item in described.get("choices") or ())
        if options:
            type_ = ValueType.OPTION
        low, high = _limits(described) if type_ in (ValueType.FLOAT, ValueType.INT) else (None, None)
        return Attribute(
            path,
            type_,
            unit if type_ in (ValueType.FLOAT, ValueType.INT, ValueType.ARRAY) else None,
            readable=isinstance(signal, SignalR),
            writable=isinstance(signal, SignalW) and type_ is not ValueType.ARRAY,
            low=low,
            high=high,
            options=options,
            description=remark,
        )

    def _position(self, name: str, device: Any) -> Attribute:
        described: Mapping[str, Any] = {}
        if hasattr(device, "describe"):
            described = next(iter(self._wait(device.describe()).values()), {})
        unit, remark = known_unit(described.get("units"))
        low, high = _limits(described)
        # It reads where it is, not where it was sent: the two differ while it moves.
        return Attribute(
            name,
            ValueType.FLOAT,
            unit,
            readable=hasattr(device, "locate"),
            writable=True,
            low=low,
            high=high,
            verify=False,
            description=remark,
        )

    def _found(self, path: str) -> Any:
        device = self._at(path.removesuffix(_POSITION).removesuffix(".")) if _is_position(path) else None
        if device is not None and _moves(device):
            return device
        found = self._at(path)
        if not isinstance(found, Signal):
            raise InstrumentError("rejected", f"the device has no signal '{path}'")
        return found

    def _at(self, path: str) -> Any:
        device = self._opened()
        for part in path.split(".") if path else ():
            device = dict(device.children()).get(part) if isinstance(device, Device) else None
        if device is None:
            raise InstrumentError("rejected", f"the device has no '{path}'")
        return device

    def _opened(self) -> Any:
        if self._device is None:
            raise InstrumentError("disconnected", "the device is not open")
        return self._device


def _walk(path: str, device: Any) -> Iterator[tuple[str, Any]]:
    """A device and all below it, with their dotted paths; of a signal nothing is below."""
    yield path, device
    if isinstance(device, Signal):
        return
    for name, child in device.children():
        yield from _walk(_joined(path, str(name)), child)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_position(path: str) -> bool:
    return path == _POSITION or path.endswith(f".{_POSITION}")


def _moves(device: Any) -> bool:
    return not isinstance(device, Signal) and callable(getattr(device, "set", None))


def _limits(described: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Limits of control; equal ones mean none (EPICS)."""
    control = (described.get("limits") or {}).get("control") or {}
    low, high = control.get("low"), control.get("high")
    return (None, None) if low == high else (low, high)


async def _value(device: Any) -> Any:
    if isinstance(device, SignalR):
        return await device.get_value()
    if hasattr(device, "locate"):
        return (await device.locate())["readback"]
    raise InstrumentError("rejected", "it cannot be read")


async def _done(begin: Callable[[], Awaitable[Any]]) -> None:
    await begin()


async def _begun(begin: Callable[[], Any]) -> Any:
    status = begin()
    # Whatever becomes of it is told by us, and not by the event loop at its end.
    status.task.add_done_callback(lambda task: task.cancelled() or task.exception())
    return status


async def _maybe(result: Any) -> None:
    if inspect.isawaitable(result):
        await result


async def _cancel_all() -> None:
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()


def _takes_timeout(method: Any) -> bool:
    return "timeout" in inspect.signature(method).parameters
