"""Events in an event loop: what comes is awaited, and whoever leaves has let go of the store."""

import threading
import time
from pathlib import Path

import anyio
import anyio.from_thread
import pytest

from shotlane import LoggedEvent, aio
from shotlane.records import Event
from shotlane.store import SessionLog, open_log


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "lab.db")


def happened(log: SessionLog) -> int:
    return log.append(Event("note.added", time.time_ns(), {}))


def test_events_are_iterated_as_they_come(store: str, backend: str) -> None:
    with open_log(store) as log:

        async def main() -> list[int]:
            seen = []
            async for event in aio.events(type="note", follow=True, store=store):
                seen.append(event.number)
                if len(seen) == 3:
                    break
                happened(log)
            return seen

        happened(log)
        assert anyio.run(main, backend=backend) == [2, 3, 4]


def test_past_events_come_to_an_end(store: str, backend: str) -> None:
    open_log(store).close()

    async def main() -> list[str]:
        return [event.type async for event in (await aio.open_store(store)).events()]

    assert anyio.run(main, backend=backend) == ["session.started", "session.ended"]


def test_who_is_cancelled_as_it_subscribes_is_called_no_more(store: str, backend: str) -> None:
    called = []

    with open_log(store) as log:

        async def main() -> None:
            with anyio.CancelScope() as scope:

                def callback(event: LoggedEvent) -> None:
                    called.append(event.number)
                    anyio.from_thread.run_sync(scope.cancel)
                    time.sleep(0.1)

                await aio.on_event(callback, session=log.session, store=store)
            assert scope.cancelled_caught

        anyio.run(main, backend=backend)
        happened(log)
        time.sleep(0.3)
    assert called == [1]


def test_who_is_cancelled_waits_no_more(store: str, backend: str) -> None:
    with open_log(store) as log:

        async def main() -> int:
            seen = 0
            with anyio.move_on_after(0.2) as scope:
                async for _ in aio.events(session=log.session, follow=True, store=store):
                    seen += 1
            assert scope.cancelled_caught
            return seen

        assert anyio.run(main, backend=backend) == 1


def test_a_callback_is_called_until_the_subscription_was_awaited(store: str, backend: str) -> None:
    came = threading.Event()
    seen: list[LoggedEvent] = []

    def callback(event: LoggedEvent) -> None:
        seen.append(event)
        came.set()

    with open_log(store) as log:

        async def main() -> None:
            unsubscribe = await aio.on_event(callback, type="note", store=store)
            assert unsubscribe.following
            happened(log)
            assert await anyio.to_thread.run_sync(came.wait, 20)
            await unsubscribe()
            happened(log)
            assert not unsubscribe.following

        anyio.run(main, backend=backend)
    assert len(seen) == 1
