"""What every acceptance test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab, make_lab

from shotlane.testing import Bench


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A project whose stations are the committed ones."""
    return make_lab(tmp_path / "project")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench on ports of its own."""
    with Bench(folder=tmp_path) as running:
        yield running


@pytest.fixture
def bench_lab(tmp_path: Path, bench: Bench) -> Lab:
    """A project whose station `bench` is the bench of this test."""
    return make_lab(tmp_path / "project", bench)
