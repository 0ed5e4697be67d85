"""What a handle takes and gives, and what is left of it in the records."""

import pytest
from tests.acceptance.lab import Lab

import shotlane
from shotlane import InstrumentError, SessionError, StationConnection
from shotlane.instruments import RefusedValueError
from shotlane.model import Attribute, ValueType
from shotlane.sessions import _handle, _served


def fields(station: StationConnection, type_: str) -> list[dict[str, object]]:
    return [dict(event.fields) for event in station.events(type_)]


def test_values_are_written_with_their_units_and_read_in_any(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        furnace.write("setpoint", "140 degF")
        assert furnace.read("setpoint") == 60.0
        assert furnace.read("setpoint", unit="K") == 333.15
        assert furnace.read("setpoint", "saving") == {"setpoint": 60.0, "saving": "volatile"}
        furnace.write("setpoint", 50)
        assert furnace.read("setpoint") == 50.0
        station.instrument("gas").write("shutoff", "on")


def test_what_may_not_be_sent_is_refused_before_the_wire(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        with pytest.raises(
            RefusedValueError, match=r"furnace.setpoint: 600 degC is above the limit 200 degC"
        ):
            furnace.write("setpoint", "600 degC")
        with pytest.raises(ValueError, match="setpoint: 600 degC is above"):
            furnace.write("setpoint", 600)
        with pytest.raises(RefusedValueError, match=r"furnace.setpoint: 'kdegC' is no unit") as caught:
            furnace.write("setpoint", "0.07 kdegC")
        assert "write the value in degC" in str(caught.value.help)
        with pytest.raises(RefusedValueError, match=r"furnace\.setpoint"):
            furnace.write("setpoint", "5 V")
        with pytest.raises(SessionError, match="no attribute 'setpiont'; did you mean 'setpoint'"):
            furnace.write("setpiont", 20)
        with pytest.raises(SessionError, match=r"furnace\.temperature cannot be set"):
            furnace.write("temperature", 20)
        with pytest.raises(SessionError, match="no attribute 'temprature'; did you mean 'temperature'"):
            furnace.read("temprature")
        with pytest.raises(SessionError, match="no command 'tear'"):
            station.instrument("balance").call("tear")
        with pytest.raises(SessionError, match="is in degC, which cannot be told in V"):
            furnace.read("temperature", unit="V")
        assert fields(station, "instrument.set") == []


PUMP = """
instrument: pump
protocol: ascii
attributes: {position: {query: "P?", reply: "{position:f}", unit: mm, access: r}}
commands:
  move: {send: "M{distance:.3f}", reply: none, parameters: {distance: {unit: mm, min: 0 mm, max: 5 mm}}}
  purge: {send: "X", reply: none, confirm: true, description: empties the line}
"""


def test_a_command_takes_values_with_units_and_its_limits(lab: Lab) -> None:
    lab.write(PUMP, "stations/pump.yaml")
    lab.write(
        "station: wet\ninstruments: {pump: {instrument: pump, resource: 'sim://'}}\n", "stations/wet.yaml"
    )
    with shotlane.connect("wet") as station:
        pump = station.instrument("pump")
        pump.call("move", "0.2 cm")
        pump.call("move", distance=3)
        with pytest.raises(RefusedValueError, match=r"pump.move\(\): .*6 mm is above the limit 5 mm"):
            pump.call("move", distance=6)
        with pytest.raises(SessionError, match=r"pump.move\(\) does not take 'distanc'; did you mean"):
            pump.call("move", distanc=6)
        with pytest.raises(SessionError, match="needs 'distance'"):
            pump.call("move")
        assert [one["arguments"] for one in fields(station, "instrument.called")] == [
            {"distance": 2.0},
            {"distance": 3.0},
        ]


def test_a_dangerous_command_of_a_real_instrument_must_be_confirmed(lab: Lab) -> None:
    lab.write(PUMP, "stations/pump.yaml")
    lab.write(
        "station: wet\ninstruments: {pump: {instrument: pump, resource: 'tcp://127.0.0.1:1'}}\n",
        "stations/wet.yaml",
    )
    with shotlane.connect("wet", mock=True) as station:
        station.instrument("pump").call("purge")  # a simulated one does no harm
    with shotlane.connect("wet", guard=False) as station:
        now = station._now().instruments
        with pytest.raises(SessionError, match=r"must be confirmed: empties the line; give confirm=True"):
            now.gate.call("pump", "purge")
        with pytest.raises(InstrumentError):
            station.instrument("pump")  # nobody listens there


def test_configure_does_it_and_says_so(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        station.configure("furnace", "setpoint", value="60 degC")
        station.configure("balance", "tare")
        assert station.instrument("furnace").read("setpoint") == 60.0
        assert fields(station, "instrument.configured") == [
            {"role": "furnace", "method": "setpoint", "parameters": {"value": "60 degC"}, "result": None},
            {"role": "balance", "method": "tare", "parameters": {}, "result": None},
        ]
        with pytest.raises(SessionError, match="called 'setpiont'; did you mean 'setpoint'"):
            station.configure("furnace", "setpiont", value=1)
        with pytest.raises(SessionError, match="is set to one value"):
            station.configure("furnace", "setpoint")


def test_what_is_read_is_kept_unless_it_shall_not_be(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        values = [station.instrument("furnace").read("temperature") for _ in range(3)]
        kept = station.channel("furnace.temperature")
        assert kept["value"].to_list() == values
        assert kept["unit"].unique().to_list() == ["degC"]
        assert kept["time"].is_sorted()
    with shotlane.connect("demo", mock=True, keep_reads=False) as station:
        station.instrument("furnace").read("temperature")
        with pytest.raises(shotlane.StoreError, match=r"has observed no 'furnace.temperature'"):
            station.channel("furnace.temperature")


def test_a_released_instrument_is_closed_until_it_is_asked_for_again(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        station.release("furnace")
        with pytest.raises(
            SessionError, match=r"was released; station.instrument\('furnace'\) opens it again"
        ):
            furnace.read("temperature")
        with pytest.raises(SessionError, match="furnace is not open; open are: none"):
            station.release("furnace")
        station.instrument("furnace")
        assert furnace.read("setpoint") == 20.0


def test_a_handle_describes_its_instrument(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        told = station.instrument("furnace").describe()
    assert told["attributes"]["setpoint"]["unit"] == "degC"
    assert told["attributes"]["setpoint"]["high"] == 200.0
    assert told["attributes"]["temperature"]["writable"] is False


def test_a_mark_of_status_is_known_to_who_uses_it_from_elsewhere() -> None:
    for marked in (True, False):
        told = _handle._attribute(Attribute("temperature", ValueType.FLOAT, status=marked))
        assert _served._attribute("temperature", told).status is marked
