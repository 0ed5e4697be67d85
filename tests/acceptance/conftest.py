"""What every acceptance test may ask for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab, make_lab

from shotlane.testing import Bench


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of a run that was killed keeps its locks for a while, and terminals get their names again."""
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A project whose stations are the committed ones."""
    with closing(make_lab(tmp_path / "project")) as made:
        yield made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench on ports of its own."""
    with Bench(folder=tmp_path) as running:
        yield running


@pytest.fixture
def bench_lab(tmp_path: Path, bench: Bench) -> Iterator[Lab]:
    """A project whose station `bench` is the bench of this test."""
    with closing(make_lab(tmp_path / "project", bench)) as made:
        yield made


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
