"""Modbus RTU units in a process of their own, so that they keep time beside a busy test."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.testing._bench import BenchError


class RtuBench:
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
        self._command = [sys.executable, "-m", "shotlane.testing.rtu", "--link", self.serial_path]
        self._command += ["--units", json.dumps(units), "--baudrate", str(baudrate)]
        self._command += ["--turnaround", str(turnaround_s), *([] if paced else ["--at-once"])]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._line()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

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

    def stop(self) -> None:
        """Stop it."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _order(self, verb: str, **arguments: Any) -> Any:
        process = self._process
        if process is None or process.stdin is None:
            raise BenchError("the line is not running")
        process.stdin.write(json.dumps({"verb": verb, "arguments": arguments}) + "\n")
        process.stdin.flush()
        answer = json.loads(self._line())
        if "error" in answer:
            raise BenchError(answer["error"])
        return answer["answer"]

    def _line(self) -> str:
        process = self._process
        if process is None or process.stdout is None:
            raise BenchError("the line is not running")
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"the line ended with status {process.wait()}")
        return line
