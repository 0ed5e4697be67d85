"""Drivers of one's own: found, described, checked without import, run, and simulated."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import CAMERA, STATION, described, only, pool_on, put, resolve, sound, value

from shotlane.api import check, run
from shotlane.cli import main
from shotlane.diagnostics import Report
from shotlane.instruments import InstrumentError, PoolError
from shotlane.model import KEEP, ValueType
from shotlane.records import Outcome

SEQUENCE = """
sequence: exposures
station: lab.yaml
timeline: [{expose: 0.2 s}]
lanes:
  camera.exposure: {set: 5 ms, read: {expose: {at: end}}}
  camera.ch1_temperature: {record: 50 Hz}
  camera: {call: {expose: snap(3)}}
"""


def test_the_lock_gives_the_channels(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    table = sound(path).table
    exposure = table.channels["camera.exposure"].attribute
    assert list(table.channels) == [f"camera.{n}" for n in ("exposure", "ch1_temperature", "mode", "gain")]
    assert (exposure.low, exposure.high, exposure.safe, exposure.writable) == (0.1, 100.0, 1.0, True)
    assert table.channels["camera.mode"].attribute.options == ("single", "burst")
    assert list(table.roles["camera"].commands) == ["snap"]


def test_checking_imports_no_driver(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    (tmp_path / "camera.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (tmp_path / "s.yaml").write_text(SEQUENCE, encoding="utf-8")
    program = f"""if True:
        import sys
        from shotlane.api import check
        foreign = {{"pyvisa", "pymeasure", "qcodes", "serial", "shotlane.instruments.adopted.adapters"}}
        report = check([{str(tmp_path)!r}])
        raise SystemExit(len(report.errors) + len(foreign & set(sys.modules)))
    """
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_driver_is_opened_set_read_and_called(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    pool = pool_on(path)
    assert value(pool, "camera", "exposure") == 20.0
    pool.write("camera", "exposure", 5.0)
    assert (value(pool, "camera", "exposure"), value(pool, "camera", "ch1_temperature")) == (5.0, 21.0)
    assert pool.call("camera", "snap", {"n": 3}).result == 6
    assert pool.identities["camera"].model == "camera"
    pool.close()


@pytest.mark.real_time
def test_a_sequence_runs_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    described(put(tmp_path))
    (tmp_path / "s.yaml").write_text(SEQUENCE, encoding="utf-8")
    found = run("s.yaml")
    assert found.outcome is Outcome.DONE
    samples = found.samples()
    assert samples.filter(samples["channel"] == "camera.exposure")["value"].to_list() == [5.0]


def test_after_a_lost_wire_it_is_made_anew(tmp_path: Path) -> None:
    lost = CAMERA.replace("Camera.made += 1", "Camera.made += 1\n        self.number = Camera.made").replace(
        "        return {name: Reading(",
        "        if self.number == 2:\n"
        "            raise ConnectionResetError('gone')\n"
        "        return {name: Reading(",
    )
    path = put(tmp_path, STATION, {"camera.py": lost})
    described(path)
    told: list[Any] = []
    pool = pool_on(path, told=told)
    with pytest.raises(InstrumentError) as caught:
        pool.read("camera", ["gain"])
    assert caught.value.fault == "disconnected"
    assert value(pool, "camera", "gain") == 2.0
    assert "instrument.reopened" in [type_ for _, type_, _ in told]
    pool.close()


@pytest.mark.parametrize(
    ("resource", "port"),
    [
        ("/dev/null", "serial:/dev/null"),
        ("com3", "serial:COM3"),
        ("gpib0::4::instr", "visa:GPIB0::4::INSTR"),
        ("cam-7", "driver:CAM-7"),
        ("tcp://localhost:7", "tcp:127.0.0.1:7"),
    ],
)
def test_an_address_in_the_words_of_the_driver(tmp_path: Path, resource: str, port: str) -> None:
    path = put(tmp_path)
    described(path)
    path = put(tmp_path, f"{STATION}    resource: {resource}\n")
    assert sound(path).definitions["camera"].resource.port == port


def test_mocked_it_is_simulated_from_its_lock(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    (tmp_path / "camera.py").unlink()
    pool = pool_on(path, mock=True)
    assert value(pool, "camera", "exposure") == 1.0
    pool.write("camera", "mode", "burst")
    assert value(pool, "camera", "mode") == "burst"
    pool.close()


def test_without_a_lock_describe_is_asked_for(tmp_path: Path) -> None:
    item = only(put(tmp_path))
    assert item.code == "STA161"
    assert "shotlane instruments describe" in str(item.help)


def test_without_a_lock_the_station_may_declare(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        STATION
        + "    attributes:\n"
        + "      exposure: {unit: ms, access: rw, min: 1 ms, max: 50 ms, safe: keep}\n"
        + "      chip: {path: ch1.temperature, unit: degC}\n",
    )
    attribute = sound(path).table.channels["camera.exposure"].attribute
    assert (attribute.type, attribute.low, attribute.safe) == (ValueType.FLOAT, 1.0, KEEP)
    pool = pool_on(path)
    assert value(pool, "camera", "chip") == 21.0
    pool.close()


def test_the_station_renames_declares_and_tightens(tmp_path: Path) -> None:
    path = put(tmp_path)
    described(path)
    text = STATION + (
        "    attributes:\n"
        "      exposure: {max: 50 ms, safe: 2 ms}\n"
        "      chip: {path: ch1.temperature, update: 1 s}\n"
        "      gain: {unit: V}\n"
        "      mode: {access: r, options: [single]}\n"
        "    limits: {exposure: [1 ms, 40 ms]}\n"
    )
    table = sound(put(tmp_path, text)).table
    exposure, gain = (table.channels[f"camera.{name}"].attribute for name in ("exposure", "gain"))
    assert list(table.channels) == [f"camera.{name}" for name in ("exposure", "chip", "mode", "gain")]
    assert (exposure.low, exposure.high, exposure.safe) == (1.0, 40.0, 2.0)
    assert gain.unit is not None
    assert gain.unit.text == "V"
    assert not table.channels["camera.mode"].attribute.writable


@pytest.mark.parametrize(
    ("line", "code", "help"),
    [
        ("exposur: {max: 5 ms}", "STA163", "exposure"),
        ("chip: {path: ch1.temperatur}", "STA163", "ch1.temperature"),
        ("exposure: {max: 500 ms}", "STA162", "100 ms"),
        ("exposure: {min: 0.01 ms}", "STA162", "0.1 ms"),
        ("exposure: {unit: s}", "STA162", None),
        ("exposure: {type: int}", "STA162", None),
        ("exposure: {max: 5 V}", "STA131", "ms"),
        ("exposure: {safe: 200 ms}", "STA140", None),
        ("gain: {access: rw}", "STA162", None),
        ("mode: {options: [singel]}", "STA162", "single"),
        ("exposure: {mx: 5 ms}", "STA001", "max"),
        ("ex-posure: {path: exposure}", "STA131", None),
    ],
)
def test_mistakes_in_what_a_station_says(tmp_path: Path, line: str, code: str, help: str | None) -> None:
    path = put(tmp_path)
    described(path)
    item = only(put(tmp_path, f"{STATION}    attributes:\n      {line}\n"))
    assert item.code == code
    assert help is None or help in str(item.help)


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("pymesure:pymeasure.instruments.keithley.Keithley2000", "no package"),
        ("pymeasure", "which of its drivers"),
        ("camera/Camera", "names no driver"),
        ("pyvisa", "a wire"),
        ("a b:C", "names no driver"),
    ],
)
def test_mistakes_in_the_name_of_a_driver(tmp_path: Path, driver: str, message: str) -> None:
    item = only(put(tmp_path, STATION.replace("camera:Camera", f"'{driver}'")))
    assert item.code == "STA160"
    assert message in item.message


def test_a_driver_and_a_document_at_once(tmp_path: Path) -> None:
    text = STATION.replace("driver:", "instrument: generic-balance\n    resource: sim://\n    driver:")
    item = next(iter(resolve(put(tmp_path, text))[1]))
    assert item.code == "STA166"


def test_attributes_beside_a_document(tmp_path: Path) -> None:
    text = "station: lab\ninstruments:\n  b:\n    instrument: generic-balance\n    resource: sim://\n"
    text += "    attributes: {x: {unit: V}}\n"
    assert only(put(tmp_path, text)).code == "STA166"


def test_another_driver_than_was_described(tmp_path: Path) -> None:
    described(put(tmp_path))
    item = only(put(tmp_path, STATION.replace("camera:Camera", "camera:Other")))
    assert (item.code, item.severity.value) == ("STA165", "error")


def test_other_options_than_were_described_are_a_warning(tmp_path: Path) -> None:
    described(put(tmp_path))
    resolved, report = resolve(put(tmp_path, STATION.replace("20 ms", "30 ms")))
    assert resolved is not None
    assert [item.code for item in report.warnings] == ["STA165"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Camera:", "Kamera:"), "no class 'Camera'"),
        (("def open", "def opened"), "it has no open"),
        (("exposure=", "exposition="), "no option 'exposure'"),
        (("self, exposure", "self, serial_number, exposure"), "needs the option 'serial_number'"),
        (('"10 ms", ', '"10 ms", *, needed, '), "needs the option 'needed'"),
        (("self.told", "1 / 0; self.told"), "ZeroDivisionError"),
        (('exposure, "ms"', 'exposure, "V"'), "write it in V"),
        (('unit="ms"', 'unit="s"'), "in s now"),
        (('"ch1.temperature", unit', '"ch2.temperature", unit'), "'ch1.temperature' any more"),
    ],
)
def test_faults_of_a_driver_at_opening(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = put(tmp_path)
    described(path)
    (tmp_path / "fresh").mkdir()
    fresh = put(tmp_path / "fresh", STATION, {"camera.py": CAMERA.replace(*change)})
    (tmp_path / "lab.lock.yaml").rename(tmp_path / "fresh" / "lab.lock.yaml")
    with pytest.raises(PoolError, match=message):
        pool_on(fresh)


def test_a_driver_that_is_not_there(tmp_path: Path) -> None:
    path = put(tmp_path, STATION.replace("camera:Camera", "nowhere.at_all:Camera"))
    found = main(["instruments", "describe", str(path)])
    assert found == 3


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("raise TimeoutError('slow')", "timeout"),
        ("raise ConnectionResetError('gone')", "disconnected"),
        ("raise ValueError('odd')", "garbled"),
        ("raise KeyError('bug')", "failed"),
        ("raise BlockingIOError('busy')", "refused"),
        ("return {}", "garbled"),
    ],
)
def test_exceptions_of_a_driver_are_faults(tmp_path: Path, body: str, fault: str) -> None:
    path = put(
        tmp_path,
        STATION,
        {
            "camera.py": CAMERA.replace(
                "        return {name: Reading(", f"        {body}\n        return {{name: Reading("
            )
        },
    )
    described(path)
    pool = pool_on(path)
    try:
        reading = pool.read("camera", ["gain"]).readings["gain"]
        assert reading.fault is not None
        assert reading.fault.fault == fault
    except InstrumentError as error:
        assert error.fault == fault  # noqa: PT017 - either way is right
    finally:
        pool.close()


@pytest.mark.parametrize(
    ("given", "read"),
    [("numpy.float64(3)", 3.0), ("numpy.array(4.0)", 4.0), ("'three'", None), ("None", None), ("True", None)],
)
def test_a_value_of_another_type_is_no_value(tmp_path: Path, given: str, read: float | None) -> None:
    text = "import numpy\n" + CAMERA.replace('"gain": 2.0', f'"gain": {given}')
    path = put(tmp_path, STATION, {"camera.py": text})
    described(path)
    pool = pool_on(path)
    reading = pool.read("camera", ["gain"]).readings["gain"]
    pool.close()
    assert reading.value == read
    assert read is not None or reading.raw is not None


def test_two_stations_with_files_of_one_name(tmp_path: Path) -> None:
    values = []
    for folder, number in ((tmp_path / "a", "2.0"), (tmp_path / "b", "3.0")):
        folder.mkdir()
        path = put(folder, STATION, {"camera.py": CAMERA.replace('"gain": 2.0', f'"gain": {number}')})
        described(path)
        pool = pool_on(path)
        values.append(value(pool, "camera", "gain"))
        pool.close()
    assert values == [2.0, 3.0]


def test_a_project_folder_is_checked_with_its_lock(tmp_path: Path) -> None:
    described(put(tmp_path))
    assert not list(check([tmp_path]))


def test_an_entry_point_that_nobody_offers(tmp_path: Path) -> None:
    from shotlane.api import describe

    found = describe(put(tmp_path, STATION.replace("camera:Camera", "acme-camera")), Report())
    assert found is not None
    assert "no installed package offers" in found.faults["camera"].message


def test_an_entry_point_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "acme-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(
        "[shotlane.drivers]\nacme-camera = acme_camera:Camera\n", encoding="utf-8"
    )
    (tmp_path / "site" / "acme_camera.py").write_text(CAMERA, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    path = put(tmp_path, STATION.replace("camera:Camera", "acme-camera"))
    described(path)
    pool = pool_on(path)
    assert value(pool, "camera", "gain") == 2.0
    pool.close()
