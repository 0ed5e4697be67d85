"""The fixtures that an installed shotlane gives to pytest."""

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.testing.test_run_virtual import SEQUENCE, STATION

from shotlane import connect
from shotlane.testing import run_virtual, write_project

pytest_plugins = ["pytester"]
_MODULE = "shotlane.testing.pytest_plugin"
_IS_INSTALLED = any(point.value == _MODULE for point in entry_points(group="pytest11"))


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what the inner runs use: pytester forgets what they import, and numpy bears that only once."""
    folder = write_project(tmp_path_factory.mktemp("lab"), STATION, SEQUENCE)
    run_virtual(folder / "sequences" / "heating.yaml", folder=folder).samples()
    with connect(str(folder / "stations" / "small.yaml"), data_dir=folder, mock=True) as station:
        station.instrument("furnace")


def passed(pytester: pytest.Pytester, test: str, **outcomes: int) -> pytest.RunResult:
    """Run a test in a project of its own."""
    write_project(pytester.path, STATION, SEQUENCE)
    pytester.makepyfile(test)
    plugins = [] if _IS_INSTALLED else ["-p", _MODULE]
    result = pytester.runpytest_inprocess("--strict-markers", "-p", "no:cacheprovider", *plugins)
    result.assert_outcomes(**(outcomes or {"passed": 1}))
    return result


def test_a_station_is_named_by_a_marker(pytester: pytest.Pytester) -> None:
    test = """
        import pytest

        @pytest.mark.station("small")
        def test_furnace(station):
            furnace = station.instrument("furnace")
            assert station.mock
            assert 0 < furnace.read("temperature") < 200
    """
    passed(pytester, test)


def test_a_station_is_named_by_the_configuration(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nshotlane_station = stations/small.yaml\n")
    passed(pytester, "def test_name(station): assert station.config.name == 'small'")


def test_a_station_may_be_a_text(pytester: pytest.Pytester) -> None:
    test = f"""
        import pytest

        @pytest.mark.station({STATION.replace("small", "other")!r})
        def test_name(station):
            assert station.config.name == "other"
    """
    passed(pytester, test)


def test_without_a_name_there_is_no_station(pytester: pytest.Pytester) -> None:
    result = passed(pytester, "def test_name(station): pass", errors=1)
    result.stdout.fnmatch_lines(["*no station is named: mark the test with station(NAME)*"])


def test_a_sequence_runs_in_virtual_time(pytester: pytest.Pytester, tmp_path: Path) -> None:
    test = """
        def test_heating(run_sequence, tmp_path):
            run = run_sequence("sequences/heating.yaml")
            assert run.outcome == "done"
            assert run_sequence("heating").outcome == "done"
            assert len(run.samples()) == 36
            assert str(tmp_path) in run.store
    """
    passed(pytester, test)
    assert not (pytester.path / "data").exists()


def test_options_of_a_sequence_pass_through(pytester: pytest.Pytester) -> None:
    test = f"""
        from shotlane.testing import FaultSchedule

        def test_heating(run_sequence):
            faults = FaultSchedule().add("furnace", "late", request=2, by="50 ms")
            run = run_sequence({SEQUENCE!r}, faults=faults, seed=1)
            assert (run.samples()["lateness_ns"] > 0).sum() == 0
            assert run.number == 1
            assert run_sequence({SEQUENCE!r}).number == 2
    """
    passed(pytester, test)


def test_the_entry_point_leads_to_the_plugin() -> None:
    pyproject = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))
    assert pyproject["project"]["entry-points"]["pytest11"] == {"shotlane": _MODULE}


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    heavy = ("numpy", "polars", "pydantic", "sqlalchemy", "serial", "shotlane.api", "shotlane.instruments")
    code = f"import sys, {_MODULE}; print(*(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
