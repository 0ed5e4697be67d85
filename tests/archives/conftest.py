"""One archived run for all tests that only look at it, and a copy for those that spoil it."""

import shutil
from pathlib import Path

import pytest
from tests.archives.packing import Packed, make_run

import shotlane


@pytest.fixture(scope="package")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """A run and its archive, a folder; not to be changed."""
    folder = tmp_path_factory.mktemp("packed")
    store = make_run(folder / "project")
    shotlane.archive(1, folder / "bag", store=store)
    return Packed(folder / "project", folder / "bag")


@pytest.fixture
def bag(packed: Packed, tmp_path: Path) -> Path:
    """A copy of the archive that a test may spoil."""
    return Path(shutil.copytree(packed.bag, tmp_path / "copy"))
