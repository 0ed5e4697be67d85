"""Sessions, components and experiments, awaited: cancelled, they end as by Ctrl-C."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, assert_type

import anyio
import pytest
from tests.acceptance.lab import PATIENT, Lab, assert_safe

import shotlane
from shotlane import Outcome, aio
from shotlane.testing import Bench

SEQUENCE = "sequences/short.yaml"


def run(backend: str, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return anyio.run(main, backend=backend)


async def has_samples(lab: Lab) -> None:
    with anyio.fail_after(30):
        while lab.count("sample") <= 5:
            await anyio.sleep(0.01)


def test_a_session_is_entered_and_everything_in_it_is_awaited(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        async with aio.connect("demo", mock=True) as station:
            furnace = await station.instrument("furnace")
            await furnace.write("setpoint", "60 degC")
            assert await furnace.read("setpoint") == 60.0
            assert (await furnace.describe())["role"] == furnace.role == "furnace"
            assert [*station.instruments] == ["furnace"]
            uri = await station.observe("humidity", 41.0, unit="percent")
            assert (await aio.channel(uri))["value"].to_list() == [41.0]
            made = assert_type(await station.run(SEQUENCE, virtual_time=True), aio.Run)
            assert made.outcome is Outcome.DONE
            async with station.record("furnace.temperature", rate_hz=50, duration=0.1) as recording:
                assert [batch async for batch in recording]
            await station.release("furnace")
            assert await station.events("instrument")
        with pytest.raises(shotlane.SessionError, match="ended"):
            await station.instrument("furnace")

    run(backend, main)


def test_the_mistakes_of_a_station_are_raised_on_entering(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        with pytest.raises(shotlane.DocumentError, match="demmo"):
            async with aio.connect("demmo"):
                pass

    run(backend, main)


def test_what_is_told_to_a_subscriber_ends_when_it_unsubscribes(in_lab: Lab, backend: str) -> None:
    told = threading.Event()

    async def main() -> None:
        async with aio.connect("demo", mock=True) as station:
            end = await station.on_event(lambda event: told.set(), "instrument.opened")
            await station.instrument("furnace")
            with anyio.fail_after(30):
                while not told.is_set():
                    await anyio.sleep(0.01)
            await end()

    run(backend, main)


@pytest.mark.real_time
def test_a_cancelled_task_leaves_its_session_terminated_and_safe(
    in_bench_lab: Lab, bench: Bench, backend: str
) -> None:
    async def main() -> None:
        with anyio.CancelScope() as scope:
            async with aio.connect("bench") as station:
                furnace = await station.instrument("furnace")
                await furnace.write("setpoint", "60 degC")
                assert bench.registers()["furnace"]["setpoint_degF"] == pytest.approx(140.0)
                scope.cancel()
                await anyio.sleep(1)
        assert bench.registers()["furnace"]["setpoint_degF"] == pytest.approx(68.0)

    run(backend, main)
    (row,) = in_bench_lab.rows("SELECT fields FROM event WHERE type = 'session.ended'")
    assert json.loads(row["fields"])["outcome"] == "terminated"


@pytest.mark.real_time
def test_a_cancelled_run_inside_a_session_is_terminated_and_the_session_goes_on(
    in_bench_lab: Lab, bench: Bench, backend: str
) -> None:
    async def main() -> None:
        async with aio.connect("bench") as station:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(station.run, SEQUENCE, parameters={"soak": "60 s"}))
                await has_samples(in_bench_lab)
                group.cancel_scope.cancel()
            assert in_bench_lab.outcome() == "terminated"
            assert_safe(bench)
            assert await (await station.instrument("furnace")).read("temperature") > 0

    run(backend, main)


def test_who_waits_at_a_meeting_point_or_for_an_instrument_gives_up_when_cancelled(
    in_bench_lab: Lab, backend: str
) -> None:
    async def main() -> None:
        async with aio.connect("bench", guard=False) as station:
            for wait in (
                partial(station.sync, "nobody-comes"),
                partial(station.instrument, "furnace", timeout=60.0),
            ):
                with anyio.fail_after(30), anyio.move_on_after(0.3) as scope:
                    await wait()
                assert scope.cancelled_caught

    with shotlane.open_devices("bench", ["furnace"]):
        run(backend, main)


@pytest.mark.real_time
def test_a_component_does_tasks_and_who_leaves_it_by_a_cancellation_ends_them(
    in_lab: Lab, backend: str
) -> None:
    async def main() -> None:
        async with aio.component("demo", "furnace") as furnace:
            job = assert_type(await furnace.submit(sample="temperature", every=0.02, duration=0.1), aio.Job)
            assert await job.wait() is Outcome.DONE
            assert (await job.data()).height == 5
        with anyio.CancelScope() as scope:
            async with aio.component("demo", "furnace") as furnace:
                left = await furnace.submit(sample="temperature", every=0.02, duration=3600)
                running = (await furnace.status()).running
                assert running is None or running.number == left.number
                assert await left.wait(0.05) is None
                scope.cancel()
        assert left.outcome is Outcome.TERMINATED

    run(backend, main)


def test_an_experiment_runs_what_it_is_asked_for(in_lab: Lab, backend: str) -> None:
    async def main() -> None:
        async with aio.Experiment(in_lab.folder) as experiment:
            made = assert_type(await experiment.run("short", virtual_time=True), aio.Run)
            assert made.outcome is Outcome.DONE
            submission = await experiment.submit("short", virtual_time=True)
            assert (await submission.result()).number == 2
            async with experiment.procedure():
                for _ in range(2):
                    await experiment.run("short", virtual_time=True)
            async with experiment.storage_session() as store:
                assert (await store.runs()).height == 4
            with pytest.raises(FileNotFoundError, match="did you mean"):
                await experiment.run("shorr")

    run(backend, main)


@pytest.mark.real_time
def test_a_run_of_an_experiment_ends_with_its_task_also_while_it_waits_for_its_turn(
    in_lab: Lab, backend: str, tmp_path: Path
) -> None:
    in_lab.write(PATIENT.replace("soak: 100 ms", "soak: 60 s"))

    async def main() -> None:
        experiment = aio.Experiment(in_lab.folder, mock=True)
        async with anyio.create_task_group() as group:
            group.start_soon(experiment.run, "short")
            await has_samples(in_lab)
            with anyio.fail_after(30), anyio.move_on_after(0.3):
                await experiment.run("short")
            assert [one.number for one in experiment.submissions] == [1]
            group.cancel_scope.cancel()
        await experiment.join()

    run(backend, main)
    assert in_lab.count("run") == 1
    assert in_lab.outcome() == "terminated"


def test_a_session_of_the_blocking_face_is_used_inside_a_loop_beside_one_of_the_other(in_lab: Lab) -> None:
    async def main() -> None:
        with shotlane.connect("demo", mock=True) as station:
            station.instrument("furnace").write("setpoint", 40.0)
            async with aio.connect("demo", mock=True) as beside:
                await (await beside.instrument("furnace")).write("setpoint", 50.0)
            assert station.instrument("furnace").read("setpoint") == 40.0

    asyncio.run(main())
