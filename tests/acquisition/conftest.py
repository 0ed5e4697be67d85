"""What every test of acquisition may ask for."""

from pathlib import Path

import pytest
from tests.acceptance.conftest import bench, bench_lab, lab
from tests.acceptance.lab import Lab
from tests.store.fixtures import postgres_server, postgres_url

__all__ = ["bench", "bench_lab", "lab", "postgres_server", "postgres_url"]


@pytest.fixture(autouse=True)
def _own_user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spools of sinks without a folder of their own lie with the user's data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))


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
