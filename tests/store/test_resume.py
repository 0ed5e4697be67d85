"""A run that goes on in another session is one run to every reader."""

import pytest
from tests.store import lab

from shotlane.records import AttemptEnd, AttemptStart, ChannelRecord, Event, Outcome, RecorderError, ShotEnd
from shotlane.store import open_reader, open_recorder
from shotlane.store._attempt_keys import BLOCK, attempt_id


def _first_session(store_url: str) -> None:
    """Shot 1 is done, shot 2 errored, shot 3 was never tried."""
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        recorder.event(Event("run.started", lab.START_NS))
        lab.record_shot(recorder, 1, lab.four_readings(1))
        lab.begin_shot(recorder, 2)
        lab.record_attempt(recorder, 2, lab.four_readings(2), fault=lab.FAULT)
        recorder.end_shot(ShotEnd(2, Outcome.ERRORED, 1))
        lab.end_run(recorder, Outcome.ERRORED, "the furnace does not answer")
        assert run == 1


def test_a_resumed_run_keeps_its_number_and_its_good_shots(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        assert recorder.begin_run(lab.run_start(resumes=1)) == 1
        assert (reader.run(1).summary.state, reader.run(1).reason) == ("running", None)
        lab.record_shot(recorder, 2, lab.four_readings(2))
        lab.record_shot(recorder, 3, lab.four_readings(3))
        recorder.event(Event("run.ended", lab.START_NS))
        lab.end_run(recorder)
        found = reader.run(1)
        assert (len(reader.runs()), found.summary.state, found.summary.shots_committed) == (1, "done", 3)
        assert [row[:3] for row in reader.shots(1)] == [(1, "done", 1), (2, "done", 2), (3, "done", 1)]
        assert len(reader.samples(1)) == 16
        assert [row[3] for row in reader.events(1)] == ["run.started", "run.ended"]
        assert [row[1] for row in reader.sessions(1)] == [0, 1]


def test_attempts_of_a_resumed_run_are_numbered_on(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(lab.run_start(resumes=1))
        lab.begin_shot(recorder, 2)
        lab.record_attempt(recorder, 2)
        recorder.event(Event("attempt.ended", lab.START_NS, shot=2, attempt=1))
        recorder.end_shot(ShotEnd(2, Outcome.DONE, 1))
        attempts = [row[:4] for row in reader.attempts(1) if row[1] == 2]
        resumed = attempt_id(1, (1 << BLOCK) + 1)
        assert attempts == [(attempt_id(1, 2), 2, 1, "errored"), (resumed, 2, 2, "done")]
        assert reader.shots(1)[1][5] == resumed
        assert reader.events(1)[-1][4:6] == (2, 2)


def test_a_shot_that_ended_well_is_never_changed(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        before = reader.shots(1)[0]
        recorder.begin_run(lab.run_start(resumes=1))
        lab.begin_shot(recorder, 1)
        recorder.end_shot(ShotEnd(1, Outcome.ERRORED, 1))
        assert reader.shots(1)[0] == before


def test_a_shot_that_is_not_tried_again_keeps_its_outcome(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(lab.run_start(resumes=1))
        lab.record_shot(recorder, 3)
        assert [row[1] for row in reader.shots(1)] == ["done", "errored", "done"]


def test_parameters_keep_their_columns_over_sessions(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        before = reader.parameters(1)
        turned = dict(reversed(lab.UNITS.items()))
        recorder.begin_run(lab.run_start(resumes=1, parameter_units=turned))
        lab.record_shot(recorder, 3)
        assert reader.parameters(1) == before
        values = {row[1]: row[2] for row in reader.shot_parameters(1) if row[0] == 3}
        assert values[0] == lab.parameters(3)["T_soak"]
        with pytest.raises(RecorderError, match="parameter gas is a text in this run, not 5"):
            lab.begin_shot(recorder, 2, {"gas": 5})


def test_what_changed_since_the_start_is_kept_beside_it(store_url: str) -> None:
    _first_session(store_url)
    start = lab.run_start(
        resumes=1, documents={"furnace-ramp.yaml": "changed"}, environment={"python": "3.13"}
    )
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(start)
        assert sorted(reader.documents(1)) == ["furnace-ramp.yaml", "furnace-ramp.yaml (resumed 1)"]
        assert reader.documents(1)["furnace-ramp.yaml"].startswith("sequence")
        assert reader.sessions(1)[1][5] == '{"python":"3.13"}'


def test_a_run_that_still_goes_on_is_not_resumed(store_url: str) -> None:
    with open_recorder(store_url) as first, open_recorder(store_url) as second:
        run = first.begin_run(lab.run_start())
        with pytest.raises(RecorderError, match=f"run {run} still goes on, in process"):
            second.begin_run(lab.run_start(resumes=run))
        lab.end_run(first)
        assert second.begin_run(lab.run_start(resumes=run)) == run


def test_a_run_that_is_not_there_is_not_resumed(store_url: str) -> None:
    with open_recorder(store_url) as recorder, pytest.raises(RecorderError, match="there is no run 7 in"):
        recorder.begin_run(lab.run_start(resumes=7))


def test_a_run_whose_shots_are_others_than_it_was_decided_on_is_left_as_it_is(store_url: str) -> None:
    """Records may come at the last moment, under a session that was known."""
    _first_session(store_url)
    with open_reader(store_url) as reader, open_recorder(store_url) as recorder:
        (session,) = [row[2] for row in reader.sessions(1)]
        for term in ({"resumes": 1, "after_session": session}, {"follows": 1}):
            with pytest.raises(RecorderError, match="other shots of run 1 are committed"):
                recorder.begin_run(lab.run_start(**term, kept_shots=(1, 2)))
            with pytest.raises(RecorderError, match="other shots of run 1 are committed"):
                recorder.begin_run(lab.run_start(**term, kept_shots=()))
        assert (len(reader.runs()), reader.run(1).summary.state) == (1, "errored")
        assert [row[2] for row in reader.sessions(1)] == [session]
        resumed = lab.run_start(resumes=1, after_session=session, kept_shots=(1,))
        assert recorder.begin_run(resumed) == 1


def test_channels_that_mean_something_else_now_are_refused(store_url: str) -> None:
    _first_session(store_url)
    with open_recorder(store_url) as recorder:
        other = (ChannelRecord(0, "furnace.temperature", "float", "K"),)
        with pytest.raises(RecorderError, match=r"channel 0 is furnace.temperature \(float, degC\), not"):
            recorder.begin_run(lab.run_start(resumes=1, channels=other))
        more = (*lab.CHANNELS, ChannelRecord(6, "furnace.power", "float", "percent"))
        recorder.begin_run(lab.run_start(resumes=1, channels=more))
    with open_reader(store_url) as reader:
        assert len(reader.channels(1)) == 7


def test_an_attempt_that_was_killed_half_way_stays_without_an_end(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS)).samples.append(lab.sample(0, 0, 1.0))
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(lab.run_start(resumes=1))
        lab.begin_shot(recorder, 1)
        recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS)).samples.append(lab.sample(0, 0, 2.0))
        recorder.end_attempt(AttemptEnd(1, 1, lab.START_NS, lab.START_NS, Outcome.DONE, None, ()))
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 1))
        assert [row[2:4] for row in reader.attempts(1)] == [(1, None), (2, "done")]
        assert [row[6] for row in reader.samples(1)] == [1.0, 2.0]
