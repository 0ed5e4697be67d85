"""The blocking face where an event loop runs already, as in a notebook: in its thread, and beside it."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import anyio
import pytest
from tests.acceptance.lab import PATIENT, Lab, assert_safe, wait_for

import shotlane
from shotlane import Outcome, aio
from shotlane.testing import Bench

SEQUENCE = "sequences/short.yaml"


def in_loop(backend: str, call: Callable[[], Any]) -> Any:
    """Call something that blocks in the thread of a running loop."""

    async def main() -> Any:
        return call()

    return anyio.run(main, backend=backend)


@pytest.mark.real_time
def test_a_run_on_real_wires_is_called_inside_a_loop(in_bench_lab: Lab, bench: Bench, backend: str) -> None:
    in_bench_lab.write(PATIENT)
    run = in_loop(backend, lambda: shotlane.run(SEQUENCE, station="bench"))
    assert run.outcome is Outcome.DONE
    assert_safe(bench)


@pytest.mark.real_time
def test_a_recording_on_real_wires_is_made_inside_a_loop(in_bench_lab: Lab, backend: str) -> None:
    def record() -> int:
        channels = ["furnace.temperature", "gas.flow"]
        with shotlane.record("bench", channels, rate_hz=20, duration=0.25) as recording:
            return sum(len(batch) for batch in recording)

    assert in_loop(backend, record) > 0


def test_instruments_on_real_wires_are_asked_inside_a_loop(in_bench_lab: Lab, backend: str) -> None:
    def ask() -> Any:
        with shotlane.open_devices("bench") as devices:
            return devices.read(["furnace.temperature", "gas.flow"])

    assert len(in_loop(backend, ask)) == 2


def test_drivers_with_loops_of_their_own_work_inside_a_loop_and_in_its_threads(backend: str) -> None:
    pytest.importorskip("ophyd_async", reason="needs ophyd-async")
    from ophyd_async.sim import SimMotor

    from shotlane.instruments.adopted.adapters._ophyd import OphydDriver

    async def main() -> None:
        driver = OphydDriver(lambda: SimMotor("motor", units="mm"), 5.0)
        driver.open()
        try:
            driver.write("velocity", 2.0)
            with shotlane.record(driver, "velocity", rate_hz=50, duration=0.1) as recording:
                assert {sample.value for batch in recording for sample in batch} == {2.0}
            async with aio.record(driver, "velocity", rate_hz=50, duration=0.1) as beside:
                assert {sample.value async for batch in beside for sample in batch} == {2.0}
        finally:
            driver.close()

    anyio.run(main, backend=backend)


def test_alicatlib_works_inside_a_loop_and_in_its_threads(backend: str) -> None:
    pytest.importorskip("alicatlib", reason="needs alicatlib, which needs Python 3.13")
    from tests.adapters.test_alicatlib import Device

    from shotlane.instruments.adopted.adapters._alicatlib import AlicatDriver

    def connect() -> AbstractContextManager[Any]:
        """Its fake transport is opened by a loop of its own, so in a thread of its own."""
        made: list[AbstractContextManager[Any]] = []
        thread = threading.Thread(target=lambda: made.append(Device().connect()))
        thread.start()
        thread.join()
        return made[0]

    async def main() -> None:
        driver = AlicatDriver(connect)
        driver.open()
        try:
            assert driver.read(["setpoint"])["setpoint"].value == 1.0
            async with aio.record(driver, "setpoint", rate_hz=20, duration=0.1) as recording:
                assert {sample.value async for batch in recording for sample in batch} == {1.0}
        finally:
            driver.close()

    anyio.run(main, backend=backend)


NOTEBOOK = [
    "import asyncio, shotlane\nfrom shotlane import aio\nassert asyncio.get_running_loop().is_running()",
    f"assert shotlane.run('{SEQUENCE}', virtual_time=True).shots().height == 5",
    """
with shotlane.record("bench", ["furnace.temperature"], rate_hz=20, duration=0.2) as recording:
    assert list(recording)
""",
    f"run = await aio.run('{SEQUENCE}', virtual_time=True)\nassert (await run.samples()).height > 0",
    """
async with aio.record("bench", "gas.flow", rate_hz=20, duration=0.2) as recording:
    assert [batch async for batch in recording]
""",
    f"await aio.run('{SEQUENCE}', station='bench', parameters={{'soak': '60 s'}})",
]


@pytest.mark.real_time
def test_both_faces_work_in_a_notebook_and_its_interrupt_ends_a_run_safely(
    in_bench_lab: Lab, bench: Bench
) -> None:
    pytest.importorskip("ipykernel", reason="needs ipykernel and nbclient")
    nbclient = pytest.importorskip("nbclient", reason="needs ipykernel and nbclient")
    from nbformat.v4 import new_code_cell, new_notebook

    *cells, long = [new_code_cell(text) for text in NOTEBOOK]
    client = nbclient.NotebookClient(new_notebook(cells=[*cells, long]), timeout=60, kernel_name="python3")

    def interrupt() -> None:
        wait_for(lambda: in_bench_lab.count("sample_view WHERE run = 3") > 5)
        os.kill(client.km.provisioner.pid, signal.SIGINT)

    with client.setup_kernel():
        for index, cell in enumerate(cells):
            client.execute_cell(cell, index)
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(nbclient.exceptions.CellExecutionError, match=r"CancelledError|KeyboardInterrupt"):
            client.execute_cell(long, len(cells))
        thread.join()
        assert_safe(bench)
        assert in_bench_lab.outcome() == "terminated"
