"""The events of a session: all of them in order, chosen by type and role, told as they come."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.acceptance.lab import Lab, wait_for

import shotlane
from shotlane import LoggedEvent, SessionError


def test_events_are_chosen_by_type_and_role_and_time(lab: Lab, store_url: str) -> None:
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        station.instrument("furnace").write("setpoint", 30)
        station.instrument("gas").write("shutoff", True)
        middle = time.time_ns()
        station.instrument("furnace").write("setpoint", 40)
        assert [event.fields["value"] for event in station.events("instrument.set")] == [30.0, True, 40.0]
        assert {event.role for event in station.events("instrument", role="gas")} == {"gas"}
        since = datetime.fromtimestamp(middle / 1e9, tz=UTC)
        late = [station.events("instrument.set", since=one) for one in (middle, since)]
        assert [[event.fields["value"] for event in found] for found in late] == [[40.0], [40.0]]
        numbers = [event.number for event in station.events()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_callback_is_told_what_happened_and_then_what_happens(lab: Lab) -> None:
    told: list[LoggedEvent] = []
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        furnace.write("setpoint", 30)
        unsubscribe = station.on_event(told.append, type="instrument.set", role="furnace")
        assert [event.fields["value"] for event in told] == [30.0]
        furnace.write("setpoint", 40)
        station.instrument("gas").write("shutoff", True)
        wait_for(lambda: len(told) == 2)
        unsubscribe()
        furnace.write("setpoint", 50)
        assert station.event_log is not None
        station.event_log.append("note.added", author="me", kind=None, text="done")
    assert [event.fields["value"] for event in told] == [30.0, 40.0]


def test_since_leaves_out_what_was_before(lab: Lab) -> None:
    told: list[LoggedEvent] = []
    with shotlane.connect("demo", mock=True) as station:
        station.instrument("furnace").write("setpoint", 30)
        now = time.time_ns()
        unsubscribe = station.on_event(told.append, since=now)
        assert told == []
        station.configure("furnace", "setpoint", value=40)
        wait_for(lambda: any(event.type == "instrument.configured" for event in told))
        unsubscribe()


def test_the_whole_life_of_an_instrument_is_told(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        session = station.session_id
        with pytest.raises(ValueError, match="above the limit"):
            station.instrument("furnace").write("setpoint", 999)
        station.release("furnace")
    with shotlane.connect("demo", mock=True) as other:
        assert other.event_store is not None
        types = [event.type for event in other.event_store.events(session)]
    expected = ["session.started", "instrument.opened", "safe-state.reached", "instrument.closed"]
    assert [type_ for type_ in types if type_ in (*expected, "session.ended")] == [*expected, "session.ended"]


def test_what_can_never_be_there_is_refused_and_not_an_empty_list(lab: Lab, store_url: str) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"type": "instument"}, "no events of type 'instument'; did you mean 'instrument'?"),
        ({"type": ("instrument.*", "instrument.sett")}, "'instrument.sett'; did you mean 'instrument.set'?"),
        ({"type": "a\0b"}, r"there are no events of type 'a\x00b'"),
        ({"type": "a\ud800b"}, r"there are no events of type 'a\ud800b'"),
        ({"role": "furnce"}, "no events of an instrument 'furnce'; did you mean 'furnace'?"),
        ({"since": time.time()}, "is no instant; write a datetime, or nanoseconds as time.time_ns()"),
        ({"since": int(time.time())}, "is no instant"),
        ({"since": "today"}, "since='today' is no instant"),
    ]
    with shotlane.connect("demo", mock=True, store=store_url) as station:
        station.instrument("furnace").write("setpoint", 30)
        for chosen, told in wrong:
            with pytest.raises(SessionError, match=re.escape(told)):
                station.events(**chosen)
            with pytest.raises(SessionError, match=re.escape(told)):
                station.on_event(print, **chosen)
        assert station.events("interlock.*", role="gas", since=0) == []


def test_types_and_roles_that_events_have_are_known(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        assert station.event_log is not None
        station.event_log.append("sample.loaded", role="robot", wafer=7)
        assert [event.fields["wafer"] for event in station.events("sample", role="robot")] == [7]
