"""The guard itself: waits for the death of its runner, and then makes the instruments safe.

`python -P -m shotlane.api._guard_process`, with one end of a socket as its standard input. Until it must act
it imports nothing but what waiting needs. It always ends: after `released`, after it has acted, and after
`_LONGEST_S` whatever it meets.
"""

import json
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

_LONGEST_S = 120.0
_MOST_FILES = 253  # of one message, as Linux has it


def main() -> None:
    """Wait, and act if need be."""
    # Whoever ends a run this way means the runner, which will send the guard home.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    with socket.socket(fileno=0) as line:
        charge = _attend(line)
    if charge.get("opening") and not charge.get("released"):
        _act(charge)
    os._exit(0)


def _attend(line: socket.socket) -> dict[str, Any]:
    """All that the runner said until it died or sent the guard home, with the files of its locks."""
    charge: dict[str, Any] = {"files": []}
    rest = b""
    heard, death = [line.fileno()], _death_of_runner()
    while not charge.get("released"):
        select.select([*heard, *death], [], [])
        # What was said before the death counts.
        if not select.select(heard, [], [], 0)[0]:
            break
        data, files, _, _ = socket.recv_fds(line, 1 << 16, _MOST_FILES)
        charge["files"] += files
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for text in lines:
            charge |= json.loads(text)
    return charge


def _death_of_runner() -> list[int]:
    """What becomes readable when the runner dies, where the system has that.

    The end of the socket says the same, unless a process that a driver has left behind keeps it open.
    """
    with suppress(AttributeError, OSError):
        return [os.pidfd_open(os.getppid())]
    return []


def _act(charge: dict[str, Any]) -> None:
    run = charge.get("run")
    ward = f"session {charge.get('session')}" if run is None else f"run {run}"
    watchdog = threading.Timer(_LONGEST_S, _give_up, [ward])
    watchdog.daemon = True
    watchdog.start()
    sys.path[:] = charge["path"]
    from shotlane.api._guard_act import make_safe  # late: most guards never need it

    make_safe(charge)


def _give_up(ward: str) -> None:
    """End in the middle of it, and not silently: nobody knows what is safe."""
    with suppress(OSError, ValueError):
        text = f"the process of {ward} died, and its guard was not through after {_LONGEST_S:g} s"
        sys.stderr.write(f"\r\n!!! NOT SAFE: {text}\r\n")
        sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
