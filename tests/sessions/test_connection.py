"""A session from its start to its end: how it is told, and what it refuses."""

import shutil
import threading
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab

import shotlane
from shotlane import DocumentError, SessionError, StationConnection

STATIONS = Path(__file__).parents[2] / "stations"


def outcome(lab: Lab, station: StationConnection) -> str:
    rows = lab.rows(
        "SELECT outcome, kind, station, ended_utc_ns FROM session WHERE id = ?", station.session_id
    )
    assert (rows[0]["kind"], rows[0]["station"]) == ("station", "demo")
    assert rows[0]["ended_utc_ns"] is not None
    return str(rows[0]["outcome"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [(None, "done"), (KeyboardInterrupt, "terminated"), (SystemExit, "terminated"), (ValueError, "errored")],
)
def test_what_ends_the_block_decides_the_outcome(
    lab: Lab, error: type[BaseException] | None, expected: str
) -> None:
    station = shotlane.connect("demo", mock=True)
    if error is None:
        with station:
            pass
    else:
        with pytest.raises(error), station:
            raise error
    assert outcome(lab, station) == expected


def test_stop_takes_an_outcome_and_does_nothing_the_second_time(lab: Lab) -> None:
    station = shotlane.connect("demo", mock=True)
    station.start()
    station.stop("passed")
    station.stop("errored")
    assert outcome(lab, station) == "passed"


def test_an_outcome_that_is_none_is_refused_and_the_session_goes_on(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        with pytest.raises(SessionError, match="no outcome 'pased'; did you mean 'passed'"):
            station.stop("pased")
        assert station.instrument("furnace").read("setpoint") is not None


@pytest.mark.parametrize("name", ["mot", "mot.detuning"])
def test_the_first_part_of_an_alias_is_no_instrument_and_its_channel_is_told(lab: Lab, name: str) -> None:
    shutil.copytree(STATIONS, lab.folder / "stations", dirs_exist_ok=True)
    with shotlane.connect("atoms", mock=True) as station:
        told = f"no instrument '{name}'; mot.detuning is sequencer.detuning, "
        with pytest.raises(SessionError, match=told if name == "mot" else told[:-2]):
            station.instrument(name)
        sequencer = station.instrument("sequencer")
        sequencer.write("mot.detuning", -10)
        assert sequencer.read("mot.detuning", "detuning") == {"mot.detuning": -10.0, "detuning": 3.4}
        with pytest.raises(SessionError, match="no instrument 'nothing'; instruments: camera, "):
            station.instrument("nothing")


def test_the_properties_are_there_while_the_session_goes_on(lab: Lab) -> None:
    station = shotlane.connect("demo", mock=True)
    assert station.event_log is None
    assert station.config.name == "demo"
    with station:
        assert station.session_id > 0
        assert station.instruments == {}
        furnace = station.instrument("furnace")
        assert station.instruments == {"furnace": furnace}
        assert station.instrument("furnace") is furnace
        assert station.event_log is not None
        assert station.event_store is not None
        assert station.channel_store is not None
        assert station.instrument_server_address is None
        numbers = [event.number for event in station.event_store.events(station.session_id)]
        assert numbers == list(range(1, len(numbers) + 1))
    properties = (station.event_log, station.event_store, station.channel_store)
    assert [one for one in properties if one is not None] == []
    assert station.instruments == {}


def test_a_session_is_used_once(lab: Lab) -> None:
    station = shotlane.connect("demo", mock=True)
    with pytest.raises(SessionError, match="has not begun; use it in a `with` block"):
        station.instrument("furnace")
    with pytest.raises(SessionError, match="has not begun"):
        _ = station.session_id
    with station:
        furnace = station.instrument("furnace")
        with pytest.raises(SessionError, match="goes on already; connect again"), station:
            pass
        assert furnace.read("setpoint") is not None
    with pytest.raises(SessionError, match="has ended; connect again"):
        station.observe("x", 1.0)
    with pytest.raises(SessionError, match="has ended"):
        furnace.read("temperature")
    with pytest.raises(SessionError, match="has ended"):
        station.start()


def test_wrong_names_are_told_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(DocumentError, match="there is no station 'dmo'") as refused:
        shotlane.connect("dmo", mock=True)
    assert refused.value.diagnostics[0].help == "did you mean 'demo'?"
    with (
        shotlane.connect("demo", mock=True) as station,
        pytest.raises(SessionError, match="no instrument 'furnac'; did you mean 'furnace'"),
    ):
        station.instrument("furnac")


def test_without_a_name_the_project_says_which_station(lab: Lab) -> None:
    with pytest.raises(DocumentError, match="no station is named"):
        shotlane.connect()
    lab.write("station: demo\n", "shotlane.yaml")
    with shotlane.connect(mock=True) as station:
        assert station.config.name == "demo"


def test_a_station_may_lie_in_the_folder_of_the_user(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    (tmp_path / "user" / "shotlane" / "stations").mkdir(parents=True)
    text = (lab.folder / "stations" / "demo.yaml").read_text().replace("station: demo", "station: mine")
    (tmp_path / "user" / "shotlane" / "stations" / "mine.yaml").write_text(text)
    assert shotlane.connect("mine", mock=True).config.name == "mine"


def test_data_dir_is_where_the_records_go(lab: Lab, tmp_path: Path) -> None:
    with shotlane.connect("demo", tmp_path / "elsewhere", mock=True) as station:
        uri = station.observe("x", 1.0)
    assert (tmp_path / "elsewhere" / "shotlane.db").is_file()
    assert not lab.store.exists()
    assert shotlane.channel(uri, tmp_path / "elsewhere" / "shotlane.db").height == 1


def test_a_misspelt_key_of_a_simulation_is_an_error(lab: Lab) -> None:
    lab.write(
        "instrument: oven\nprotocol: simulated\nattributes: {temperature: {unit: degC, access: r}}\n"
        "simulate: {temprature: {start: 25 degC}}\n",
        "stations/oven.yaml",
    )
    lab.write(
        "station: kitchen\ninstruments: {oven: {instrument: oven, resource: 'sim://'}}\n",
        "stations/kitchen.yaml",
    )
    with pytest.raises(DocumentError, match="temprature"):
        shotlane.connect("kitchen", mock=True)


def test_several_sessions_and_threads_may_work_at_once(lab: Lab) -> None:
    faults: list[BaseException] = []

    def work(station: StationConnection) -> None:
        try:
            for number in range(50):
                station.instrument("furnace").write("setpoint", 20.0 + number)
                station.observe("number", number)
        except Exception as error:  # noqa: BLE001  it is looked at in the main thread
            faults.append(error)

    with shotlane.connect("demo", mock=True) as one, shotlane.connect("demo", mock=True) as other:
        threads = [threading.Thread(target=work, args=(station,)) for station in (one, one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert one.channel("number").height == 100
        assert other.channel("number").height == 50
