"""The events of a session: all of them in order, chosen by type and role, told as they come."""

import time
from datetime import UTC, datetime

import pytest
from tests.acceptance.lab import Lab, wait_for

import shotlane
from shotlane import LoggedEvent


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
        unsubscribe = station.on_event(told.append, event_type="instrument.set", role="furnace")
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
