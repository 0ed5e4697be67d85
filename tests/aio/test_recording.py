"""Recordings as async iterators, pipes and sinks: nothing is lost, whoever is cancelled."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, assert_type

import anyio
import pytest
from tests.acceptance.lab import Lab
from tests.acquisition.sources import Source, lost

import shotlane
from shotlane import aio
from shotlane.acquisition import Batch, PipeSummary
from shotlane.execution import VirtualClock


def run(backend: str, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return anyio.run(main, backend=backend)


def virtual(source: Source, **options: Any) -> aio.Recording:
    """A recording in virtual time, 10 Hz unless told otherwise."""
    source.clock = options.setdefault("clock", VirtualClock(0))
    return aio.record(source, **{"rate_hz": 10, **options})


def test_batches_are_iterated(backend: str) -> None:
    async def main() -> None:
        async with virtual(Source(), duration=5) as recording:
            ticks = [assert_type(batch, Batch)[0].tick async for batch in recording]
        assert ticks == list(range(50))
        assert (recording.summary.ok, recording.over) == (50, True)
        assert recording.statistics().taken == 50

    run(backend, main)


def test_a_station_is_recorded_by_name(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        async with aio.record("demo", "furnace", rate_hz=10, duration=1, clock=VirtualClock(0)) as recording:
            assert "furnace.temperature" in [channel.name for channel in recording.channels]
            assert [batch[0].tick async for batch in recording] == list(range(10))

    run(backend, main)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"rate_hz": 0}, ValueError), ({"channels": "ovn.t"}, shotlane.UnknownChannelError)],
)
def test_what_cannot_be_recorded_is_refused_on_entering(
    backend: str, options: dict[str, Any], error: type[Exception]
) -> None:
    async def main() -> None:
        recording = virtual(Source(), **options)
        with pytest.raises(error):
            async with recording:
                pass

    run(backend, main)


def test_what_ends_a_recording_is_raised_where_its_batches_are_awaited(backend: str) -> None:
    async def main() -> None:
        async with virtual(Source(lost), auto_reconnect=False, duration=1) as recording:
            with pytest.raises(ConnectionError, match="cable pulled"):
                await recording.take()
        assert recording.summary.unreached == 10

    run(backend, main)


def test_a_recording_is_used_from_inside(backend: str) -> None:
    async def main() -> None:
        recording = virtual(Source(), duration=0.1)
        with pytest.raises(RuntimeError, match="inside"):
            await recording.take()
        async with recording:
            pass
        with pytest.raises(RuntimeError, match="once"):
            async with recording:
                pass

    run(backend, main)


def test_what_was_read_is_there_after_the_end(backend: str) -> None:
    async def main() -> None:
        async with virtual(Source(), duration=1000, buffer_size=5) as recording:
            await anext(recording)
        left = [batch[0].tick async for batch in recording]
        assert left == list(range(1, recording.summary.ok))

    run(backend, main)


@pytest.mark.real_time
def test_the_loop_goes_on_between_batches_and_a_wait_can_time_out(backend: str) -> None:
    async def main() -> None:
        async with aio.record(Source(), period=3600, duration=7200) as recording:
            assert await recording.take() is not None
            assert await recording.take(0.05) is None
            with anyio.move_on_after(0.05) as scope:
                await recording.take()
            assert scope.cancelled_caught
        assert recording.summary.unreached == 1

    run(backend, main)


@pytest.mark.real_time
def test_a_task_that_gives_up_waiting_again_and_again_loses_no_batch(backend: str) -> None:
    async def main() -> list[int]:
        ticks: list[int] = []
        async with aio.record(Source(), rate_hz=200, duration=1, tolerance=10) as recording:
            while not recording.over:
                with anyio.move_on_after(0.003):
                    batch = await recording.take()
                    if batch is not None:
                        ticks.append(batch[0].tick)
            assert len(ticks) == recording.summary.ok
        return ticks

    ticks = run(backend, main)
    assert len(ticks) > 50
    assert ticks == sorted(set(ticks))


def test_a_cancelled_task_closes_its_recording(backend: str) -> None:
    closed: list[aio.Recording] = []

    async def main() -> None:
        async def record() -> None:
            async with aio.record(Source(), period=3600) as recording:
                closed.append(recording)
                async for _ in recording:
                    pass

        async with anyio.create_task_group() as group:
            group.start_soon(record)
            while not closed:
                await anyio.sleep(0.001)
            group.cancel_scope.cancel()

    run(backend, main)
    assert closed[0].summary.finished_at is not None


def test_a_pipe_writes_all_into_a_sink(tmp_path: Path, backend: str) -> None:
    async def main() -> None:
        path = tmp_path / "out.csv"
        async with virtual(Source(), duration=5) as recording, aio.CsvSink(path) as sink:
            assert sink.target() == str(path)
            done = assert_type(await aio.pipe(recording, sink), PipeSummary)
        assert (done.complete, done.written) == (True, 50)
        assert len(path.read_text().splitlines()) == 51

    run(backend, main)


def test_a_sink_is_written_to_by_hand(tmp_path: Path, backend: str) -> None:
    async def main() -> None:
        async with virtual(Source(), duration=0.5) as recording:
            found = [sample async for batch in recording for sample in batch]
        for sink in (aio.sink_for(tmp_path / "out.db"), aio.JsonLinesSink(tmp_path / "out.jsonl")):
            async with sink:
                await sink.write(found)
        memory = aio.MemorySink()
        await memory.open()
        await memory.write(found)
        await memory.close()
        assert memory.samples == found

    run(backend, main)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 5


@pytest.mark.real_time
def test_a_cancelled_pipe_writes_what_was_read_before_its_task_goes_on(backend: str) -> None:
    async def main() -> None:
        sink = shotlane.MemorySink()
        async with aio.record(Source(), rate_hz=100, buffer_size=10_000) as recording:
            first = await recording.take()
            with anyio.move_on_after(0.3) as scope:
                await aio.pipe(recording, sink, batch_size=10**6, flush_interval=3600)
            assert scope.cancelled_caught
            assert recording.summary.finished_at is not None
            assert first is not None
            summary = recording.summary
            assert len(sink.samples) + len(first) == summary.ok + summary.late > 1

    run(backend, main)


def test_instruments_are_asked_at_once(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        async with aio.open_devices("demo", ["furnace", "gas"]) as devices:
            assert_type(devices, aio.Devices)
            await devices.write({"furnace.setpoint": 60.0})
            results = await devices.read("furnace.setpoint")
            assert results["furnace.setpoint"].value == 60.0
            assert (await devices.call("tare"))["gas"].ok
            async with aio.record(devices.blocking, "furnace", rate_hz=100, duration=0.05) as recording:
                assert len([batch async for batch in recording]) > 0
        assert devices.pool.roles_opened == ()

    run(backend, main)


def test_who_is_there_is_asked_beside_the_loop(backend: str) -> None:
    async def main() -> None:
        row = await aio.probe("tcp://127.0.0.1:1", timeout=0.2)
        assert not row.ok
        assert [one.address for one in await aio.find_devices(["tcp://127.0.0.1:1"])] == [row.address]
        ports = [one.address for one in await aio.list_serial_ports()]
        assert ports == [one.address for one in shotlane.list_serial_ports()]

    run(backend, main)
