"""Meeting points: all go on together, or it is told who did not come."""

import threading

import pytest
from sqlalchemy import NullPool, create_engine, text
from tests.acceptance.lab import Lab, wait_for
from tests.sessions.conftest import Script, heard, kill

import shotlane
from shotlane import SessionError
from shotlane.store._address import parse_address

MEET = """
with shotlane.connect("demo", mock=True, store={store!r}) as station:
    say("ready")
    {before}
    station.sync("loaded", 30, parties={parties})
    say("met")
"""


def waiting(store: str) -> int:
    """How many wait at whatever meeting point."""
    with create_engine(parse_address(store).url, poolclass=NullPool).connect() as connection:
        query = text("SELECT count(*) FROM meeting WHERE met_utc_ns IS NULL")
        return int(connection.execute(query).scalar_one())


@pytest.mark.real_time
def test_two_processes_meet(lab: Lab, script: Script, store_url: str) -> None:
    process = script(MEET.format(store=store_url, parties=2, before=""))
    assert heard(process) == "ready"
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        station.sync("loaded", timeout=30)
        assert heard(process) == "met"
        reached = station.events("meeting.reached")
        assert [(event.fields["name"], event.fields["parties"]) for event in reached] == [("loaded", 2)]


@pytest.mark.parametrize("timeout", [-1, float("nan"), -float("inf")])
def test_what_is_no_time_to_wait_is_refused(lab: Lab, timeout: float) -> None:
    with shotlane.connect("demo", mock=True) as station:
        with pytest.raises(SessionError, match=r"timeout=\S+ is no time to wait; give seconds, 0 or more"):
            station.sync("loaded", timeout=timeout)
        with pytest.raises(SessionError, match=r"timeout=\S+ is no time to wait; give seconds, 0 or more"):
            station.instrument("furnace", timeout=timeout)
        assert station.instruments == {}
        assert station.events("meeting") == []


def test_a_meeting_point_serves_again_and_again(lab: Lab) -> None:
    order: list[str] = []

    def site(name: str) -> None:
        with shotlane.connect("demo", mock=True) as station:
            for number in range(3):
                order.append(f"{name} before {number}")
                station.sync("round", timeout=30, parties=3)

    threads = [threading.Thread(target=site, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rounds = [entry[-1] for entry in order]
    assert rounds == sorted(rounds)
    assert len(order) == 9


def test_who_is_missing_is_told(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station, shotlane.connect("demo", mock=True):
        with pytest.raises(TimeoutError) as missed:
            station.sync("loaded", timeout=0.05, parties=3)
        assert "at 'loaded' 2 of 3 parties are missing; here: process" in str(missed.value)
        assert "not here: process" in str(missed.value)
        assert [event.type for event in station.events("meeting")] == ["meeting.missed"]
        # Who gave up does not count for those who come later.
        with pytest.raises(TimeoutError, match="1 of 2 parties are missing"):
            station.sync("loaded", timeout=0.05)


@pytest.mark.real_time
def test_whose_process_has_died_does_not_count(lab: Lab, script: Script) -> None:
    lab.store.parent.mkdir()
    process = script(MEET.format(store=str(lab.store), parties=2, before="say('waits')"))
    assert [heard(process), heard(process)] == ["ready", "waits"]
    with shotlane.connect("demo", mock=True) as station:
        wait_for(lambda: waiting(str(lab.store)) == 1)
        kill(process)
        with pytest.raises(TimeoutError, match="1 of 2 parties are missing"):
            station.sync("loaded", timeout=0.1)


def test_a_meeting_of_another_number_is_refused(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as one, shotlane.connect("demo", mock=True) as other:
        thread = threading.Thread(target=lambda: one.sync("loaded", timeout=30, parties=2))
        thread.start()
        wait_for(lambda: waiting(str(lab.store)) == 1)
        with pytest.raises(ValueError, match="waits for a meeting of 2, and this is one of 3"):
            other.sync("loaded", timeout=30, parties=3)
        other.sync("loaded", timeout=30)
        thread.join()


def test_the_end_of_the_session_ends_its_wait(lab: Lab) -> None:
    station = shotlane.connect("demo", mock=True)
    station.start()
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            station.sync("never")
        except Exception as error:  # noqa: BLE001  it is looked at in the main thread
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    station.stop()
    thread.join(20)
    assert [type(error) for error in ended] in ([InterruptedError], [shotlane.SessionError])
