"""All peers of the bench together, and what can be asked of them while they run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shotlane.serving._request_log import RequestLog
from shotlane.testing._ascii_server import AsciiPeer, AsciiTcpServer, PtyServer
from shotlane.testing._faults import Fault
from shotlane.testing._flow_controller import FlowController
from shotlane.testing._furnace import Furnace
from shotlane.testing._modbus_server import ModbusServer


class Devices:
    """A furnace on Modbus TCP and a flow controller on a pseudo-terminal, on TCP too with `ascii_port`."""

    def __init__(self, *, port: int, link: Path, log: Path | None, ascii_port: int | None) -> None:
        self._log = RequestLog(log)
        self._link = link
        self._furnace = Furnace()
        self._gas = FlowController()
        self._modbus = ModbusServer(self._furnace, self._log, port)
        self._peer = AsciiPeer(self._gas, self._log)
        self._pty = PtyServer(self._peer, link)
        self._tcp = None if ascii_port is None else AsciiTcpServer(self._peer, ascii_port)

    @property
    def addresses(self) -> dict[str, Any]:
        """Where the peers are."""
        return {
            "modbus_port": self._modbus.port,
            "serial_path": str(self._link),
            "ascii_port": None if self._tcp is None else self._tcp.port,
        }

    def obey(self, verb: str, arguments: dict[str, Any]) -> Any:
        """Do what a test asks for; the answer is JSON-able. Raises `KeyError`, `TypeError`, `ValueError`."""
        verbs: dict[str, Callable[..., Any]] = {
            "requests": self._log.entries,
            "state": self.state,
            "fault": self._fault,
            "restart": self._restart,
            "break_sensor": self._furnace.break_sensor,
            "vanish": self._pty.vanish,
            "appear": self._pty.appear,
            "say": self._pty.say,
        }
        return verbs[verb](**arguments)

    def state(self) -> dict[str, Any]:
        """What each device is at now."""
        return {"furnace": self._furnace.state(), "gas": self._gas.state()}

    def close(self) -> None:
        """Write the final states into the log, and go away."""
        self._modbus.close()
        self._pty.close()
        if self._tcp is not None:
            self._tcp.close()
        for device, state in self.state().items():
            self._log.add(device, state=state)
        self._log.close()

    def _fault(self, device: str, **fields: Any) -> None:
        faults = {"furnace": self._modbus.faults, "gas": self._peer.faults}[device]
        faults.add(Fault(**fields))

    def _restart(self, device: str, seconds: float) -> None:
        if device == "furnace":
            self._modbus.restart(seconds)
        else:
            self._gas.restart()
