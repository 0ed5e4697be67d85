"""The bench of two devices on real wires, for tests."""

from pathlib import Path
from typing import Any

from shotlane.testing._bench_process import BenchProcess


class Bench(BenchProcess):
    """A running bench. `port` 0 takes any free port; `folder` gets the serial link and the log."""

    def __init__(self, port: int = 0, *, folder: Path) -> None:
        self.log = folder / "bench.jsonl"
        arguments = ["--control", "--port", str(port), "--ascii-port", "0"]
        super().__init__("bench", [*arguments, "--link", str(folder / "gas"), "--log", str(self.log)])
        self.modbus_port = 0
        self.ascii_port = 0
        self.serial_path = ""

    def _started(self, addresses: dict[str, Any]) -> None:
        self.modbus_port = addresses["modbus_port"]
        self.ascii_port = addresses["ascii_port"]
        self.serial_path = addresses["serial_path"]

    @property
    def furnace_resource(self) -> str:
        """Where the furnace is."""
        return f"modbus+tcp://127.0.0.1:{self.modbus_port}?unit=1"

    @property
    def gas_resource(self) -> str:
        """Where the flow controller is: its serial port."""
        return f"serial://{self.serial_path}?baudrate=19200"

    @property
    def gas_tcp_resource(self) -> str:
        """Where the flow controller is too."""
        return f"tcp://127.0.0.1:{self.ascii_port}"

    def requests(self, device: str | None = None) -> list[dict[str, Any]]:
        """Every request so far, in the order in which they came."""
        entries: list[dict[str, Any]] = self._order("requests")
        return [entry for entry in entries if device in (None, entry["device"])]

    def registers(self) -> dict[str, dict[str, Any]]:
        """What the devices are at now.

        `furnace`: temperature_degF, setpoint_degF, saving, validity, eeprom_writes; `gas`: setpoint, flow,
        held, tares.
        """
        state: dict[str, dict[str, Any]] = self._order("state")
        return state

    def fault(self, device: str, kind: str, *, seconds: float = 0.0, count: int = 1, after: int = 0) -> None:
        """Let the next `count` requests of "furnace" or "gas" go wrong, after `after` good ones.

        Kinds: delay (by `seconds`), drop, garble, wrong_unit, busy, hang_up.
        """
        self._order("fault", device=device, kind=kind, seconds=seconds, count=count, after=after)

    def restart(self, device: str, *, seconds: float = 0.1) -> None:
        """Switch a device off and on again: it forgets what a real one forgets. Returns when it is back."""
        self._order("restart", device=device, seconds=seconds)

    def break_sensor(self, code: int = 65) -> None:
        """Let the furnace's validity register say `code` (61: valid); its temperature stays as it is."""
        self._order("break_sensor", code=code)

    def vanish(self) -> None:
        """Pull the flow controller's serial port out."""
        self._order("vanish")

    def appear(self) -> None:
        """Plug it in again; it comes back under another node."""
        self._order("appear")

    def say(self, text: str) -> None:
        """Let the flow controller send something that nobody asked for."""
        self._order("say", text=text)
