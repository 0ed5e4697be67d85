"""Instruments for other machines: TLS with one certificate alone, a token that is proven and never shown."""

import os
import socket
import ssl
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.acceptance.lab import Lab, wait_for
from tests.sessions.conftest import Script, heard, kill

import shotlane
from shotlane import SessionError, StationConnection
from shotlane.sessions import _certificate, _listener, _patience, _tokens
from shotlane.sessions._addresses import parse_address
from shotlane.sessions._certificate import own_certificate, server_context
from shotlane.sessions._frames import ANSWER, receive, send
from shotlane.sessions._guests import Guests
from shotlane.sessions._patience import Patience
from shotlane.sessions._reach import connected, reach
from shotlane.testing import Bench

HERE = "127.0.0.2:0"  # no address that plain tcp may use
PIN = "0" * 64


def serve(station: StationConnection, **options: object) -> tuple[str, Path]:
    """The address of a server of the furnace, and the file of its token."""
    address = station.start_instrument_server(["furnace"], address=HERE, **options)  # type: ignore[arg-type]
    assert station.instrument_server_token_file is not None
    return address, station.instrument_server_token_file


def raw(address: str) -> socket.socket:
    """A connection that says nothing."""
    found = parse_address(address)
    return socket.create_connection((found.host, found.port), 10)


def test_a_handle_over_tls_does_what_the_own_one_does(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            furnace.write("setpoint", "140 degF")
            assert station.instrument("furnace").read("setpoint") == 60.0
            assert furnace.describe() == station.instrument("furnace").describe()
        monkeypatch.setenv("SHOTLANE_TOKEN", token.read_text())
        with shotlane.remote_instrument(address, "furnace") as furnace:
            assert furnace.read("setpoint") == 60.0
        assert " from 127.0.0." in str(station.events("server.joined")[0].fields["by"])


def test_only_one_certificate_is_believed_and_another_hears_nothing(lab: Lab) -> None:
    context, _ = server_context(None, None)
    heard_there: list[bytes] = []

    def pretend() -> None:
        line, _ = listening.accept()
        with context.wrap_socket(line, server_side=True, do_handshake_on_connect=False) as wrapped:
            try:
                wrapped.do_handshake()
                heard_there.append(wrapped.recv(100))
            except OSError:  # hung up on at once
                heard_there.append(b"")

    with socket.create_server(("127.0.0.2", 0)) as listening:
        thread = threading.Thread(target=pretend)
        thread.start()
        port = listening.getsockname()[1]
        with pytest.raises(SessionError, match="another certificate answers"):
            reach(f"tls://127.0.0.2:{port}#sha256={PIN}", "instruments", {}, "secret")
        thread.join()
    assert heard_there == [b""]


@pytest.mark.parametrize(
    "address",
    [
        "tcp://192.0.2.1:50250",
        "tcp://127.0.0.2:50250",
        "tls://192.0.2.1:50250",
        "tls://192.0.2.1:50250#sha256=12",
        f"tls://192.0.2.1#sha256={PIN}",
        f"https://192.0.2.1:1#sha256={PIN}",
        "nonsense",
    ],
)
def test_what_would_go_over_a_network_unencrypted_is_no_address(address: str) -> None:
    with pytest.raises(SessionError, match="is no address of an instrument server"):
        shotlane.remote_instrument(address, "furnace", token="x")


@pytest.mark.parametrize("place", ["tcp://0.0.0.0:50250", "0.0.0.0", ":50250", "everywhere"])
def test_nothing_is_opened_for_a_place_where_nothing_may_listen(lab: Lab, place: str) -> None:
    with shotlane.connect("demo", mock=True) as station:
        with pytest.raises(SessionError, match=r"unencrypted|is no place to listen at"):
            station.start_instrument_server(["furnace"], address=place)
        assert not station.instruments


def test_certificate_and_token_are_made_once_for_this_user_alone(lab: Lab) -> None:
    found = []
    for _ in range(2):
        with shotlane.connect("demo", mock=True) as station:
            address, token = serve(station)
            found.append((parse_address(address).pin, token.read_text()))
    assert found[0] == found[1]
    for file in (own_certificate(), token):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        with shotlane.connect("demo", mock=True) as station, pytest.raises(SessionError, match="chmod 600"):
            serve(station)
        file.chmod(0o600)


def test_a_token_that_can_be_guessed_is_refused(lab: Lab) -> None:
    own = lab.folder / "token"
    _tokens.write_private(own, "easy")
    with shotlane.connect("demo", mock=True) as station, pytest.raises(SessionError, match="4 letters"):
        serve(station, token_file=own)


def test_two_who_start_for_the_first_time_at_once_have_one_token(tmp_path: Path) -> None:
    file = tmp_path / "new" / "token"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: _tokens.lasting_token(file), range(40)))
    assert found == {file.read_text()}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["token"]


def test_a_token_is_kept_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    token = _tokens.lasting_token(tmp_path / "token")
    assert token == _tokens.lasting_token(tmp_path / "token")
    assert [one.name for one in tmp_path.iterdir()] == ["token"]


def test_the_secret_of_another_user_is_not_taken(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    own = lab.folder / "token"
    _tokens.write_private(own, "0" * 64)
    if os.geteuid() == 0:
        os.chown(own, 1234, 1234)
    else:  # nobody else can give files away
        monkeypatch.setattr(os, "geteuid", lambda: 1234)
    with (
        shotlane.connect("demo", mock=True) as station,
        pytest.raises(SessionError, match="belongs to another user"),
    ):
        serve(station, token_file=own)


def called(lab: Lab, name: str) -> Path:
    """A station of that name."""
    text = (lab.folder / "stations" / "demo.yaml").read_text()
    return lab.write(text.replace("station: demo", f"station: {name}"), "own.yaml")


@pytest.mark.parametrize(("name", "file"), [("demo", "demo.token"), ("runs", "runs-*.token")])
def test_no_station_has_the_token_of_the_manager(lab: Lab, name: str, file: str) -> None:
    with shotlane.connect(called(lab, name), mock=True) as station:
        _, token = serve(station)
        assert token.match(file)


def test_the_name_of_a_station_leads_to_no_other_folder(lab: Lab) -> None:
    with shotlane.connect(called(lab, "../../demo"), mock=True) as station:
        _, token = serve(station)
        assert token.parent == _tokens.state_folder()


def test_without_cryptography_a_certificate_must_be_given(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = tmp_path / "own.pem"
    given.write_bytes(own_certificate().read_bytes())
    given.chmod(0o600)
    own_certificate().unlink()
    monkeypatch.setitem(__import__("sys").modules, "cryptography", None)
    with shotlane.connect("demo", mock=True) as station:
        with pytest.raises(SessionError, match=r"pip install 'shotlane\[remote\]'"):
            serve(station)
        address, _ = serve(station, certificate=given)
        assert parse_address(address).pin == _certificate.fingerprint(given)


def test_a_token_is_nowhere_but_in_its_file(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address, file = serve(station)
        token = file.read_text()
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            shown = [repr(furnace), repr(station), repr(vars(furnace)), str(furnace.describe())]
        with pytest.raises(SessionError) as refused:
            shotlane.remote_instrument(address, "nothing", token=token)
    written = [path.read_bytes() for path in lab.folder.rglob("*") if path.is_file()]
    assert written
    assert not [text for text in [*shown, str(refused.value), *capfd.readouterr()] if token in text]
    assert not [data for data in written if token.encode() in data]


@pytest.mark.parametrize("drip", [False, True])
def test_who_connects_and_says_nothing_is_sent_away(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, *, drip: bool
) -> None:
    monkeypatch.setattr(_listener, "_GREETING_S", 0.3)
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with raw(address) as line:
            line.setblocking(not drip)
            # A record of TLS that never comes to its end.
            for byte in b"\x16\x03\x01\x02\x00" + bytes(500) if drip else b"":
                try:
                    line.sendall(bytes((byte,)))
                except OSError:
                    break
                time.sleep(0.02)
            else:
                assert not drip
                assert line.recv(1) == b""
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            assert furnace.read("setpoint") == 20.0


def test_strangers_take_no_place_of_clients(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_listener, "_MOST_CLIENTS", 1)
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with (
            raw(address),
            raw(address),
            shotlane.remote_instrument(address, "furnace", token=token),
            pytest.raises(SessionError, match="it has 1 clients already"),
        ):
            shotlane.remote_instrument(address, "furnace", token=token)
        wait_for(lambda: len(station.events("server.left")) == 1)
        shotlane.remote_instrument(address, "furnace", token=token).close()


def test_wrong_tokens_wait_longer_and_longer_and_the_right_one_is_heard(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_patience, "_FIRST_S", 0.001)
    monkeypatch.setattr(_patience, "_LONGEST_S", 0.02)
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        for _ in range(8):
            with pytest.raises(SessionError, match="its token is not that of this server"):
                shotlane.remote_instrument(address, "furnace", token=PIN)
        shotlane.remote_instrument(address, "furnace", token=token).close()
        assert len(station.events("server.refused")) == 5  # of a minute: nobody can fill the disk


def test_patience_doubles_is_bounded_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(_patience, "time", SimpleNamespace(monotonic=lambda: now[0]))
    patience = Patience()
    pauses = []
    for _ in range(8):
        pauses.append(patience.pause_s("192.0.2.1"))
        patience.wrong("192.0.2.1")
    assert pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0]
    assert patience.pause_s("192.0.2.2") == 0.0
    now[0] = 61.0
    assert patience.pause_s("192.0.2.1") == 0.0
    for number in range(2_000):
        patience.wrong(str(number))
    assert len(patience._wrong) == 1_000


def test_a_machine_that_vanishes_is_noticed_by_the_system(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            server = station._now().server
            assert server is not None
            for line in (*server._listener._clients, furnace._line):
                assert isinstance(line, ssl.SSLSocket)
                assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                if hasattr(socket, "TCP_KEEPIDLE"):
                    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10


def test_old_versions_and_other_servers_are_told_apart(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with pytest.raises(SessionError, match="it serves no runs"):
            reach(address, "runs", {}, token)


def test_nothing_of_it_can_be_read_on_the_way(lab: Lab) -> None:
    passed = bytearray()

    def carry(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(1 << 16):
            passed.extend(data)
            target.sendall(data)
        with suppress(OSError):  # it has gone first
            target.shutdown(socket.SHUT_WR)

    with shotlane.connect("demo", mock=True) as station, ThreadPoolExecutor(3) as threads:
        address, token = serve(station)
        with socket.create_server(("127.0.0.2", 0)) as between:
            there = f"tls://127.0.0.2:{between.getsockname()[1]}#sha256={parse_address(address).pin}"
            opened = threads.submit(shotlane.remote_instrument, there, "furnace", token=token)
            line, onward = between.accept()[0], raw(address)
            with line, onward:
                ways = [threads.submit(carry, *way) for way in ((line, onward), (onward, line))]
                with opened.result(10) as furnace:
                    furnace.write("setpoint", "60 degC")
                for way in ways:
                    way.result(10)
    assert len(passed) > 1_000
    assert not [word for word in (token.read_bytes(), b"setpoint", b"proof", b"furnace") if word in passed]


def test_what_a_stranger_calls_itself_does_nothing_to_a_terminal(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"], address="tcp")
        with raw(address) as line:
            receive(line, ANSWER)
            send(line, {"by": "\x1b[2J\x07nice", "role": "furnace", "proof": "no"}, ANSWER)
            assert "refused" in receive(line, ANSWER)
        (refused,) = station.events("server.refused")
        assert refused.fields["by"] == "[2Jnice"


@pytest.mark.parametrize(
    "said",
    [{"proof": "\ud800"}, {"proof": [[]]}, {"number": "\ud800"}, {"x": {"~array": ["(,)f8", [1], ""]}}],
)
def test_what_is_no_greeting_ends_nothing_but_its_connection(
    lab: Lab, said: dict[str, object], capfd: pytest.CaptureFixture[str]
) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address = station.start_instrument_server(["furnace"], address="tcp")
        with raw(address) as line:
            receive(line, ANSWER)
            send(line, {"role": "furnace", **said}, ANSWER)
            with suppress(EOFError, OSError):
                assert "refused" in receive(line, ANSWER)
        shotlane.remote_instrument(address, "furnace").close()
    assert "Traceback" not in capfd.readouterr().err


def test_a_thread_too_many_sends_one_away_and_not_all(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with shotlane.connect("demo", mock=True) as station:
        address, token = serve(station)
        with monkeypatch.context() as full:
            full.setattr(threading.Thread, "start", refuse)
            with raw(address) as line:
                assert line.recv(1) == b""
        shotlane.remote_instrument(address, "furnace", token=token).close()


def test_a_proof_cannot_be_handed_on_by_who_has_another_certificate(lab: Lab) -> None:
    own = lab.folder / "other.pem"
    _tokens.write_private(own, _certificate._new())
    context, pin = server_context(own, None)

    def hand_on(address: str) -> dict[str, object]:
        line = between.accept()[0]
        with context.wrap_socket(line, server_side=True) as near, connected(parse_address(address)) as far:
            send(near, receive(far, ANSWER), ANSWER)
            send(far, receive(near, ANSWER), ANSWER)
            answer = receive(far, ANSWER)
            send(near, answer, ANSWER)
            return answer

    with (
        shotlane.connect("demo", mock=True) as station,
        ThreadPoolExecutor(1) as thread,
        socket.create_server(("127.0.0.2", 0)) as between,
    ):
        address, token = serve(station)
        handed = thread.submit(hand_on, address)
        there = f"tls://127.0.0.2:{between.getsockname()[1]}#sha256={pin}"
        with pytest.raises(SessionError, match="its token is not that of this server"):
            shotlane.remote_instrument(there, "furnace", token=token)
        assert "proof" not in handed.result(10)


def test_nothing_is_said_in_plain_text(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        address, _ = serve(station)
        with raw(address) as line:
            line.sendall(b"\0\0\0\x02{}")
            with pytest.raises((EOFError, OSError)):
                receive(line, ANSWER)


@pytest.mark.real_time
def test_an_instrument_is_safe_when_its_last_client_was_killed(
    bench_lab: Lab, bench: Bench, script: Script
) -> None:
    def setpoint() -> float:
        return round(float(bench.registers()["furnace"]["setpoint_degF"]), 3)

    with shotlane.connect("bench", guard=False) as station:
        address, token = serve(station, rest=True)
        text = f"""
            furnace = shotlane.remote_instrument({address!r}, "furnace", token={token.read_text()!r})
            furnace.write("setpoint", "60 degC")
            say("set")
            sys.stdin.readline()
            """
        first, second = script(text), script(text)
        assert [heard(first), heard(second)] == ["set", "set"]
        kill(first)
        wait_for(lambda: len(station.events("server.left")) == 1)
        assert setpoint() == 140.0
        kill(second)
        wait_for(lambda: setpoint() == 68.0)
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            assert furnace.read("setpoint") == pytest.approx(68.0)
        wait_for(lambda: len(station.events("server.left")) == 3)
        reached = station.events("safe-state.reached")
        assert [event.fields["reason"] for event in reached] == ["its last client has gone"]


def test_what_could_not_be_made_safe_is_tried_again_when_the_next_client_has_gone(
    bench_lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def fail(*_: object) -> dict[str, str]:
        tried.set()
        return {"furnace.setpoint": "silent"}

    with shotlane.connect("bench", guard=False) as station:
        address, token = serve(station, rest=True)
        with monkeypatch.context() as broken:
            broken.setattr(station._now().instruments, "_safe", fail)
            with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
                furnace.write("setpoint", "60 degC")
            assert tried.wait(10)
        with shotlane.remote_instrument(address, "furnace", token=token) as furnace:
            assert furnace.read("setpoint") == pytest.approx(140.0)
        wait_for(lambda: round(bench.registers()["furnace"]["setpoint_degF"], 3) == 68.0)


def test_nobody_comes_in_while_an_instrument_is_made_safe() -> None:
    told: list[str] = []
    leaving, safe = threading.Event(), threading.Event()

    def left(role: str) -> None:
        leaving.set()
        assert safe.wait(10)
        told.append(f"{role} is safe")

    def use() -> None:
        with guests.at("furnace"):
            told.append("somebody is in")

    guests = Guests(left)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(use)
        assert leaving.wait(10)
        leaving.clear()
        second = threads.submit(use)
        safe.set()
        first.result(10)
        second.result(10)
    assert told == ["somebody is in", "furnace is safe"] * 2
