"""What every test of the async face may ask for."""

import pytest
from tests.acceptance.conftest import bench, bench_lab, in_bench_lab, in_lab, lab

__all__ = ["bench", "bench_lab", "in_bench_lab", "in_lab", "lab"]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """An event loop of each kind."""
    return str(request.param)
