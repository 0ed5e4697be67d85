"""An instrument of another process's session: the same handle and the same exceptions, over its server."""

import socket
import threading
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from shotlane.instruments import ErrorContext, InstrumentError, RefusedValueError
from shotlane.sessions._error import SessionError
from shotlane.sessions._frames import ANSWER, REQUEST, FrameError, receive, send
from shotlane.sessions._handle import Handle
from shotlane.sessions._reach import hang_up, reach
from shotlane.sessions._shown import shown

_SENT_AS_THEY_ARE = (bool, int, float, str, bytes, bytearray)
# Of numpy: a single value, and an array.
_KINDS = ("biufSU", "biufcSU")


def remote_instrument(
    address: str, role: str, *, token: str | Path | None = None, timeout: float = 60.0
) -> "RemoteInstrument":
    """Connect to an instrument of a session whose process serves it; close it, or use it in a `with` block.

    `address`: as `start_instrument_server` returns it, or the line that `shotlane serve` prints. `token`: as
    text, or the `Path` of a file; without it `SHOTLANE_TOKEN`, for another machine, or the file of this user.
    `timeout`: s to wait for an answer. Raises `SessionError`.
    """
    line = reach(address, "instruments", {"role": role}, token)
    line.settimeout(timeout)
    return RemoteInstrument(line, address, role)


class RemoteInstrument(Handle):
    """A handle whose requests another process carries out, one at a time."""

    def __init__(self, line: socket.socket, address: str, role: str) -> None:
        super().__init__(role)
        self.address = address
        self._line: socket.socket | None = line
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"<instrument {self.role} at {self.address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; the instrument stays as it is. Safe to call twice."""
        line, self._line = self._line, None
        if line is not None:
            hang_up(line)
            line.close()

    @property
    def connected(self) -> bool:
        """Whether its server can still be asked; False after `close`, and when the connection was lost."""
        return self._line is not None

    def describe(self) -> dict[str, Any]:
        """Its attributes and commands, with types, units and limits, and who answered; JSON-able."""
        found: dict[str, Any] = self._ask("describe")
        return found

    def _read(self, names: Sequence[str], unit: str | None) -> Mapping[str, Any]:
        found: dict[str, Any] = self._ask("read", names=list(names), unit=unit)
        return found

    def _write(self, name: str, value: Any) -> None:
        self._ask("write", name=name, value=self._sendable(name, value))

    def _call(self, command: str, arguments: Sequence[Any], named: Mapping[str, Any], confirm: bool) -> Any:
        given = [self._sendable(command, one) for one in arguments]
        by_name = {name: self._sendable(command, one) for name, one in named.items()}
        return self._ask("call", command=command, arguments=given, named=by_name, confirm=confirm)

    def _sendable(self, name: str, value: Any) -> Any:
        """A value as a message has it. Its text in place of what it is would be taken for what was meant."""
        if value is None or isinstance(value, _SENT_AS_THEY_ARE):
            return value
        if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in _KINDS[value.ndim > 0]:
            return value
        if isinstance(value, Real):  # of any kind, as where the instrument is
            return float(value)
        if isinstance(value, list | tuple):
            return [self._sendable(name, one) for one in value]
        if isinstance(value, Mapping):
            return {str(key): self._sendable(name, one) for key, one in value.items()}
        raise RefusedValueError(
            f"{self.role}.{name}: a value of type '{type(value).__name__}' cannot be sent to another process",
            "write a number, a text, on or off, or several of them",
        )

    def _ask(self, what: str, **told: Any) -> Any:
        with self._turn:
            line = self._line
            if line is None:
                raise SessionError(
                    f"the connection to {self.role} at {self.address} is closed", "connect again"
                )
            try:
                send(line, {"do": what, **told}, REQUEST)
                answer = receive(line, ANSWER)
            except FrameError as error:
                self.close()
                raise SessionError(str(error)) from None
            except (OSError, EOFError) as error:
                # An answer that comes later would be taken for that to the next request.
                self.close()
                raise self._lost(error) from None
            except BaseException:
                self.close()
                raise
        if "fault" in answer:
            raise _error(shown(answer))
        return answer.get("result")

    def _lost(self, error: BaseException) -> InstrumentError:
        fault = "timeout" if isinstance(error, TimeoutError) else "disconnected"
        why = "did not answer in time" if fault == "timeout" else "is gone"
        return InstrumentError(
            fault, f"the server of {self.role} at {self.address} {why}", ErrorContext(role=self.role)
        )


def _error(answer: Mapping[str, Any]) -> Exception:
    message, help = str(answer.get("message")), answer.get("help")
    if answer["fault"] == "instrument":
        context = ErrorContext(**answer.get("context", {}))
        return InstrumentError(str(answer.get("class")), message, context)
    kind = RefusedValueError if answer["fault"] == "value" else SessionError
    return kind(message, help if help is None else str(help))
