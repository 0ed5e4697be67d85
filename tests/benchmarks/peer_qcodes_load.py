"""Loading points with QCoDeS, in an environment of its own: `pip install qcodes`.

Run with `python tests/benchmarks/peer_qcodes_load.py POINTS FOLDER` by a Python that has it; prints how long
`get_parameter_data` and `to_pandas_dataframe` took, in ms, best of three. `bench_load` runs it beside ours
when SHOTLANE_QCODES_PYTHON names that Python.
"""

import sys
import time
from pathlib import Path

from qcodes.dataset import (
    Measurement,
    initialise_or_create_database_at,
    load_by_id,
    load_or_create_experiment,
)


def main(points: int, folder: Path) -> None:
    """Record, then load."""
    initialise_or_create_database_at(str(folder / "qcodes.db"))
    measurement = Measurement(exp=load_or_create_experiment("bench", "furnace"))
    measurement.register_custom_parameter("t")
    measurement.register_custom_parameter("temperature", setpoints=("t",))
    with measurement.run() as saver:
        for n in range(points):
            saver.add_result(("t", n / 100), ("temperature", 25.0 + n / 7))
        number = saver.run_id
    times: dict[str, float] = {}
    for name in ("get_parameter_data", "to_pandas_dataframe"):
        for _ in range(3):
            began = time.perf_counter()
            getattr(load_by_id(number), name)()
            times[name] = min(times.get(name, float("inf")), (time.perf_counter() - began) * 1e3)
    print(times["get_parameter_data"], times["to_pandas_dataframe"])


main(int(sys.argv[1]), Path(sys.argv[2]))
