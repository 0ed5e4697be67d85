import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np
import pytest
from tests.store import lab

from shotlane.records import (
    ActionKind,
    AttemptEnd,
    AttemptStart,
    Event,
    Fault,
    Outcome,
    RecorderError,
    SampleRow,
    ShotEnd,
    ShotStart,
    Status,
    StepRecord,
)
from shotlane.store import open_reader, open_recorder
from shotlane.store._batch import Batch
from shotlane.store._columns import LOT, SORTED
from shotlane.store._statements import TOGETHER
from shotlane.store._writer import Writer


def test_runs_are_numbered_from_one_across_sessions(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        assert [lab.record_run(recorder), lab.record_run(recorder)] == [1, 2]
    with open_recorder(store_url) as recorder:
        assert lab.record_run(recorder) == 3


def test_a_shot_can_be_read_as_soon_as_end_shot_returns(store_url: str) -> None:
    with open_recorder(store_url, flush_interval_s=60) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(0, 0, 25.0)])
        assert [row[:3] for row in reader.shots(run)] == [(1, "done", 1)]
        assert [row[6] for row in reader.samples(run)] == [25.0]


def test_rows_of_an_open_shot_are_committed_by_the_timer(store_url: str) -> None:
    with open_recorder(store_url, flush_interval_s=0.02) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        buffer = recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS))
        buffer.origin_utc_ns = lab.START_NS + 5
        buffer.samples.append(lab.sample(0, 0, 1.5))
        deadline = time.monotonic() + 60
        while not reader.samples(run) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [row[6] for row in reader.samples(run)] == [1.5]
        assert reader.attempts(run)[0][3:6] == (None, lab.START_NS, lab.START_NS + 5)
        assert reader.shots(run)[0][1] is None


def test_a_sample_that_no_store_can_take_ends_the_run_and_takes_no_others_with_it(store_url: str) -> None:
    recorder = open_recorder(store_url, flush_interval_s=60)
    with open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        rows = [lab.sample(0, tick, 1.0) for tick in range(5)]
        rows[3] = lab.sample(0, 3, 1.0, target_ns=2**63)
        with pytest.raises(RecorderError, match=r"a row is lost, which .* cannot take: sample: "):
            lab.record_shot(recorder, 1, rows)
        with pytest.raises(RecorderError, match="a row is lost"):
            recorder.close()
        assert [row[2] for row in reader.samples(run)] == [0, 1, 2, 4]


def test_the_timer_writes_without_new_rows_arriving(store_url: str) -> None:
    # A timer that only runs when something arrives writes nothing during a stall.
    with open_recorder(store_url, flush_interval_s=0.02) as recorder:
        recorder.begin_run(lab.run_start())
        recorder.event(Event("person.interrupted", lab.START_NS, {"signal": "SIGINT"}))
        deadline = time.monotonic() + 60
        while recorder.statistics()["waiting"] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert recorder.statistics()["waiting"] == 0


def test_events_of_many_threads_are_numbered_without_gaps(store_url: str) -> None:
    with open_recorder(store_url, flush_interval_s=0.005) as recorder:
        run = recorder.begin_run(lab.run_start())

        def tell() -> None:
            for _ in range(200):
                recorder.event(Event("exchange.extra", lab.START_NS, {"role": "furnace"}))

        threads = [threading.Thread(target=tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with open_reader(store_url) as reader:
        # Number 1 is the start of the session.
        assert [row[1] for row in reader.events(run)] == list(range(2, 802))


def test_a_batch_that_is_written_twice_is_stored_once(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after a commit whose answer was lost.
    with open_recorder(store_url, flush_interval_s=60) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        with monkeypatch.context() as patch:
            patch.setattr(Batch, "clear", lambda self: None)
            lab.record_shot(
                recorder, 1, [lab.sample(0, 0, 25.0), lab.sample(3, 0, "He")], [lab.setting(0, 1.0)]
            )
        recorder.event(Event("run.ended", lab.START_NS))
        lab.end_run(recorder)
        assert len(reader.samples(run)) == 2
        assert len(reader.sample_texts(run)) == len(reader.actions(run)) == len(reader.shots(run)) == 1
        assert [row[1] for row in reader.events(run)] == [2]


@pytest.mark.parametrize("twice", [False, True], ids=["written once", "written twice"])
@pytest.mark.parametrize("count", [SORTED - 1, LOT, LOT + 1, 2 * LOT + TOGETHER - 1])
def test_samples_of_any_number_are_all_stored_once(
    store_url: str, monkeypatch: pytest.MonkeyPatch, count: int, twice: bool
) -> None:
    with open_recorder(store_url, flush_interval_s=60) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        with monkeypatch.context() as patch:
            if twice:
                patch.setattr(Batch, "clear", lambda self: None)
            rows = [lab.sample(number % 2, number // 2, number / 4) for number in range(count)]
            lab.record_shot(recorder, 1, rows)
        lab.end_run(recorder)
        stored = [(channel, tick, value) for _, channel, tick, *_, value, _ in reader.samples(run)]
        assert sorted(stored) == sorted((row.channel, row.tick, row.value) for row in rows)


def test_retried_attempts_are_kept_with_their_faults(store_url: str) -> None:
    fault = Fault("timeout", "no answer within 0.3 s", {"role": "furnace", "elapsed_s": 0.3})
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, None, status=Status.FAILED)], fault=fault)
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, 25.0)], attempt=2)
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 2))
    with open_reader(store_url) as reader:
        first, second = reader.attempts(run)
        assert (first[3], first[7], second[3], second[7]) == ("errored", "timeout", "done", None)
        assert reader.run(run).faults[0].context == fault.context
        assert reader.shots(run)[0][5] == second[0]


def test_a_skipped_shot_has_a_row_and_no_attempts(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        recorder.end_shot(ShotEnd(1, Outcome.SKIPPED, 0))
        assert reader.shots(run) == [(1, "skipped", 0, None, None, None, "d1")]
        assert reader.attempts(run) == []


def test_safe_writes_after_the_last_attempt_are_kept(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        buffer = lab.record_attempt(recorder, 1)
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 1))
        buffer.actions.append(lab.setting(0, 20.0, kind=ActionKind.SAFE))
        lab.end_run(recorder)
        assert [row[2] for row in reader.actions(run)] == [ActionKind.SAFE]


def test_what_belongs_to_no_shot_goes_to_attempt_of_shot_zero(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.record_attempt(recorder, 0, actions=[lab.setting(0, 20.0, kind=ActionKind.SAFE)])
        lab.end_run(recorder, Outcome.ERRORED, "the furnace does not answer")
        assert len(reader.actions(run)) == 1
        assert reader.shots(run) == []
        assert reader.run(run).reason == "the furnace does not answer"


def test_a_parameter_never_changes_its_type(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, values={"T_soak": 25})
        with pytest.raises(RecorderError, match="parameter T_soak is a number in this run, not 'warm'"):
            recorder.begin_shot(ShotStart(2, {"T_soak": "warm"}, "d"))


def test_declared_parameter_types_hold_before_any_value_is_known(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start(parameter_types={"T_soak": "number", "gas": "text"}))
        assert [one.type for one in reader.parameters(run)] == ["number", None, None, "text"]
        lab.record_shot(recorder, 1, values={"T_soak": None, "flow": 1, "repeat": 3})
        types = {one.name: one.type for one in reader.parameters(run)}
        assert types == {
            "T_soak": "number",
            "flow": "number",
            "background": None,
            "gas": "text",
            "repeat": "number",
        }


def test_numbers_of_numpy_are_taken_as_numbers(store_url: str) -> None:
    row = lab.sample(0, 3, np.float64(1.5), target_ns=np.int64(7), requested_ns=np.int64(8))
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [row], values={"T_soak": np.float64(2), "background": np.True_})
        assert reader.samples(run)[0][2:5] == (3, 7, 8)
        assert [found[2:] for found in reader.shot_parameters(run)] == [(2.0, None), (1.0, None)]


def test_statistics_account_for_every_row(store_url: str) -> None:
    with open_recorder(store_url, flush_interval_s=60) as recorder:
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(0, tick, 1.0) for tick in range(10)])
        lab.begin_shot(recorder, 2)
        buffer = recorder.begin_attempt(AttemptStart(2, 1, lab.START_NS))
        buffer.samples.extend(lab.sample(0, tick, 1.0) for tick in range(7))
        found = recorder.statistics()
        assert found["written_by_table"]["sample"] == 10
        assert found["taken"] == found["written"] + found["waiting"]
        assert found["waiting"] >= 7
        assert found["trouble"] is None


def test_records_in_the_wrong_order_are_a_fault_of_the_caller(sqlite_url: str) -> None:
    with open_recorder(sqlite_url) as recorder:
        with pytest.raises(ValueError, match="no run is open"):
            lab.begin_shot(recorder, 1)
        recorder.begin_run(lab.run_start())
        with pytest.raises(ValueError, match="shot 7 is not open"):
            recorder.end_shot(ShotEnd(7, Outcome.DONE, 1))
        recorder.begin_attempt(AttemptStart(0, 1, lab.START_NS))
        with pytest.raises(ValueError, match="attempt 2 of shot 0 is not open"):
            recorder.end_attempt(AttemptEnd(0, 2, None, 0, Outcome.DONE, None, ()))


def test_closing_twice_is_harmless_and_ends_the_session(store_url: str) -> None:
    recorder = open_recorder(store_url)
    lab.record_run(recorder)
    recorder.close()
    recorder.close()
    with pytest.raises(RecorderError, match="closed"):
        recorder.begin_run(lab.run_start())


def test_a_crash_of_the_writer_thread_is_told_to_the_next_caller(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_recorder(sqlite_url, flush_interval_s=0.01) as recorder:
        recorder.begin_run(lab.run_start())
        with monkeypatch.context() as patch:
            patch.setattr(Writer, "write", lambda *_: 1 / 0)
            recorder.event(Event("exchange.extra", lab.START_NS))
            recorder._timer.thread.join(10)
        with pytest.raises(RecorderError, match="the writer thread failed: division by zero"):
            lab.begin_shot(recorder, 1)


class _Appended(deque[SampleRow]):
    """Rows; something happens as the first is taken."""

    def __init__(self, rows: list[SampleRow], meanwhile: Callable[[], None]) -> None:
        super().__init__(rows)
        self._meanwhile = [meanwhile]

    def popleft(self) -> SampleRow:
        while self._meanwhile:
            self._meanwhile.pop()()
        return super().popleft()


_RENEWED = (StepRecord("heat", 0, 10 * lab.MS), StepRecord("soak", 10 * lab.MS, 50 * lab.MS))


@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends meanwhile"])
def test_no_row_is_written_without_the_steps_that_were_known_when_it_came(store_url: str, ends: bool) -> None:
    with open_recorder(store_url, flush_interval_s=60) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        buffer = recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS, lab.STEPS))
        recorder.flush()
        assert [row[2:] for row in reader.steps(run)] == list(lab.STEPS)

        times = (lab.START_NS, lab.START_NS + lab.S)

        def renew() -> None:
            buffer.steps = _RENEWED
            if ends:
                recorder.end_attempt(AttemptEnd(1, 1, *times, Outcome.DONE, None, ()))

        buffer.samples = _Appended([lab.sample(0, 0, 1.5), lab.sample(0, 1, 1.5)], renew)
        recorder.flush()
        assert len(reader.samples(run)) == 2
        assert [row[2:] for row in reader.steps(run)] == list(_RENEWED)


def test_the_steps_of_an_ended_attempt_are_the_last_word(store_url: str) -> None:
    ended = _RENEWED[:1]
    with open_recorder(store_url, flush_interval_s=60) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        buffer = recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS, lab.STEPS))
        buffer.steps = _RENEWED
        times = (lab.START_NS, lab.START_NS + lab.S)
        recorder.end_attempt(AttemptEnd(1, 1, *times, Outcome.DONE, None, (), steps=ended))
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 1))
        assert [row[2:] for row in reader.steps(run)] == list(ended)
