"""Runs that are awaited: what they give, and what becomes of them when their task is cancelled."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, assert_type

import anyio
import polars as pl
import pytest
from tests.acceptance.lab import PATIENT, SHORT, Lab, assert_safe

import shotlane
from shotlane import Outcome, aio
from shotlane.testing import Bench

SEQUENCE = "sequences/short.yaml"


def run(backend: str, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return anyio.run(main, backend=backend)


async def count_ticks(ticks: list[float], pause_s: float = 0.01) -> None:
    while True:
        await anyio.sleep(pause_s)
        ticks.append(time.monotonic())


async def has_samples(lab: Lab, more_than: int = 5) -> None:
    with anyio.fail_after(30):
        while lab.count("sample") <= more_than:
            await anyio.sleep(0.01)


def test_a_run_is_awaited_and_so_are_its_frames(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        made = assert_type(await aio.run(SEQUENCE, virtual_time=True), aio.Run)
        assert (made.outcome, made.number, Path(made.store)) == (Outcome.DONE, 1, in_lab.store)
        shots = assert_type(await made.shots(), pl.DataFrame)
        assert shots["T"].to_list() == [30.0, 35.0, 40.0, 45.0, 50.0]
        loaded = assert_type(await made.load(), aio.LoadedRun)
        units = assert_type(await loaded.units, dict[str, str | None])
        assert units["T"] == "degC"
        assert (await loaded.samples("gas.flow")).equals((await made.samples()).filter(channel="gas.flow"))

    run(backend, main)


def test_what_a_run_raises_is_raised_where_it_is_awaited(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        with pytest.raises(shotlane.DocumentError, match="'sok'"):
            await aio.run(SEQUENCE, parameters={"sok": "1 s"}, virtual_time=True)

    run(backend, main)


def test_stores_are_read_beside_the_loop(in_lab: Lab, backend: str, tmp_path: Path) -> None:
    async def main() -> None:
        for _ in range(2):
            await aio.run(SEQUENCE, virtual_time=True)
        store = await aio.open_store()
        assert (await store.runs())["run"].to_list() == (await aio.runs())["run"].to_list() == [2, 1]
        both = assert_type(await store.load([1, 2]), aio.LoadedRuns)
        assert ((await both.shots()).height, [one.number for one in both]) == (10, [1, 2])
        rows = await aio.export(await aio.load(1), tmp_path / "out", "csv")
        assert rows["shots"] == 5
        packed = await aio.archive(1, tmp_path / "run.zip")
        assert (await aio.verify(packed.written.path)).holds

    run(backend, main)


def test_documents_are_checked_beside_the_loop(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        in_lab.write(SHORT.replace("soak: soak\n", "soak: sok\n"))
        report = await aio.check([SEQUENCE])
        assert ["sok" in found.message for found in report] == [True]

    run(backend, main)


def test_handlers_of_signals_are_those_of_before(in_lab: Lab, backend: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for seed in range(3):
                group.start_soon(partial(aio.run, SEQUENCE, virtual_time=True, seed=seed))
            await anyio.sleep(0.3)
            group.cancel_scope.cancel()

    run(backend, main)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.real_time
def test_the_loop_goes_on_while_a_run_keeps_time(in_lab: Lab, backend: str) -> None:
    ticks: list[float] = []
    in_lab.write(PATIENT)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(count_ticks, ticks)
            made = await aio.run(SEQUENCE, mock=True)
            assert made.outcome is Outcome.DONE
            group.cancel_scope.cancel()

    run(backend, main)
    assert len(ticks) > 10  # of about 75


@pytest.mark.real_time
def test_a_run_whose_task_is_cancelled_is_terminated_and_safe_when_the_task_goes_on(
    in_bench_lab: Lab, bench: Bench, backend: str
) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(aio.run, SEQUENCE, station="bench", parameters={"soak": "60 s"}))
            await has_samples(in_bench_lab)
            group.cancel_scope.cancel()
        assert_safe(bench)
        assert in_bench_lab.outcome() == "terminated"

    run(backend, main)
    (row,) = in_bench_lab.rows("SELECT reason FROM run")
    assert "cancelled" in row["reason"]
    assert in_bench_lab.rows("SELECT sum(unreached) FROM tally")[0][0] > 0


@pytest.mark.real_time
def test_a_timeout_waits_for_the_safe_state(in_bench_lab: Lab, bench: Bench, backend: str) -> None:
    async def main() -> None:
        scope = anyio.CancelScope()

        async def time_out() -> None:
            await has_samples(in_bench_lab)
            scope.deadline = anyio.current_time()

        async with anyio.create_task_group() as group:
            group.start_soon(time_out)
            with scope:
                await aio.run(SEQUENCE, station="bench", parameters={"soak": "60 s"})
        assert scope.cancelled_caught
        assert_safe(bench)
        assert in_bench_lab.outcome() == "terminated"

    run(backend, main)


@pytest.mark.real_time
def test_cancelling_again_during_the_safe_state_does_not_skip_it(in_bench_lab: Lab, bench: Bench) -> None:
    async def main() -> None:
        task = asyncio.create_task(aio.run(SEQUENCE, station="bench", parameters={"soak": "60 s"}))
        await has_samples(in_bench_lab)
        bench.fault("gas", "delay", seconds=0.2, count=2)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert_safe(bench)
        assert in_bench_lab.outcome() == "terminated"

    asyncio.run(main())


@pytest.mark.real_time
def test_a_run_that_was_cancelled_is_gone_on_with(in_lab: Lab, backend: str) -> None:
    in_lab.write(PATIENT)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(partial(aio.run, SEQUENCE, mock=True))
            await has_samples(in_lab)
            group.cancel_scope.cancel()
        resumed = assert_type(await aio.resume(1), aio.Run)
        assert (resumed.number, resumed.outcome) == (1, Outcome.DONE)
        assert (await resumed.shots()).height == 5

    run(backend, main)


def test_who_waits_for_an_instrument_gives_up_when_cancelled(in_bench_lab: Lab, backend: str) -> None:
    async def main() -> None:
        with anyio.move_on_after(0.5) as scope:
            await aio.run(SEQUENCE, station="bench", wait=600.0)  # longer than a test may take
        assert scope.cancelled_caught

    with shotlane.open_devices("bench", ["furnace"]):
        run(backend, main)
    assert in_bench_lab.count("run") == 0
