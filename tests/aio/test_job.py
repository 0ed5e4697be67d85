"""A call in a thread: what it gives, and that whoever leaves has seen its end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import pytest
from anyio import wait_all_tasks_blocked

from shotlane.aio._job import in_thread, shielded
from shotlane.aio._twin import Entering


class Call:
    """Goes on until it is told to stop; counts what was asked of it."""

    def __init__(self, ends: bool = True) -> None:
        self.begun = threading.Event()
        self.told = threading.Event()
        self.stops = 0
        self.ended = False
        self.undone: list[str] = []
        self._ends = ends

    def __call__(self) -> str:
        self.begun.set()
        assert self.told.wait(30)
        self.ended = True
        return "value"

    def stop(self) -> None:
        self.stops += 1
        if self._ends:
            self.told.set()

    async def has_begun(self) -> None:
        while not self.begun.is_set():
            await anyio.sleep(0.001)

    async def awaited(self) -> str:
        return await in_thread(self, stop=self.stop, undo=self.undone.append)


def run(backend: str, main: Callable[[], Awaitable[Any]]) -> Any:
    return anyio.run(main, backend=backend)


def test_a_call_gives_what_it_returns_and_raises_what_it_raises(backend: str) -> None:
    async def main() -> None:
        assert await in_thread(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await in_thread(lambda: 1 / 0)
        assert await in_thread(threading.get_ident) != threading.get_ident()

    run(backend, main)


def test_a_call_sees_the_context_of_its_task(backend: str) -> None:
    name: ContextVar[str] = ContextVar("name")

    async def main() -> None:
        name.set("furnace")
        assert await in_thread(name.get) == "furnace"

    run(backend, main)


def test_a_cancelled_task_stops_the_call_and_waits_for_its_end(backend: str) -> None:
    call = Call()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(call.awaited)
            await call.has_begun()
            group.cancel_scope.cancel()
        assert (call.stops, call.ended, call.undone) == (1, True, ["value"])

    run(backend, main)


def test_a_timeout_stops_the_call_and_waits_for_its_end(backend: str) -> None:
    call = Call()

    async def main() -> None:
        with pytest.raises(TimeoutError), anyio.fail_after(0.05):
            await call.awaited()
        assert call.ended

    run(backend, main)


def test_a_call_that_cannot_be_stopped_is_waited_for(backend: str) -> None:
    call = Call(ends=False)

    async def main() -> None:
        with anyio.move_on_after(0.05) as scope:
            threading.Timer(0.2, call.told.set).start()
            await call.awaited()
        assert scope.cancelled_caught
        assert call.ended

    run(backend, main)


def test_what_is_cancelled_before_it_begins_never_does(backend: str) -> None:
    call = Call()

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await call.awaited()
        assert scope.cancelled_caught

    run(backend, main)
    assert (call.begun.is_set(), call.stops) == (False, 0)


def test_a_task_of_asyncio_that_is_cancelled_again_and_again_still_sees_the_end() -> None:
    call = Call(ends=False)

    async def main() -> None:
        task = asyncio.create_task(call.awaited())
        await call.has_begun()
        for _ in range(5):
            task.cancel()
            await asyncio.sleep(0.01)
            assert not task.done()
        call.told.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (call.ended, call.stops) == (True, 1)

    asyncio.run(main())


def test_a_timeout_of_asyncio_is_a_timeout() -> None:
    call = Call()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await call.awaited()
        assert call.ended

    asyncio.run(main())


def test_more_calls_than_threads_wait_their_turn_and_a_way_out_needs_none(backend: str) -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def call() -> None:
        begun.append(threading.get_ident())
        assert go_on.wait(30)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(60):
                group.start_soon(partial(in_thread, call))
            await wait_all_tasks_blocked()
            assert await shielded(lambda: "out") == "out"
            assert len(begun) <= 40
            go_on.set()
        assert len(begun) == 60

    run(backend, main)


class Context:
    """Says what is done with it; entering waits."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.left: list[type[BaseException] | None] = []

    def __enter__(self) -> str:
        return self.call()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.left.append(kind)


def test_what_was_entered_for_a_task_that_is_gone_is_left_again(backend: str) -> None:
    context = Context(Call(ends=False))

    async def main() -> None:
        with anyio.move_on_after(0.05):
            threading.Timer(0.1, context.call.told.set).start()
            async with Entering(lambda: context, str):
                raise AssertionError("nobody is there")

    run(backend, main)
    assert context.left == [None]


def test_a_context_is_left_while_its_task_is_cancelled(backend: str) -> None:
    context = Context(Call())
    context.call.told.set()

    async def main() -> None:
        with anyio.CancelScope() as scope:
            async with Entering(lambda: context, str) as value:
                assert value == "value"
                scope.cancel()
                await anyio.sleep(1)

    run(backend, main)
    assert [kind is not None and not issubclass(kind, Exception) for kind in context.left] == [True]
