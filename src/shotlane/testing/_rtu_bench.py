"""Modbus RTU units in a process of their own, so that they keep time beside a busy test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shotlane.testing._bench_process import BenchProcess


class RtuBench(BenchProcess):
    """A running line of units. `units`: tables by unit, each as {first address: [numbers]}."""

    def __init__(
        self,
        units: Mapping[int, Mapping[str, Any]],
        *,
        folder: Path,
        baudrate: int = 19200,
        turnaround_s: float = 0.002,
        paced: bool = True,
    ) -> None:
        self.baudrate = baudrate
        self.serial_path = str(folder / "rtu")
        arguments = ["--link", self.serial_path, "--units", json.dumps(units), "--baudrate", str(baudrate)]
        arguments += ["--turnaround", str(turnaround_s), *([] if paced else ["--at-once"])]
        super().__init__("rtu", arguments)

    def resource(self, unit: int = 1) -> str:
        """Where a unit is."""
        return f"modbus+serial://{self.serial_path}?baudrate={self.baudrate}&unit={unit}"

    def requests(self, unit: int | None = None) -> list[dict[str, Any]]:
        """Every request so far, in the order in which they came."""
        entries: list[dict[str, Any]] = self._order("requests")
        return [entry for entry in entries if unit in (None, entry["unit"])]

    def fault(self, unit: int, kind: str, *, seconds: float = 0.0, count: int = 1, after: int = 0) -> None:
        """Let the next `count` requests of a unit go wrong, after `after` good ones.

        Kinds: delay (by `seconds`), drop, garble, wrong_unit, busy.
        """
        self._order("fault", unit=unit, kind=kind, seconds=seconds, count=count, after=after)

    def put(self, unit: int, table: str, address: int, value: int) -> None:
        """Change what stands at an address."""
        self._order("put", unit=unit, table=table, address=address, value=value)

    def get(self, unit: int, table: str, address: int) -> int:
        """What stands at an address."""
        return int(self._order("get", unit=unit, table=table, address=address))

    def restart(self, unit: int) -> None:
        """Switch a unit off and on again: it forgets what was written."""
        self._order("restart", unit=unit)

    def say(self, data: bytes) -> None:
        """Let something be heard on the line that nobody asked for."""
        self._order("say", data=data.hex())

    def vanish(self) -> None:
        """Pull the port out."""
        self._order("vanish")

    def appear(self) -> None:
        """Plug it in again; it comes back under another node."""
        self._order("appear")
