"""Secrets are looked for at opening, go to the wire, and show themselves nowhere."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._peers import AsciiDevice, device, fault_of, pool_on, value
from tests.instruments._stations import Lab, resolve, sound

from shotlane.instruments import InUseError, PoolError, lock_instruments
from shotlane.instruments.definition._secrets import Secret
from shotlane.instruments.pool._locks import FOLDER_VARIABLE

METER = """
instrument: meter
protocol: ascii
timeout: 200 ms
options: {password: required}
attributes:
  level: {query: "L? {password}", reply: "{value:f}"}
"""
Patch = pytest.MonkeyPatch


def station(resource: str) -> str:
    return (
        f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{resource}',"
        " options: {password: '${secret:METER}'}}\n"
    )


@pytest.fixture
def made() -> Iterator[AsciiDevice]:
    with device(lambda line: "1.5" if line == "L? s3same" else None) as made:
        yield made


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: Patch, tmp_path: Path) -> Path:
    monkeypatch.delenv("SHOTLANE_SECRET_METER", raising=False)
    path = tmp_path / "secrets"
    monkeypatch.setattr("shotlane.instruments.definition._secrets.secrets_file", lambda: path)
    return path


def test_a_secret_of_the_environment_goes_to_the_wire(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "s3same")
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, _):
        pool.open(["meter"])
        assert value(pool, "meter", "level") == 1.5


def test_a_secret_that_would_break_a_line_never_reaches_the_wire(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "s3same\nRESET")
    with (
        pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, _),
        pytest.raises(PoolError, match="METER holds a line break"),
    ):
        pool.open(["meter"])
    assert made.asked == []


def test_a_secret_of_the_file_of_the_user(made: AsciiDevice, tmp_path: Path, nowhere: Path) -> None:
    nowhere.write_text("OTHER=x\nMETER = s3same\n")
    nowhere.chmod(0o600)
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, _):
        pool.open(["meter"])
        assert value(pool, "meter", "level") == 1.5


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_a_file_that_others_can_read_is_not_used(made: AsciiDevice, tmp_path: Path, nowhere: Path) -> None:
    nowhere.write_text("METER=s3same\n")
    nowhere.chmod(0o644)
    refused = pytest.raises(PoolError, match="can be read by others and is not used: chmod 600")
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, _), refused:
        pool.open(["meter"])


def test_a_secret_that_is_nowhere_is_told_by_its_name(made: AsciiDevice, tmp_path: Path) -> None:
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, told):
        with pytest.raises(
            PoolError, match="the secret METER is in none of its places: SHOTLANE_SECRET_METER"
        ):
            pool.open(["meter"])
        assert len(told.of("instrument.faulted")) == 1
    assert made.asked == []


def test_what_is_told_of_a_fault_does_not_hold_it(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "wrong-s3same")
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, told):
        pool.open(["meter"])
        error = fault_of(pool.read, "meter", ["level"])
        assert error is not None
        everything: Any = (error, error.message, error.context, told.events)
        assert "s3same" not in repr(everything)
        assert "***" in str(error.context.sent)
    assert made.asked[0] == "L? wrong-s3same"


@pytest.mark.parametrize("secret", ["s3\\same\"'x", "it's3same", "s3same\tx"])
def test_no_form_of_it_is_told(made: AsciiDevice, tmp_path: Path, monkeypatch: Patch, secret: str) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", secret)
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, told):
        pool.open(["meter"])
        error = fault_of(pool.read, "meter", ["level"])
        assert error is not None
        assert "same" not in repr((error, error.context, told.events))


def test_bytes_in_hexadecimal_are_masked() -> None:
    assert Secret("s3same").mask("01 73 33 73 61 6d 65 0d 733373616d65") == "01 *** 0d ***"


@pytest.mark.parametrize("secret", ["s3{same", "s3}same", "{s3same:zz}", "s3sämé"])
def test_one_that_cannot_be_sent_is_a_fault_that_does_not_hold_it(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch, secret: str
) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", secret)
    with pool_on(station(made.resource), tmp_path, {"meter": METER}) as (pool, told):
        with pytest.raises(PoolError, match="what its secrets hold cannot be sent") as caught:
            pool.open(["meter"])
        assert "s3" not in repr((caught.value.faults, told.events))


def test_a_fault_on_the_way_to_safety_does_not_hold_it(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "s3same")
    text = METER + "identity: {query: 'LOGIN {password}', reply: '{serial:s}'}\n"
    answers = iter(["7"])
    with (
        device(lambda line: next(answers, None)) as made,
        pool_on(station(made.resource), tmp_path, {"meter": text}) as (pool, _),
    ):
        pool.open(["meter"])
        pool._presence.lose(pool.port_of("meter"))
        error = fault_of(pool.make_safe, "meter")
        assert error is not None
        assert "LOGIN ***" in error.message
        assert "s3same" not in repr((error, error.context))


def test_documents_and_simulations_know_only_its_name(tmp_path: Path) -> None:
    resolved = sound(station("sim://"), tmp_path, {"meter": METER})
    lab = Lab(resolved)
    lab.pool.open(["meter"])
    assert lab.value("meter", "level") == 0.0


def test_a_secret_does_not_show_itself() -> None:
    assert (repr(Secret("s3same")), f"{Secret('s3same')}") == ("***", "***")


# Secrets outside of options.


def hidden_address(made: AsciiDevice, monkeypatch: Patch) -> str:
    """A station whose address is a secret."""
    host, _, port = made.resource.removeprefix("tcp://").partition(":")
    monkeypatch.setenv("SHOTLANE_SECRET_HOST", host)
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "s3same")
    return station(f"tcp://${{secret:HOST}}:{port}")


def test_an_address_may_hold_one(made: AsciiDevice, tmp_path: Path, monkeypatch: Patch) -> None:
    with pool_on(hidden_address(made, monkeypatch), tmp_path, {"meter": METER}) as (pool, told):
        pool.open(["meter"])
        assert value(pool, "meter", "level") == 1.5
    assert told.of("instrument.opened")[0]["resource"].startswith("tcp://${secret:HOST}:")


def test_an_address_that_nobody_answers_at_is_not_told(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch
) -> None:
    text = hidden_address(made, monkeypatch)
    made.close()
    with pool_on(text, tmp_path, {"meter": METER}) as (pool, told), pytest.raises(PoolError) as raised:
        pool.open(["meter"])
    assert "nothing answers at ***" in str(raised.value)
    shown = repr((raised.value.faults["meter"].context, told.events))
    assert "127.0.0.1" not in shown
    assert "tcp://${secret:HOST}" in shown


REGISTERS = "instrument: meter\nprotocol: modbus\nattributes: {level: {holding: 0}}\n"


@pytest.mark.parametrize(
    ("resource", "document"),
    [
        ("tcp://${secret:HOST}:%s", METER.replace("options: {password: required}\n", "")),
        ("rfc2217://${secret:HOST}:%s?baudrate=9600", METER.replace("options: {password: required}\n", "")),
        ("modbus+tcp://${secret:HOST}:%s?unit=1", REGISTERS),
        ("modbus+rfc2217://${secret:HOST}:%s?unit=1", REGISTERS),
    ],
)
@pytest.mark.parametrize("host", ["LocalHost", "Zz9PlantedSecret.invalid"])
def test_a_host_with_letters_of_both_cases_is_not_told(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch, resource: str, document: str, host: str
) -> None:
    document = document.replace("L? {password}", "L?")
    monkeypatch.setenv("SHOTLANE_SECRET_HOST", host)
    made.close()  # and nobody answers at its port
    address = resource % made.resource.rpartition(":")[2]
    text = f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{address}'}}\n"
    with pool_on(text, tmp_path, {"meter": document}) as (pool, told), pytest.raises(PoolError) as raised:
        pool.open(["meter"])
    assert "***" in str(raised.value)
    shown = repr((str(raised.value), raised.value.faults["meter"].context, told.events))
    assert host.lower() not in shown.lower()


def test_a_secret_in_lower_case_is_masked_too() -> None:
    assert Secret("Zz9Planted").mask("zz9planted, Zz9Planted and 7a7a39706c616e746564") == "***, *** and ***"


def test_the_lock_is_that_of_the_address_and_does_not_show_it(
    made: AsciiDevice, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    plain = sound(station(made.resource), tmp_path, {"meter": METER})
    secret = sound(hidden_address(made, monkeypatch), tmp_path, {"meter": METER})
    with lock_instruments(secret, ["meter"]), pytest.raises(InUseError):
        lock_instruments(plain, ["meter"])
    with lock_instruments(secret, ["meter"]):
        written = [path.name + path.read_text() for path in (tmp_path / "locks").iterdir()]
    assert written
    assert "127.0.0.1" not in "".join(written)


def test_who_must_answer_may_be_one(made: AsciiDevice, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_SERIAL", "SN-4711")
    text = station(made.resource).replace("}}\n", "}, expect: {serial: '${secret:SERIAL}'}}\n")
    monkeypatch.setenv("SHOTLANE_SECRET_METER", "s3same")
    document = METER + "identity: {maker: Acme, serial: SN-1}\n"
    with pool_on(text, tmp_path, {"meter": document}) as (pool, _), pytest.raises(PoolError) as raised:
        pool.open(["meter"])
    assert str(raised.value) == "meter: serial SN-1 answers, and *** is expected"


@pytest.mark.parametrize(
    "resource",
    [
        "${secret:METER}",
        "tcp://10.0.0.1:${secret:PORT}",
        "serial:///dev/x?baudrate=${secret:BAUD}",
        "${secret:KIND}://10.0.0.1:5",
    ],
)
def test_a_secret_is_no_number_and_no_kind_of_address(resource: str, tmp_path: Path) -> None:
    _, report = resolve(station(resource), tmp_path, {"meter": METER})
    assert [item.code for item in report] == ["STA150"]
    assert "secret0" not in next(iter(report)).message


def test_a_limit_is_needed_before_anything_is_opened(tmp_path: Path) -> None:
    text = station("sim://").replace("}}\n", "}, timeout: '${secret:TIMEOUT}'}\n")
    _, report = resolve(text, tmp_path, {"meter": METER})
    assert [item.code for item in report] == ["STA122"]


def test_a_number_of_a_document_is_needed_too(tmp_path: Path) -> None:
    keys = "unit: V, access: rw, max: '{password}', safe: 0 V, set: {send: 'S{value}', reply: none}, query"
    _, report = resolve(station("sim://"), tmp_path, {"meter": METER.replace("query", keys)})
    assert [item.code for item in report] == ["STA122"]
    assert "\x0e" not in str([item.message for item in report])
