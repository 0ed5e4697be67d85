"""`python -m shotlane.testing.rtu`: Modbus RTU units on a pseudo-terminal at the pace of a line.

Units are given as JSON, by number, each with its tables (`{"1": {"holding": {"0": [7, 8]}}}`). One JSON
line on standard output says where the line is; then each line of standard input is an order, answered by one
line. The end of the input is its end.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shotlane.serving._request_log import RequestLog
from shotlane.testing._faults import Fault
from shotlane.testing._modbus_unit import ModbusUnit
from shotlane.testing._rtu_server import RtuServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the input ends."""
    options = _parser().parse_args(arguments)
    log = RequestLog(options.log)
    units = {int(unit): ModbusUnit.from_plain(plain) for unit, plain in json.loads(options.units).items()}
    pace = {"baudrate": options.baudrate, "turnaround_s": options.turnaround, "paced": not options.at_once}
    server = RtuServer(units, log, options.link, **pace)
    _say({"serial_path": str(options.link)})
    for line in sys.stdin:
        order = json.loads(line)
        try:
            _say({"answer": _verbs(server, log)[order["verb"]](**order["arguments"])})
        except (KeyError, TypeError, ValueError, OSError) as error:
            _say({"error": f"{type(error).__name__}: {error}"})
    server.close()
    log.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shotlane.testing.rtu", description=__doc__)
    parser.add_argument("--units", default="{}", help="the units and their tables, as JSON")
    parser.add_argument("--link", type=Path, required=True, help="path under which the line is found")
    parser.add_argument("--log", type=Path, default=None, help="file that gets one JSON line per request")
    parser.add_argument("--baudrate", type=int, default=19200)
    parser.add_argument("--turnaround", type=float, default=0.002, help="seconds before an answer begins")
    parser.add_argument("--at-once", action="store_true", help="answer at once, without the time of a line")
    return parser


def _verbs(server: RtuServer, log: RequestLog) -> dict[str, Callable[..., Any]]:
    def fault(unit: int, **fields: Any) -> None:
        server.faults[unit].add(Fault(**fields))

    def put(unit: int, table: str, address: int, value: int) -> None:
        server.units[unit].tables[table][address] = value

    return {
        "requests": log.entries,
        "fault": fault,
        "put": put,
        "get": lambda unit, table, address: server.units[unit].tables[table][address],
        "restart": lambda unit: server.units[unit].restart(),
        "say": lambda data: server.say(bytes.fromhex(data)),
        "vanish": server.vanish,
        "appear": server.appear,
    }


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
