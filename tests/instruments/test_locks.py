"""Locks on instruments, with real processes."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.instruments._stations import sound

from shotlane.instruments import InstrumentError, InUseError, Pool, PoolError, Resource
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._locks import FOLDER_VARIABLE, PortLocks

pytestmark = pytest.mark.real_time
HOLD = """
import sys
from pathlib import Path
from shotlane.instruments.pool._locks import PortLocks
from shotlane.instruments.definition._resource import parse_resource
locks = PortLocks("bench", what=lambda: "run 7 of anneal")
locks.take({"furnace": parse_resource(sys.argv[1], "furnace", Path("/"))})
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    return tmp_path / "locks"


def furnace(text: str = "tcp://localhost:5020") -> dict[str, Resource]:
    return {"furnace": parse_resource(text, "furnace", Path("/"))}


@contextmanager
def another_process(resource: str = "modbus+tcp://127.0.0.1:5020?unit=1") -> Iterator[subprocess.Popen[str]]:
    """A process that holds an instrument until it is killed, or its input ends."""
    command = [sys.executable, "-c", HOLD, resource]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_what_another_process_holds_is_refused_with_who_it_is() -> None:
    with another_process() as process, pytest.raises(InUseError) as caught:
        PortLocks("bench").take(furnace())
    holder = caught.value.holders["furnace"]
    assert holder is not None
    assert (holder.pid, holder.station, holder.what) == (process.pid, "bench", "run 7 of anneal")
    since = time.strftime("%H:%M", time.localtime(holder.since_s))
    assert str(caught.value) == (f"furnace: in use by pid {process.pid} since {since}, run 7 of anneal")


def test_a_killed_process_lets_go() -> None:
    with another_process() as process:
        process.kill()
        process.wait()
        with PortLocks("bench") as locks:
            locks.take(furnace())
            assert locks.addresses == ("tcp:127.0.0.1:5020",)


def test_who_was_killed_is_not_named_as_holder(folder: Path) -> None:
    with another_process() as process:
        process.kill()
        process.wait()
    with PortLocks("bench") as locks:
        locks.take(furnace())
        (file,) = folder.glob("*.json")
        written = json.loads(file.read_text()) | {"pid": process.pid}
        file.write_text(json.dumps(written))
        with pytest.raises(InUseError, match="furnace: in use by another process"):
            PortLocks("bench").take(furnace())


def test_all_are_taken_or_none() -> None:
    two = furnace("tcp://10.0.0.1:1") | {"gas": parse_resource("tcp://localhost:5020", "gas", Path("/"))}
    with another_process():
        locks = PortLocks("bench")
        with pytest.raises(InUseError) as caught:
            locks.take(two)
        assert list(caught.value.holders) == ["gas"]
        assert locks.addresses == ()
        with PortLocks("other") as others:
            others.take(furnace("tcp://10.0.0.1:1"))


def test_waiting_ends_when_the_other_lets_go() -> None:
    told: list[InUseError] = []
    with another_process() as process, PortLocks("bench") as locks:
        threading.Timer(0.3, process.kill).start()
        locks.take(furnace(), wait_s=10, waiting=told.append)
        assert locks.addresses
    assert len(told) == 1


def test_waiting_is_bounded() -> None:
    with another_process(), pytest.raises(InUseError):
        PortLocks("bench").take(furnace(), wait_s=0.2)


def test_two_pools_of_one_process_do_not_share() -> None:
    with PortLocks("bench") as first:
        first.take(furnace())
        with pytest.raises(InUseError):
            PortLocks("bench").take(furnace("tcp://[::1]:5020"))
    with PortLocks("bench") as second:
        second.take(furnace())


def test_two_roles_on_one_wire_are_one_lock(folder: Path) -> None:
    with PortLocks("bench") as locks:
        locks.take(furnace() | {"oven": parse_resource("modbus+tcp://localhost:5020?unit=2", "oven", folder)})
        assert len(locks.addresses) == 1
        locks.take(furnace())  # held already


def test_what_is_being_done_can_change() -> None:
    words = ["about to run anneal", "run 8 of anneal"]
    with PortLocks("bench", what=lambda: words[0]) as locks:
        locks.take(furnace())
        words.pop(0)
        locks.describe()
        with pytest.raises(InUseError, match="run 8 of anneal"):
            PortLocks("bench").take(furnace())


def test_no_holder_is_written_where_nothing_is_held(folder: Path) -> None:
    with PortLocks("bench") as locks:
        locks.take(furnace())
        assert len(list(folder.glob("*.json"))) == 1
    assert not list(folder.glob("*.json"))


STATION = (
    "station: bench\ninstruments:\n"
    "  furnace: {instrument: furnace, resource: 'modbus+tcp://127.0.0.1:5020'}\n"
    "  oven: {instrument: furnace, resource: 'modbus+tcp://127.0.0.1:5021'}\n"
)


def pool(tmp_path: Path, *, mock: bool, opened: Callable[..., None]) -> Pool:
    resolved = sound(STATION, tmp_path, mock=mock)

    def make(definition: object) -> object:
        opened(definition)
        raise InstrumentError("disconnected", "nobody is there")

    return Pool(
        resolved.definitions,
        make,  # type: ignore[arg-type]
        now_ns=time.monotonic_ns,
        notify=lambda *_: None,
        locks=PortLocks("bench"),
    )


def test_nothing_is_opened_when_one_of_all_is_in_use(tmp_path: Path) -> None:
    opened: list[object] = []
    with another_process() as process, pytest.raises(PoolError) as caught:
        pool(tmp_path, mock=False, opened=opened.append).open(["furnace", "oven"])
    assert opened == []
    assert list(caught.value.faults) == ["furnace"]
    message = f"furnace (modbus+tcp://127.0.0.1:5020) is in use by pid {process.pid} since"
    assert message in str(caught.value)


def test_simulated_instruments_are_not_locked(tmp_path: Path) -> None:
    opened: list[object] = []
    with another_process(), pytest.raises(PoolError, match="nobody is there"):
        pool(tmp_path, mock=True, opened=opened.append).open(["furnace", "oven"])
    assert len(opened) == 2


def test_closing_lets_go(tmp_path: Path) -> None:
    first = pool(tmp_path, mock=False, opened=lambda _: None)
    with pytest.raises(PoolError, match="nobody is there"):
        first.open(["furnace"])
    with pytest.raises(InUseError):
        PortLocks("bench").take(furnace())
    first.close()
    with PortLocks("bench") as locks:
        locks.take(furnace())


# First come, first served.

WAIT = """
import sys
from pathlib import Path
from shotlane.instruments.pool._locks import PortLocks
from shotlane.instruments.definition._resource import parse_resource
locks = PortLocks("bench", what=lambda: "run " + sys.argv[2])
resources = {"furnace": parse_resource(sys.argv[1], "furnace", Path("/"))}
locks.take(resources, wait_s=60, waiting=lambda _: print("waits", flush=True))
print("held", flush=True)
sys.stdin.readline()
"""


@contextmanager
def waiting_process(name: str) -> Iterator[subprocess.Popen[str]]:
    """A process that waits for what another one holds, then holds it until it is given a line."""
    command = [sys.executable, "-c", WAIT, "tcp://localhost:5020", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert told_by(process) == "waits"
            yield process
        finally:
            process.kill()


def told_by(process: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    """Let a process let go."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_who_came_first_gets_it_first() -> None:
    with another_process() as holder, waiting_process("1") as first, waiting_process("2") as second:
        holder.kill()
        assert told_by(first) == "held"
        with pytest.raises(InUseError, match="run 1"):
            PortLocks("bench").take(furnace(), wait_s=0.3)
        end(first)
        assert told_by(second) == "held"


def test_who_does_not_wait_does_not_push_in() -> None:
    with waiting_for_nobody() as process:
        with pytest.raises(InUseError, match=f"pid {process.pid} .*waiting to do run 7"):
            PortLocks("bench").take(furnace())
        PortLocks("bench").take(furnace("tcp://localhost:5021"))


@contextmanager
def waiting_for_nobody() -> Iterator[subprocess.Popen[str]]:
    """A process that has a ticket and never uses it."""
    text = WAIT.replace(
        "locks.take(resources, wait_s=60", "locks._take = lambda *_: locks\nlocks.take(resources, wait_s=60"
    )
    text = text.replace("lambda *_: locks", "lambda *_: InUseError({})")
    text = text.replace("import PortLocks", "import InUseError, PortLocks")
    command = [sys.executable, "-c", text, "tcp://localhost:5020", "7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert told_by(process) == "waits"
        yield process
        process.kill()


def test_the_ticket_of_a_killed_process_holds_up_nobody(folder: Path) -> None:
    with waiting_for_nobody() as process:
        assert len(list((folder / "queue").glob("*.ticket"))) == 1
        process.kill()
        process.wait()
        with PortLocks("bench") as locks:
            locks.take(furnace())
    assert list((folder / "queue").iterdir()) == []


def test_a_ticket_is_given_back_when_the_wait_is_over(folder: Path) -> None:
    with another_process(), pytest.raises(InUseError):
        PortLocks("bench").take(furnace(), wait_s=0.2)
    assert list((folder / "queue").iterdir()) == []


@pytest.fixture
def hub(tmp_path: Path) -> Callable[..., None]:
    """Plugs in devices: each has a link of its own, to a node that may be another one each time."""

    def plug(**nodes: int | None) -> None:
        for old in [*tmp_path.glob("tty*"), *tmp_path.glob("by-id-*")]:
            old.unlink()
        for device, number in nodes.items():
            if number is not None:
                (tmp_path / f"tty{number}").touch()
                (tmp_path / f"by-id-{device}").symlink_to(f"tty{number}")

    return plug


def on(folder: Path, device: str) -> dict[str, Resource]:
    return {"pump": parse_resource(f"serial://{folder}/by-id-{device}", "pump", folder)}


def test_two_that_come_back_in_each_others_place_are_taken_again(
    hub: Callable[..., None], tmp_path: Path
) -> None:
    hub(a=1, b=2)
    with PortLocks("one") as one, PortLocks("two") as two:
        one.take(on(tmp_path, "a"))
        two.take(on(tmp_path, "b"))
        hub(a=2, b=1)
        with pytest.raises(InUseError):
            one.take(on(tmp_path, "a"))  # the other one does not know yet that its own has moved
        two.take(on(tmp_path, "b"))
        one.take(on(tmp_path, "a"))
        assert [address[-4:] for locks in (one, two) for address in locks.addresses] == ["tty2", "tty1"]


def test_the_node_of_one_that_is_away_is_free_for_another(hub: Callable[..., None], tmp_path: Path) -> None:
    hub(a=1, b=2)
    with PortLocks("one") as one, PortLocks("two") as two:
        one.take(on(tmp_path, "a"))
        hub()
        one.take(on(tmp_path, "a"))
        hub(b=2)
        (tmp_path / "by-id-c").symlink_to("tty1")
        with PortLocks("three") as three, pytest.raises(InUseError):  # it may come back as what it was
            three.take(on(tmp_path, "c"))
        hub(b=1)
        one.take(on(tmp_path, "a"))
        two.take(on(tmp_path, "b"))
        hub(a=3, b=1)
        one.take(on(tmp_path, "a"))
        assert [address[-4:] for address in one.addresses] == ["tty3"]
