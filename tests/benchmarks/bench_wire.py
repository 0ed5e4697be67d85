"""What a reading costs on real wires, beside the bare library in the same run.

    python -m tests.benchmarks.bench_wire [REPETITIONS]

TCP: one read of 16 registers through pymodbus' client, through the driver and through the pool. RTU: the
same on a line whose peer, a process of its own, paces bytes and turn-around at the stated baud rate; the
wire's time is request, turn-around and answer. Line: five units with 16 registers each on one line at 115200
baud, recorded at 20 Hz by a whole run. Quote p50 and p99: shared machines stall.
"""

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from tests.instruments._stations import sound
from tests.instruments._wired import drive

import shotlane
from shotlane.instruments import Pool, build_pool
from shotlane.testing import Bench, RtuBench

REGISTERS = 16
TURNAROUND_S = 0.002
NAMES = [f"r{at}" for at in range(REGISTERS)]
_BYTE_BITS = 10
_FRAMES = 8 + 5 + 2 * REGISTERS
RATE_HZ = 20
UNITS = range(1, 6)
SECONDS = 5

Figures = tuple[float, float]


def instrument(first: int = 0) -> str:
    """A document with 16 registers."""
    lines = [f"  r{at}: {{holding: {first + at}}}" for at in range(REGISTERS)]
    return "\n".join(["instrument: unit", "protocol: modbus", "attributes:", *lines, ""])


def quantiles(seconds: Sequence[float]) -> Figures:
    """p50 and p99 in microseconds."""
    ordered = sorted(seconds)
    return median(ordered) * 1e6, ordered[int(len(ordered) * 0.99)] * 1e6


def timed(act: Callable[[], Any], count: int, pause_s: float) -> Figures:
    """How long one call takes."""
    taken = []
    for _ in range(count + 5):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
        time.sleep(pause_s)
    return quantiles(taken[5:])


def interleaved(acts: Mapping[str, Callable[[], Any]], count: int) -> dict[str, Figures]:
    """The same in turn, so that a busy moment of the machine hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(count):
        for name, act in acts.items():
            begun = time.perf_counter()
            act()
            taken[name].append(time.perf_counter() - begun)
    return {name: quantiles(found) for name, found in taken.items()}


def pool_on(resource: str, folder: Path, first: int = 0) -> Pool:
    """An opened pool with one unit."""
    text = f"station: one\ninstruments:\n  unit: {{instrument: unit, resource: '{resource}'}}\n"
    resolved = sound(text, folder, {"unit": instrument(first)})
    pool = build_pool(resolved, now_ns=time.perf_counter_ns, notify=lambda *_: None)
    pool.open(["unit"])
    return pool


def tcp(count: int) -> dict[str, Figures]:
    """Bare library, driver and pool on Modbus TCP."""
    folder = Path(tempfile.mkdtemp())
    first = 2160  # the furnace's registers 2160 and 2161 are all that stand together there
    with Bench(folder=folder) as bench:
        bare = ModbusTcpClient("127.0.0.1", port=bench.modbus_port, retries=0)
        bare.connect()  # type: ignore[no-untyped-call]
        part = {"s": {"holding": first, "type": "float32"}}
        driver, _ = drive(
            {"instrument": "f", "protocol": "modbus", "attributes": part}, bench.furnace_resource
        )
        text = f"station: one\ninstruments:\n  f: {{instrument: f, resource: '{bench.furnace_resource}'}}\n"
        document = f"instrument: f\nprotocol: modbus\nattributes:\n  s: {{holding: {first}, type: float32}}\n"
        resolved = sound(text, folder, {"f": document})
        pool = build_pool(resolved, now_ns=time.perf_counter_ns, notify=lambda *_: None)
        pool.open(["f"])
        found = interleaved(
            {
                "pymodbus": lambda: bare.read_holding_registers(first, count=2),
                "driver": lambda: driver.read(["s"]),
                "pool": lambda: pool.read("f", ["s"]),
            },
            count,
        )
        pool.close()
        driver.close()
        bare.close()  # type: ignore[no-untyped-call]
    return found


def wire_s(baudrate: int) -> float:
    """Time of request, turn-around and answer on the line."""
    return _FRAMES * _BYTE_BITS / baudrate + TURNAROUND_S


def rtu(baudrate: int, count: int) -> tuple[Figures, Figures]:
    """Bare library and pool on a paced line; both rest between readings: pymodbus leaves no silence."""
    folder = Path(tempfile.mkdtemp())
    units = {1: {"holding": {"0": list(range(REGISTERS))}}}
    with RtuBench(units, folder=folder, baudrate=baudrate, turnaround_s=TURNAROUND_S) as bench:
        bare = ModbusSerialClient(bench.serial_path, baudrate=baudrate, retries=0, timeout=1)
        bare.connect()
        bare_s = timed(lambda: bare.read_holding_registers(0, count=REGISTERS, device_id=1), count, 0.01)
        bare.close()  # type: ignore[no-untyped-call]
        pool = pool_on(bench.resource(), folder)
        pool_s = timed(lambda: pool.read("unit", NAMES), count, 0.01)
        pool.close()
    return bare_s, pool_s


def project(folder: Path, bench: RtuBench, seconds: float = SECONDS) -> Path:
    """A station of five units on one line, and a sequence that records all their registers."""
    stations = folder / "stations"
    stations.mkdir()
    (stations / "unit.yaml").write_text(instrument(), encoding="utf-8")
    roles = [f"  u{unit}: {{instrument: unit, resource: '{bench.resource(unit)}'}}" for unit in UNITS]
    (stations / "line.yaml").write_text(
        "\n".join(["station: line", "instruments:", *roles, ""]), encoding="utf-8"
    )
    # All units share each tick, so the last is asked when the others have answered: late by 31 ms, and meant.
    lanes = [
        f"  u{unit}.{name}: {{record: {RATE_HZ} Hz, tolerance: 45 ms, max_missing: 0.5}}"
        for unit in UNITS
        for name in NAMES
    ]
    head = ["sequence: line", "station: line", "timeline:", f"  - all: {seconds} s", "lanes:"]
    sequence = folder / "line.yaml"
    sequence.write_text("\n".join([*head, *lanes, ""]), encoding="utf-8")
    return sequence


def line(baudrate: int = 115200) -> dict[str, Any]:
    """The samples of a whole run, by status, with how late they were."""
    folder = Path(tempfile.mkdtemp())
    units = {unit: {"holding": {"0": [100 * unit + at for at in range(REGISTERS)]}} for unit in UNITS}
    with RtuBench(units, folder=folder, baudrate=baudrate, turnaround_s=TURNAROUND_S) as bench:
        run = shotlane.run(str(project(folder, bench)))
        samples = run.samples()
        requests = len([it for it in bench.requests() if it["function"] == 3])
        lost = len([it for it in bench.requests() if "lost" in it])
    counts = dict(samples["status"].value_counts().rows())
    return {"samples": len(samples), "status": counts, "requests": requests, "lost": lost}


def main(count: int) -> None:
    """Print the tables."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    print(f"{'TCP, one read':>24} {'p50 us':>9} {'p99 us':>9} {'over pymodbus':>14}")
    figures = tcp(count * 20)
    for name, (p50, p99) in figures.items():
        print(f"{name:>24} {p50:>9.1f} {p99:>9.1f} {p50 - figures['pymodbus'][0]:>14.1f}")
    print(f"{'RTU, 16 registers':>24} {'wire us':>9} {'p50 us':>9} {'p99 us':>9} {'over the wire':>14}")
    for baudrate in (9600, 19200, 115200):
        wire_us = wire_s(baudrate) * 1e6
        for name, (p50, p99) in zip(("pymodbus", "pool"), rtu(baudrate, count), strict=True):
            label = f"{name} at {baudrate}"
            print(f"{label:>24} {wire_us:>9.0f} {p50:>9.0f} {p99:>9.0f} {p50 / wire_us - 1:>13.1%}")
    print(f"five units x {REGISTERS} registers at {RATE_HZ} Hz for {SECONDS} s, one line at 115200: {line()}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
