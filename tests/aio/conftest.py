"""What every test of the async face may ask for."""

import pytest
from tests.acceptance.conftest import bench, bench_lab, lab
from tests.acceptance.lab import Lab

__all__ = ["bench", "bench_lab", "lab"]


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """An event loop of each kind."""
    return str(request.param)


@pytest.fixture
def in_lab(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The test runs in the folder of a project."""
    monkeypatch.chdir(lab.folder)
    return lab


@pytest.fixture
def in_bench_lab(bench_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The test runs in the folder of a project whose station `bench` is there."""
    monkeypatch.chdir(bench_lab.folder)
    return bench_lab
