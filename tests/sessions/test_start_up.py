"""What a session loads: what it uses, when it uses it."""

import pytest
from tests.acceptance.lab import Lab
from tests.sessions.conftest import Script, heard

import shotlane

# Of plans, of running them, of tables that must be made or read, of wires that the station does not have.
NEVER = (
    *("alembic", "asyncio", "jsonschema", "pint", "polars", "rich", "sqlalchemy"),
    *("shotlane.plan", "shotlane.results", "shotlane.optimize", "shotlane.analysis", "shotlane.archives"),
    *("shotlane.execution._run", "shotlane.store._recorder", "shotlane.store._tables"),
)
DRIVER = """
from shotlane.instruments import Identity, Reading, declare_attribute

class Meter:
    def open(self): return Identity()
    def attributes(self): return {"voltage": declare_attribute("voltage", unit="V", access="rw")}
    def commands(self): return {}
    def read(self, names): return {name: Reading(1.25) for name in names}
    def write(self, name, value): pass
    def call(self, command, arguments): return None
    def make_safe(self): pass
    def close(self): pass
"""
STATION = """
station: quick
instruments:
  meter:
    driver: quick_driver:Meter
    resource: tcp://127.0.0.1:1
    attributes: {voltage: {type: float, unit: V, access: rw, min: 0 V, max: 10 V, safe: 0 V}}
"""


@pytest.fixture
def quick(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A station of one driver in Python, and a store that is there."""
    monkeypatch.setenv("SHOTLANE_LOCKS", str(lab.folder / "locks"))
    monkeypatch.setenv("PYTHONPATH", str(lab.folder))
    (lab.folder / "quick_driver.py").write_text(DRIVER, encoding="utf-8")
    (lab.folder / "stations" / "quick.yaml").write_text(STATION, encoding="utf-8")
    with shotlane.connect("demo", mock=True):
        pass
    return lab


def loaded(script: Script, work: str, unwanted: tuple[str, ...]) -> str:
    return heard(script(f"{work}\nsay('loaded:', *sorted(set({unwanted!r}) & set(sys.modules)))"))


def test_a_session_that_sets_reads_and_observes_loads_neither_plans_nor_sqlalchemy(
    quick: Lab, script: Script
) -> None:
    work = (
        "with shotlane.connect('quick') as station:\n"
        "    meter = station.instrument('meter')\n"
        "    meter.write('voltage', '2 V')\n"
        "    assert meter.read('voltage') == 1.25\n"
        "    station.observe('room', 21.0, unit='degC')"
    )
    wires = ("serial", "pymodbus", "shotlane.instruments.dialogue", "shotlane.instruments.modbus._map")
    assert loaded(script, work, (*NEVER, *wires)) == "loaded:"
    assert quick.count("observation") == 2  # the reading too


def test_a_simulated_session_loads_no_more(quick: Lab, script: Script) -> None:
    work = (
        "with shotlane.connect('demo', mock=True) as station: station.instrument('furnace').read('setpoint')"
    )
    assert loaded(script, work, (*NEVER, "serial", "pymodbus", "shotlane.api._guard")) == "loaded:"


def test_a_store_that_is_not_there_yet_is_made(quick: Lab, script: Script) -> None:
    quick.store.unlink()
    work = "with shotlane.connect('quick') as station: station.instrument('meter').read('voltage')"
    assert loaded(script, work, ("sqlalchemy",)) == "loaded: sqlalchemy"
    assert quick.count("session") == 1
