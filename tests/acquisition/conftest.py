"""What every test of acquisition may ask for."""

from pathlib import Path

import pytest
from tests.acceptance.conftest import bench, bench_lab, in_bench_lab, in_lab, lab

__all__ = ["bench", "bench_lab", "in_bench_lab", "in_lab", "lab"]


@pytest.fixture(autouse=True)
def _own_user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spools of sinks without a folder of their own lie with the user's data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
