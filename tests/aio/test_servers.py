"""Servers that are awaited: the same as those that block, and ended with their task."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest

import shotlane
from shotlane import aio


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stations").symlink_to(Path(__file__).parents[2] / "stations")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(backend: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    anyio.run(main, backend=backend)


def test_instruments_are_served_during_the_block(folder: Path, backend: str) -> None:
    async def main() -> None:
        async with aio.DeviceServer("demo", "furnace", listen="127.0.0.2:0", mock=True) as server:
            assert server.address is not None
            opened = aio.remote_instrument(server.address, "furnace", token=server.token_file)
            async with await opened as furnace:
                await furnace.write("setpoint", "60 degC")
        assert server.address is None

    run(backend, main)


def test_a_cancelled_server_is_stopped(folder: Path, backend: str) -> None:
    heard: list[shotlane.RunServer] = []

    async def main() -> None:
        server = aio.RunServer(folder, mock=True)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.launch, heard.append)
            while not heard:
                await anyio.sleep(0.01)
            assert server.address is not None
            tasks.cancel_scope.cancel()
        assert server.address is None

    run(backend, main)
