"""A session with TesterKit, in an environment of its own: `pip install testerkit`.

Run with `python tests/benchmarks/peer_testerkit.py FOLDER` by a Python that has it; prints as JSON how long
its import, `connect`, a proxied call and an observation take, in microseconds. `bench_sessions` runs it
beside ours when SHOTLANE_TESTERKIT_PYTHON names that Python. Its background processes end when idle.
"""

import json
import os
import sys
import time
from pathlib import Path

STATION = """
id: bench
name: bench
instruments:
  meter: {type: dmm, driver: quick_driver.Meter}
"""
DRIVER = """
class Meter:
    def __init__(self, resource=None, **_): pass
    def connect(self): pass
    def disconnect(self): pass
    def measure_voltage(self): return 1.25
"""


def prepare(folder: Path) -> None:
    (folder / "stations").mkdir(parents=True)
    (folder / "stations" / "bench.yaml").write_text(STATION)
    (folder / "quick_driver.py").write_text(DRIVER)
    (folder / "testerkit.yaml").write_text("name: bench\n")
    os.chdir(folder)
    sys.path.insert(0, str(folder))


def per_call(act: object, count: int) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(count):
            act()  # type: ignore[operator]
        best = min(best, (time.perf_counter() - began) / count * 1e6)
    return best


def main(folder: Path) -> None:
    """Measure, and print."""
    prepare(folder)
    told: dict[str, float] = {}
    began = time.perf_counter()
    import testerkit

    told["import"] = (time.perf_counter() - began) * 1e6
    for name in ("connect_first", "connect"):
        began = time.perf_counter()
        station = testerkit.connect("bench", data_dir=folder / "data")
        station.start()
        told[name] = (time.perf_counter() - began) * 1e6
        if name == "connect_first":
            station.stop()
    meter = station.instrument("meter")
    raw = getattr(meter, "_driver", meter)
    told["call"] = per_call(meter.measure_voltage, 1000) - per_call(raw.measure_voltage, 1000)
    told["observe"] = per_call(lambda: station.observe("room.humidity", 41.0), 1000)
    station.stop()
    print(json.dumps(told))


main(Path(sys.argv[1]))
