"""The machine and the Python that a run is made with. Takes about a millisecond."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_CPU = Path("/proc/cpuinfo")
_ENDINGS = (".dist-info", ".egg-info")


def machine() -> dict[str, Any]:
    """Python, platform, processor and clock."""
    clock = time.get_clock_info("perf_counter")
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": {"model": _cpu(), "cores": os.cpu_count()},
        "clock": {
            "source": _beginning(_CLOCK_SOURCE).strip() or None,
            "function": clock.implementation,
            "resolution_ns": round(clock.resolution * 1e9),
        },
        "byte_order": sys.byteorder,
    }


def _cpu() -> str | None:
    for line in _beginning(_CPU).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or None


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""


def installed() -> dict[str, str]:
    """Every package that can be imported, with its version, by the names of their folders."""
    # Reading the metadata of a hundred packages would take thirty times as long.
    found: dict[str, str] = {}
    for name, version in _distributions():
        found.setdefault(name, version)
    return dict(sorted(found.items()))


def _distributions() -> Iterator[tuple[str, str]]:
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")  # noqa: PTH208  a Path per file would take longer than the rest
        except OSError:
            continue
        for entry in entries:
            stem, ending = os.path.splitext(entry)  # noqa: PTH122  as above
            if ending in _ENDINGS and "-" in stem:
                name, version = stem.split("-")[:2]
                yield name.lower().replace("_", "-"), version
