"""A request that never left is not told as one that did: the books of runs and peers must agree."""

from pathlib import Path

import pytest
from tests.instruments._peers import bench_station, fault_of, pool_on

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
SETPOINT = 2160


def test_a_set_on_a_connection_that_is_gone_was_not_requested(tmp_path: Path) -> None:
    with Bench(folder=tmp_path) as bench, pool_on(bench_station(bench), tmp_path) as (pool, _):
        pool.open(["furnace"])
        bench.restart("furnace", seconds=0.0)
        fault = fault_of(pool.write, "furnace", "setpoint", 100.0)
        assert fault is not None
        assert (fault.fault, fault.requested_ns) == ("disconnected", None)
        assert [request for request in bench.requests("furnace") if request["address"] == SETPOINT] == []
