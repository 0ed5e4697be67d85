"""What a station says of a driver beyond its attributes: commands, set-up, simulation."""

from pathlib import Path

import pytest
from tests.adapters.lab import CAMERA, STATION, described, only, pool_on, put, sound, value

from shotlane.instruments import InstrumentError, PoolError

SILENT = CAMERA.replace("return {item.name: item for item in ATTRIBUTES}", "return {}").replace(
    'return {"snap": declare_command("snap", declare_parameter("n", type="int", low=1))}', "return {}"
)
DECLARED = (
    STATION
    + """
    attributes:
      exposure: {unit: ms, access: rw, min: 0.1 ms, max: 100 ms, safe: 1 ms}
      gain: {}
    commands:
      shoot: {path: snap, takes: 2 s, parameters: {n: {type: int, min: 1, max: 9}}}
    setup: {exposure: 30 ms}
    simulate:
      gain: {start: 3}
      shoot: {set: {exposure: 2 ms}}
"""
)


def test_a_station_declares_the_commands_of_a_silent_driver(tmp_path: Path) -> None:
    pool = pool_on(put(tmp_path, DECLARED, {"camera.py": SILENT}))
    assert pool.call("camera", "shoot", {"n": 4}).result == 8
    with pytest.raises(InstrumentError, match="10 is above the limit 9"):
        pool.call("camera", "shoot", {"n": 10})
    pool.close()


def test_a_station_marks_what_is_status_or_takes_the_mark_of_the_driver_away(tmp_path: Path) -> None:
    marking = CAMERA.replace('declare_attribute("gain")', 'declare_attribute("gain", status=True)')
    said = STATION + "\n    attributes:\n      exposure: {status: true}\n"
    for more, marked in (("", ["exposure", "gain"]), ("      gain: {status: false}\n", ["exposure"])):
        path = put(tmp_path, said + more, {"camera.py": marking})
        described(path)
        attributes = sound(path).definitions["camera"].attributes
        assert [name for name, one in attributes.items() if one.status] == marked


def test_its_set_up_is_sent_at_every_opening_and_told(tmp_path: Path) -> None:
    told: list[tuple[str, str, dict[str, object]]] = []
    pool = pool_on(put(tmp_path, DECLARED, {"camera.py": SILENT}), told=told)
    assert value(pool, "camera", "exposure") == 30.0
    pool._presence.lose(pool.port_of("camera"))
    assert value(pool, "camera", "exposure") == 30.0
    sent = [fields["exchanges"] for _, type_, fields in told if type_ == "instrument.set-up"]
    assert sent == [1, 1]
    pool.close()


def test_a_set_up_that_is_refused_makes_safe_what_was_set(tmp_path: Path) -> None:
    refusing = SILENT.replace(
        "self.values[name] = value", "self.values[name] = value\n        assert value != 30"
    )
    told: list[tuple[str, str, dict[str, object]]] = []
    with pytest.raises(PoolError, match="camera"):
        pool_on(put(tmp_path, DECLARED, {"camera.py": refusing}), told=told)
    assert [fields["value"] for _, type_, fields in told if type_ == "safe-state.written"] == [1.0]


def test_it_simulates_as_the_station_says(tmp_path: Path) -> None:
    pool = pool_on(put(tmp_path, DECLARED, {"camera.py": "raise SystemExit"}), mock=True)
    assert (value(pool, "camera", "gain"), value(pool, "camera", "exposure")) == (3.0, 30.0)
    pool.call("camera", "shoot", {"n": 1})
    assert value(pool, "camera", "exposure") == 2.0
    pool.close()


def test_beside_a_lock_a_station_adds_to_a_command_and_tightens_its_arguments(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    shoot = "{path: snap, takes: 2 s, confirm: true, parameters: {n: {type: int, max: 5}}}"
    path.write_text(f"{STATION}    commands: {{shoot: {shoot}}}\n", encoding="utf-8")
    (command,) = sound(path).table.roles["camera"].commands.values()
    (argument,) = command.parameters
    assert (command.name, command.takes_ns, command.confirm) == ("shoot", 2_000_000_000, True)
    assert (argument.low, argument.high) == (1, 5)
    pool = pool_on(path)
    assert pool.call("camera", "shoot", {"n": 3}).result == 6
    pool.close()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ("commands: {snapp: {}}", "STA163", "the driver has no command 'snapp'"),
        ("commands: {snap: {parameters: {m: {}}}}", "STA163", "the command has no argument 'm'"),
        ("setup: {exposure: 300 ms}", "STA131", "300 ms is above the limit 100 ms"),
        ("setup: {gain: 3}", "INS020", "'gain' cannot be set"),
        ("simulate: {gian: 3}", "INS020", "the instrument has no attribute or command 'gian'"),
    ],
)
def test_what_the_driver_does_not_have_is_told(more: str, code: str, message: str, tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    path.write_text(f"{STATION}    {more}\n", encoding="utf-8")
    item = only(path)
    assert (item.code, item.message) == (code, message)
    assert item.span is not None


@pytest.mark.parametrize("key", ["commands: {home: {}}", "setup: {level: 1}", "simulate: {level: 1}"])
def test_an_instrument_document_says_that_itself(key: str, tmp_path: Path) -> None:
    text = "station: lab\ninstruments:\n  camera:\n    instrument: generic-balance\n    resource: sim://\n"
    item = only(put(tmp_path, f"{text}    {key}\n"))
    assert item.code == "STA166"
