"""`python -m shotlane.testing.bench`: two simulated devices on real wires, until stopped.

A furnace on Modbus TCP and a flow controller on a pseudo-terminal, on the loopback interface only. One line
on standard output says when they can be reached, and where. Every request is logged as it comes; on SIGTERM
or Ctrl-C the final state of the devices is logged, and the pseudo-terminal's link removed.
"""

import argparse
import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shotlane.testing._devices import Devices

_STOPS = {signal.SIGINT, signal.SIGTERM}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench until it is stopped; the exit status is 1 when an address is taken."""
    options = _parser().parse_args(arguments)
    # Before any thread starts, so that all of them leave the signals to `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        devices = Devices(
            port=options.port, link=options.link, log=options.log, ascii_port=options.ascii_port
        )
    except OSError as error:
        _say(_refusal(error, options), sys.stderr)
        return 1
    if options.control:
        threading.Thread(target=_obey, args=(devices,), daemon=True).start()
        _say(json.dumps(devices.addresses))
    else:
        _say(_ready_line(devices.addresses, options.log))
    signal.sigwait(_STOPS)
    devices.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    # Not `tempfile.gettempdir()`, which differs from user to user: stations/bench.yaml names these places.
    folder = Path("/tmp")
    parser = argparse.ArgumentParser(prog="python -m shotlane.testing.bench", description=__doc__)
    parser.add_argument("--port", type=int, default=5020, help="TCP port of the furnace; 0: any free one")
    parser.add_argument(
        "--link",
        type=Path,
        default=folder / "shotlane-bench-gas",
        help="path under which the flow controller's serial port is found (default %(default)s)",
    )
    parser.add_argument(
        "--log",
        type=Path,
        default=folder / "shotlane-bench.jsonl",
        help="file that gets one JSON line per request, appended (default %(default)s)",
    )
    parser.add_argument(
        "--ascii-port", type=int, default=None, help="serve the flow controller on this TCP port as well"
    )
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    return parser


def _refusal(error: OSError, options: argparse.Namespace) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"the bench cannot start: {error}"
    ports = [str(port) for port in (options.port, options.ascii_port) if port]
    return (
        f"the bench cannot start: port {' or '.join(ports)} is in use, perhaps by another bench on this "
        "machine; stop that one or use it (another port: --port, and in the station)"
    )


def _ready_line(addresses: dict[str, Any], log: Path) -> str:
    ascii_port = addresses["ascii_port"]
    also = "" if ascii_port is None else f" and tcp://127.0.0.1:{ascii_port}"
    return (
        f"bench ready: furnace modbus+tcp://127.0.0.1:{addresses['modbus_port']}?unit=1, "
        f"gas serial://{addresses['serial_path']}?baudrate=19200{also}, log {log}"
    )


def _obey(devices: Devices) -> None:
    """Serve a test: one JSON line in, one out; the end of the input is the end of the bench."""
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": devices.obey(order["verb"], order["arguments"])}
        except (KeyError, TypeError, ValueError, OSError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        _say(json.dumps(answer))
    os.kill(os.getpid(), signal.SIGTERM)


def _say(text: str, stream: Any = None) -> None:
    stream = sys.stdout if stream is None else stream
    stream.write(text + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
