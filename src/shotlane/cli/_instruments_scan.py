"""`shotlane instruments scan`: what is connected, and what answers. Sets nothing, never fails."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from shotlane.cli._capture import captured
from shotlane.cli._in_use import seconds
from shotlane.cli._output import Complaint, print_json, say
from shotlane.cli._text import table
from shotlane.instruments import Probe, mask_known, scan_address, scan_serial_ports

if TYPE_CHECKING:
    from shotlane.instruments import Capture


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each attempt."""
    with captured(arguments) as capture:
        rows = list(_probes(arguments, capture))
    if arguments.json:
        print_json([asdict(row) for row in rows])
    elif rows:
        say(table(["address", "asked", "answer", "took"], [_row(row) for row in rows]))
    else:
        say("this machine has no serial port; name an address to ask there")
    return 0


def _probes(arguments: argparse.Namespace, capture: "Capture | None") -> Iterator[Probe]:
    timeout_s, longest_s = seconds("--timeout", arguments.timeout), seconds("--longest", arguments.longest)
    units = _units(arguments.units)
    if not arguments.addresses:
        yield from scan_serial_ports()
    wrap = None if capture is None else partial(capture.wrap, mask=mask_known)
    for address in arguments.addresses:
        yield from scan_address(address, units=units, timeout_s=timeout_s, longest_s=longest_s, wrap=wrap)


def _row(probe: Probe) -> list[str]:
    answer = probe.found if probe.found is not None else f"- {probe.problem}"
    return [probe.address, probe.asked, answer, f"{probe.took_s * 1e3:.0f} ms"]


def _units(text: str) -> Iterable[int]:
    """`1-16`, `1,5,7`."""
    units: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.strip().isdecimal() or (last and not last.strip().isdecimal()):
            raise Complaint(f"--units {text}: write e.g. 1-16 or 1,5,7")
        if int(last or first) < int(first):
            raise Complaint(f"--units {text}: {part.strip()} ends before it begins; write {last}-{first}")
        units |= dict.fromkeys(range(int(first), int(last or first) + 1))
    if not all(0 <= unit <= 255 for unit in units):
        raise Complaint(f"--units {text}: units go from 0 to 255")
    return list(units)
