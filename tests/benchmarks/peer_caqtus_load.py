"""Loading shots with Caqtus, in an environment of its own: `pip install caqtus-suite greenlet`.

Run with `python tests/benchmarks/peer_caqtus_load.py SHOTS PARAMETERS FOLDER` by a Python 3.12 or later that
has caqtus-suite; prints how long the frame of all shots took, in ms, best of three (`load_shots_data`, since
`scan` of 6.29 needs an older polars). `bench_load` runs it beside ours when SHOTLANE_CAQTUS_PYTHON names that
Python.
"""

import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import polars
from caqtus.analysis.loading import LoadShotParameters
from caqtus.session import PureSequencePath, Sequence
from caqtus.session._shot_id import ShotId
from caqtus.session.sql import SQLiteConfig, SQLiteStorageManager
from caqtus.session.sql._serializer import Serializer
from caqtus.types.expression import Expression
from caqtus.types.iteration import ExecuteShot, LinspaceLoop, StepsConfiguration
from caqtus.types.parameter import ParameterNamespace
from caqtus.types.timelane import TimeLanes
from caqtus.types.units import Quantity, Unit
from caqtus.types.variable_name import DottedVariableName

warnings.simplefilter("ignore", DeprecationWarning)


def main(shots: int, parameters: int, folder: Path) -> None:
    """Record, then load."""
    manager = SQLiteStorageManager(Serializer.default(), SQLiteConfig(str(folder / "caqtus.db")))
    manager.create_tables()
    path = PureSequencePath(r"\bench")
    names = [DottedVariableName(f"parameter{n}") for n in range(parameters)]
    ends = {"start": Expression("0 V"), "stop": Expression("1 V")}
    loop = LinspaceLoop(variable=names[0], num=shots, sub_steps=[ExecuteShot()], **ends)
    with manager() as session:
        Sequence.create(path, StepsConfiguration([loop]), TimeLanes(), session)
        known = ParameterNamespace([(name, Expression("1 V")) for name in names])
        session.sequences.set_preparing(path, {}, known).unwrap()
        session.sequences.set_running(path, "now").unwrap()
    now = datetime.now(UTC)
    with manager() as session:
        for shot in range(shots):
            values = {name: Quantity(shot + n / 8, Unit("V")) for n, name in enumerate(names)}
            session.sequences.create_shot(ShotId(path, shot), values, {}, now, now).unwrap()
        session.sequences.set_finished(path, "now").unwrap()
    best = float("inf")
    for _ in range(3):
        with manager() as session:
            began = time.perf_counter()
            frame = polars.concat(session.get_sequence(path).load_shots_data(LoadShotParameters()))
            best = min(best, time.perf_counter() - began)
        assert frame.shape[0] == shots
    print(best * 1e3)


main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
