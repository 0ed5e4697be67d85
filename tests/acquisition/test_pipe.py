"""From a recording into a sink: nothing is lost, however it ends and whatever the sink does."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.acceptance.lab import wait_for
from tests.acquisition.sources import FlakySink, Source, lost, sample
from tests.acquisition.test_sinks import sqlite_rows

import shotlane
from shotlane import MemorySink, Recording, Sample, SqliteSink, pipe
from shotlane.acquisition import Batch, Pipe
from shotlane.acquisition._outlet import Outlet
from shotlane.acquisition._spool import Spool, decoded, encoded
from shotlane.execution import VirtualClock

ROOT = Path(__file__).parents[2]


def virtual(source: Source | None = None, **options: Any) -> Recording:
    return shotlane.record(
        source or Source(), rate_hz=10, clock=VirtualClock(0), **{"duration": 2, **options}
    )


def ticks(samples: Sequence[Sample]) -> list[int]:
    return [one.tick for one in samples]


class Batches:
    """Gives batches when the test says so; stands in for a recording."""

    def __init__(self) -> None:
        self.over = False
        self.given: list[Batch] = []
        self.raises: BaseException | None = None
        self.summary: Any = None

    def take(self, timeout_s: float | None = None) -> Batch | None:
        if self.raises is not None:
            error, self.raises, self.over = self.raises, None, True
            raise error
        if self.given:
            return self.given.pop(0)
        time.sleep(min(timeout_s or 0.0, 0.01))
        return None

    def stop(self) -> None:
        self.over = True


def test_everything_is_written_at_the_end(tmp_path: Path) -> None:
    with virtual() as recording, MemorySink() as sink:
        summary = pipe(recording, sink, batch_size=7)
    assert ticks(sink.samples) == list(range(20))
    assert (summary.written, summary.complete, summary.failures) == (20, True, 0)
    assert summary.acquisition.ok == 20


def test_a_chunk_is_written_when_it_is_big_enough() -> None:
    sizes: list[int] = []

    class Sized(MemorySink):
        def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
            sizes.append(len(samples))

    with virtual() as recording:
        pipe(recording, Sized(), batch_size=8, flush_interval=60)
    assert sizes == [8, 8, 4]


def test_what_waits_is_written_although_nothing_more_comes() -> None:
    batches, sink = Batches(), MemorySink()
    batches.given = [[sample(0)]]
    thread = threading.Thread(target=pipe, args=(batches, sink), kwargs={"flush_interval": 0.02})
    thread.start()
    try:
        wait_for(lambda: len(sink.samples) == 1)
    finally:
        batches.stop()
        thread.join(10)


def test_everything_is_written_before_an_exception_goes_on() -> None:
    batches, sink = Batches(), MemorySink()
    batches.given = [[sample(0)], [sample(1)]]
    original = batches.take

    def take(timeout_s: float | None = None) -> Batch | None:
        if not batches.given:
            batches.raises = KeyError("somebody's mistake")
        return original(timeout_s)

    batches.take = take  # type: ignore[method-assign]
    with pytest.raises(KeyError, match="mistake"):
        pipe(batches, sink, batch_size=100, flush_interval=60)
    assert ticks(sink.samples) == [0, 1]


def test_what_was_read_before_a_connection_was_lost_is_written() -> None:
    source = Source(lambda number: 1.0 if number < 5 else lost(number))
    sink = MemorySink()
    with pytest.raises(ConnectionError), virtual(source, auto_reconnect=False) as recording:
        pipe(recording, sink, flush_interval=60)
    assert ticks(sink.samples) == list(range(5))


def test_a_failed_write_is_tried_again_and_nothing_is_lost_or_out_of_order() -> None:
    sink = FlakySink(broken=lambda tried: tried in (1, 2, 4, 5))
    with virtual() as recording:
        summary = pipe(recording, sink, batch_size=3, retry_s=0.001)
    assert ticks(sink.samples) == list(range(20))
    assert (summary.complete, summary.failures, summary.written) == (True, 4, 20)
    assert summary.last_error == "OSError: disk full"
    assert not summary.spool.exists()


def test_what_a_sink_never_took_waits_on_the_disk_for_the_next_pipe() -> None:
    broken = FlakySink(broken=lambda _: True)
    with virtual() as recording:
        summary = pipe(recording, broken, batch_size=3, retry_s=0.001, close_timeout=0.05)
    assert broken.tried > 2
    assert not summary.complete
    assert summary.spool.exists()
    assert recording.summary.ok == 20
    sink = FlakySink()
    with virtual(duration=0.1) as recording:
        again = pipe(recording, sink)
    assert ticks(sink.samples) == [*range(20), 0]
    assert again.complete
    assert not again.spool.exists()


def test_a_sink_that_hangs_holds_up_neither_the_recording_nor_the_end() -> None:
    release = threading.Event()

    class Hanging(MemorySink):
        def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
            release.wait(60)

    try:
        with virtual(buffer_size=2) as recording:
            summary = pipe(recording, Hanging(), batch_size=3, close_timeout=0.1)
    finally:
        release.set()
    assert (recording.summary.ok, summary.complete, summary.written) == (20, False, 0)
    found = [one for line in summary.spool.read_bytes().splitlines()[1:] for one in decoded(line)]
    assert ticks(found) == list(range(20))


def test_what_a_slow_sink_has_not_taken_goes_to_the_disk_before_memory_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shotlane.acquisition._outlet._MOST_WAITING", 5)
    release, begun = threading.Event(), threading.Event()

    class Slow(MemorySink):
        def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
            begun.set()
            release.wait(60)
            super().write(samples, again=again)

    sink = Slow()
    outlet = Outlet(sink, Spool(tmp_path / "a.spool"), pause_s=0.01, longest_pause_s=0.01)
    outlet.put([sample(0)])
    begun.wait(10)
    for tick in range(1, 20):
        outlet.put([sample(tick)])
    assert (outlet.statistics().waiting, outlet.statistics().chunks_spooled) == (5, 15)
    release.set()
    assert outlet.finish(20)
    assert ticks(sink.samples) == list(range(20))


def test_a_locked_database_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with SqliteSink(path, busy_timeout_s=0.01) as sink:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with virtual() as recording:
            made = Pipe(recording, sink, batch_size=2, retry_s=0.01, longest_retry_s=0.05)
            thread = threading.Thread(target=made.run)
            thread.start()
            wait_for(lambda: made.statistics().failures > 0)
            other.rollback()
            other.close()
            thread.join(20)
    assert [row["tick"] for row in sqlite_rows(path)] == list(range(20))


def test_two_pipes_into_one_sink_have_spools_of_their_own(tmp_path: Path) -> None:
    one, other = Spool(tmp_path / "a.spool"), Spool(tmp_path / "a.spool")
    assert one.path != other.path
    one.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_a_spool_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.spool")
    for tick in range(3):
        spool.append([sample(tick)])
    spool.first()
    spool.delivered()
    spool.close()
    with (tmp_path / "a.spool").open("ab") as file:
        file.write(b'{"channels":[["cut')
    left = Spool(tmp_path / "a.spool")
    left.append([sample(3)])
    found = []
    while left.chunks:
        found += left.first()
        left.delivered()
    left.close()
    assert found == [sample(1), sample(2), sample(3)]


def test_a_spool_keeps_values_of_every_kind() -> None:
    values = [25, 25.9, None, True, "He", float("inf"), 2**70]
    samples = [sample(tick, value) for tick, value in enumerate(values)]
    assert decoded(encoded(samples)) == samples
    assert [type(one.value) for one in decoded(encoded(samples))] == [type(value) for value in values]
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    back = decoded(encoded([sample(0, array)]))[0].value
    assert back.dtype == array.dtype
    assert (back == array).all()


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"flush_interval": 0}, {"retry_s": 0}])
def test_a_bad_argument_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        pipe(Batches(), MemorySink(), **options)  # type: ignore[arg-type]


PIPER = textwrap.dedent("""
    import sys
    import shotlane
    from tests.acquisition.sources import Source

    class Loud(Source):
        def poll(self, names):
            sys.stdout.write(f"{self.calls}\\n")
            sys.stdout.flush()
            return super().poll(names)

    with shotlane.record(Loud(), rate_hz=100) as recording, shotlane.SqliteSink(sys.argv[1]) as sink:
        shotlane.pipe(recording, sink, flush_interval=3600, batch_size=10**9)
""")


@pytest.mark.real_time
def test_ctrl_c_writes_everything_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    process = subprocess.Popen(
        [sys.executable, "-c", PIPER, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for _ in range(30):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    rows = sqlite_rows(path)
    # Every reading that was begun is there; none was made up.
    assert len(rows) == 30 + len(out.splitlines())
