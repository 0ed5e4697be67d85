"""Instruments that other processes use: the same handle, the same limits, the same exceptions."""

import os
import socket
import stat
import struct
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.acceptance.lab import Lab
from tests.sessions.conftest import Script, heard

import shotlane
from shotlane import InstrumentError, SessionError
from shotlane.instruments import RefusedValueError
from shotlane.sessions import _tokens
from shotlane.sessions._frames import ANSWER, FrameError, receive, send
from shotlane.sessions._tokens import token_file
from shotlane.testing import Bench


@pytest.fixture(params=["unix", "tcp"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_is_no_message_is_refused_before_anything_is_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        endless: list[object] = []
        endless.append(endless)
        for unsendable in ({(1, 2): 3}, endless):
            with pytest.raises(FrameError, match="cannot be sent"):
                send(ours, unsendable, ANSWER)
        send(ours, {"a": 1}, ANSWER)
        assert receive(theirs, ANSWER) == {"a": 1}


def test_a_server_without_room_for_its_token_leaves_nothing_behind(
    lab: Lab, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with shotlane.connect("demo", mock=True) as station:
        with monkeypatch.context() as patched:
            patched.setattr(_tokens, "write_private", full)
            with pytest.raises(SessionError, match=r"the token cannot be kept in .*No space left"):
                station.start_instrument_server(["furnace"], address=kind)
        assert station.instrument_server_address is None
        station.start_instrument_server(["furnace"], address=kind)


def test_a_remote_handle_does_what_the_own_one_does(lab: Lab, kind: str) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace", "balance"], address=kind)
        assert station.instrument_server_address == address
        with shotlane.remote_instrument(address, "furnace") as furnace:
            furnace.write("setpoint", "140 degF")
            assert station.instrument("furnace").read("setpoint") == 60.0
            assert furnace.read("setpoint", "saving") == {"setpoint": 60.0, "saving": "volatile"}
            assert furnace.read("setpoint", unit="K") == 333.15
            assert furnace.describe() == station.instrument("furnace").describe()
        with shotlane.remote_instrument(address, "balance") as balance:
            assert balance.call("tare") is None
        by = {event.fields["by"] for event in station.events(["instrument.set", "instrument.called"])}
        assert len(by) == 1
        assert None not in by


@pytest.mark.parametrize(
    ("error", "method", "arguments"),
    [
        (RefusedValueError, "write", ("setpoint", "600 degC")),
        (RefusedValueError, "write", ("setpoint", "5 V")),
        (SessionError, "write", ("setpiont", 20)),
        (SessionError, "read", ("temprature",)),
        (SessionError, "call", ("tare",)),
    ],
)
def test_what_is_refused_here_is_refused_there_in_the_same_words(
    lab: Lab, error: type[Exception], method: str, arguments: tuple[object, ...]
) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"])
        with pytest.raises(error) as here:
            getattr(station.instrument("furnace"), method)(*arguments)
        with shotlane.remote_instrument(address, "furnace") as furnace, pytest.raises(error) as there:
            getattr(furnace, method)(*arguments)
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    "value", [object(), 1j, Decimal(60), Path("60 degC"), {60.0}, [60.0, object()], {"a": 1j}]
)
def test_what_is_no_value_is_refused_by_its_type_before_it_is_sent(lab: Lab, value: object) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace", "balance"])
        with shotlane.remote_instrument(address, "furnace") as furnace:
            told = (
                r"furnace.setpoint: a value of type '\w+' cannot be sent to another process; write a number"
            )
            with pytest.raises(RefusedValueError, match=told):
                furnace.write("setpoint", value)
            with pytest.raises(RefusedValueError, match=r"furnace.hold: a value of type"):
                furnace.call("hold", value)
            for sound in (Fraction(81, 2), np.float32(40.5), np.int64(40), np.uint8(41)):
                furnace.write("setpoint", sound)
                assert furnace.read("setpoint") == float(sound)


def test_a_number_that_no_float_holds_is_refused_here_and_there(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"])
        with shotlane.remote_instrument(address, "furnace") as furnace:
            for handle in (furnace, station.instrument("furnace")):
                with pytest.raises(RefusedValueError, match="setpoint takes no number as large as that"):
                    handle.write("setpoint", 10**400)


def test_only_who_has_the_token_is_served(lab: Lab, kind: str) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"], address=kind)
        assert stat.S_IMODE(token_file(address).stat().st_mode) == 0o600
        assert stat.S_IMODE(token_file(address).parent.stat().st_mode) == 0o700
        with pytest.raises(SessionError, match="its token is not that of this server"):
            shotlane.remote_instrument(address, "furnace", token="0" * 64)
        with pytest.raises(SessionError, match="no instrument 'furnac'; did you mean 'furnace'"):
            shotlane.remote_instrument(address, "furnac")
        assert len(station.events("server.refused")) == 2
        token = token_file(address).read_text()
    assert not token_file(address).exists()
    told = [row["fields"] for row in lab.rows("SELECT fields FROM event")]
    assert not [text for text in told if token in text]


def test_a_server_without_the_token_learns_nothing_and_is_not_believed(lab: Lab) -> None:
    line = socket.create_server(("127.0.0.1", 0))

    def pretend() -> None:
        client, _ = line.accept()
        with client:
            send(client, {"shotlane-instruments": 1, "number": "1"}, ANSWER)
            told.update(receive(client, ANSWER))
            send(client, {"proof": "0" * 64}, ANSWER)

    told: dict[str, object] = {}
    thread = threading.Thread(target=pretend)
    thread.start()
    with pytest.raises(SessionError, match="it does not have the token"):
        shotlane.remote_instrument(f"tcp://127.0.0.1:{line.getsockname()[1]}", "furnace", token="secret")
    thread.join()
    line.close()
    assert "secret" not in str(told)


def test_nonsense_ends_a_connection_and_not_the_server(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"], address="tcp")
        port = int(address.rpartition(":")[2])
        for nonsense in (b"GET / HTTP/1.1\r\n\r\n", struct.pack(">I", 2**31), struct.pack(">I", 2) + b"[]"):
            with socket.create_connection(("127.0.0.1", port), 10) as line:
                receive(line, ANSWER)
                line.sendall(nonsense)
                with pytest.raises((EOFError, ConnectionError)):
                    receive(line, ANSWER)
        with shotlane.remote_instrument(address, "furnace") as furnace:
            with pytest.raises(SessionError, match="cannot ask for 'close'"):
                furnace._ask("close")
            with pytest.raises(SessionError, match="must name what it reads"):
                furnace._ask("read", names="setpoint")
            assert furnace.read("setpoint") == 20.0


def test_the_end_of_the_session_is_a_lost_instrument_there(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = shotlane.remote_instrument(station.start_instrument_server(["furnace"]), "furnace")
        with pytest.raises(SessionError, match="runs already"):
            station.start_instrument_server()
    with pytest.raises(InstrumentError, match="is gone") as lost:
        furnace.read("setpoint")
    assert lost.value.fault == "disconnected"
    with pytest.raises(SessionError, match="is closed; connect again"):
        furnace.read("setpoint")


@pytest.mark.real_time
def test_another_process_uses_a_locked_instrument_through_its_holder(
    bench_lab: Lab, bench: Bench, script: Script
) -> None:
    with shotlane.connect("bench") as station:
        address = station.start_instrument_server(["furnace"])
        process = script(
            f"""
            from shotlane.instruments import RefusedValueError
            station = shotlane.connect("bench", guard=False)
            station.start()
            try:
                station.instrument("furnace")
            except shotlane.InUseError as error:
                say("in use by", error.holders["furnace"].pid)
            with shotlane.remote_instrument({address!r}, "furnace") as furnace:
                furnace.write("setpoint", "60 degC")
                try:
                    furnace.write("setpoint", "600 degC")
                except RefusedValueError as error:
                    say(error)
            say("done")
            """
        )
        assert heard(process) == f"in use by {os.getpid()}"
        assert "600 degC is above the limit 200 degC" in heard(process)
        assert heard(process) == "done"
        assert bench.registers()["furnace"]["setpoint_degF"] == pytest.approx(140.0)
        joined = station.events("server.joined")
        assert str(process.pid) in str(joined[0].fields["by"])


arrays = st.sampled_from(["<f8", "<i4", "|b1", "<u2", "<c16"]).flatmap(
    lambda kind: st.lists(st.integers(0, 100), max_size=6).map(lambda row: np.array(row, dtype=kind))
)


@given(
    st.one_of(
        st.none(), st.booleans(), st.text(), st.integers(), st.floats(allow_nan=False), st.binary(), arrays
    )
)
def test_every_value_goes_through_a_message_as_it_is(value: object) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        theirs.settimeout(10)
        try:
            send(ours, {"result": value}, 1 << 16)
        except UnicodeEncodeError:
            return
        found = receive(theirs, 1 << 16)["result"]
    if isinstance(value, np.ndarray):
        assert found.dtype == value.dtype
        assert found.tolist() == value.tolist()
    else:
        assert found == value


def test_a_message_that_is_too_large_is_not_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(FrameError, match="more than the 100 that may be sent"):
        send(ours, {"result": "x" * 200}, 100)


def test_the_socket_is_gone_after_the_session(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        path = Path(station.start_instrument_server(["furnace"]).removeprefix("unix://"))
        assert path.exists()
    assert not path.exists()


def test_a_server_has_the_same_address_after_each_start(lab: Lab) -> None:
    def served() -> shotlane.DeviceServer:
        return shotlane.DeviceServer("demo", "furnace", mock=True)

    with served() as first:
        address = first.address
        assert address is not None
        assert address.endswith("/demo.sock")
        with served() as second:
            assert second.address != address
            assert second.address is not None
            with shotlane.remote_instrument(second.address, "furnace") as furnace:
                assert furnace.read("setpoint") is not None
        with shotlane.remote_instrument(address, "furnace") as furnace:
            assert furnace.read("setpoint") is not None
    assert not Path(address.removeprefix("unix://")).is_symlink()
    with served() as again:
        assert again.address == address


def test_a_killed_server_leaves_its_address_to_the_next(lab: Lab, script: Script) -> None:
    process = script(
        """
        with shotlane.DeviceServer("demo", "furnace", mock=True) as server:
            say(server.address)
            server.wait()
        """
    )
    address = heard(process)
    process.kill()
    process.wait(30)
    assert Path(address.removeprefix("unix://")).is_symlink()
    with shotlane.DeviceServer("demo", "furnace", mock=True) as server:
        assert server.address == address
        with shotlane.remote_instrument(address, "furnace") as furnace:
            assert furnace.read("setpoint") is not None
