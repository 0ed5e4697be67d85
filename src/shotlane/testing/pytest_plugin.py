"""Fixtures for tests of sequences and stations; pytest finds them where shotlane is installed.

Nothing of shotlane is imported before a test asks for one of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from shotlane.api import Run
    from shotlane.sessions import StationConnection

_INI = "shotlane_station"


class RunSequence(Protocol):
    """What the fixture `run_sequence` is."""

    def __call__(
        self, sequence: str | Path, parameters: Mapping[str, object] | None = None, **options: Any
    ) -> "Run":
        """Run a sequence, a file, a name or a text, as `shotlane.testing.run_virtual` does."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the configuration name a station."""
    parser.addini(_INI, "station of the fixtures of shotlane: a name, or a file from the root of the tests")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "station(station): name, file or text of the station of a test")


@pytest.fixture
def run_sequence(request: pytest.FixtureRequest, tmp_path: Path) -> RunSequence:
    """Run sequences in virtual time on simulated instruments, recorded in a store of this test."""
    from shotlane.testing import run_virtual  # late: nothing heavy before it is asked for

    def run(sequence: str | Path, parameters: Mapping[str, object] | None = None, **options: Any) -> "Run":
        marked = _marked(request)
        if marked is not None:
            options.setdefault("station", marked)
        file = None if "\n" in str(sequence) else _from_root(request, Path(sequence))
        if file is not None and file.is_file():
            sequence = file
        else:
            options.setdefault("project", request.path.parent)
        return run_virtual(sequence, parameters, **{"folder": tmp_path / "shotlane", **options})

    return run


@pytest.fixture
def station(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[StationConnection]":
    """A session at the simulated station that the marker or the configuration names."""
    from shotlane import connect  # late: nothing heavy before it is asked for
    from shotlane.testing._small_project import station_file

    named = _marked(request) or _in_root(request, str(request.config.getini(_INI)))
    if not named:
        raise pytest.UsageError(f"no station is named: mark the test with station(NAME), or set {_INI}")
    folder = tmp_path / "shotlane"
    place = station_file(named, request.path.parent, folder)
    with connect(place, data_dir=folder / "data", mock=True) as connection:
        yield connection


def _marked(request: pytest.FixtureRequest) -> str | None:
    """The station that the marker of a test names."""
    marker = request.node.get_closest_marker("station")
    if marker is None:
        return None
    if len(marker.args) != 1:
        raise pytest.UsageError("the marker station takes one thing: the name, file or text of a station")
    return _in_root(request, str(marker.args[0]))


def _in_root(request: pytest.FixtureRequest, named: str) -> str:
    """A file named from the root of the tests by its whole path; all else as it is."""
    is_file = named.endswith((".yaml", ".yml")) and "\n" not in named
    return str(_from_root(request, Path(named))) if is_file else named


def _from_root(request: pytest.FixtureRequest, path: Path) -> Path:
    return path if path.is_file() else request.config.rootpath / path
