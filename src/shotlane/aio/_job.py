"""A blocking call in a thread of its own, whose end is always waited for.

A task that is cancelled while it waits, by a timeout, its group or Ctrl-C, asks the call to stop and leaves
when it has ended: a run with its instruments safe, a pipe with everything written. Who asks again meanwhile
changes nothing. What cannot be stopped is waited for as well, so that no call goes on that nobody awaits.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Lock
from typing import Generic, TypeVar, cast

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from shotlane.execution import Control, steered_by
from shotlane.records import Outcome

T = TypeVar("T")
Ending = AbstractContextManager[None]

_CANCELLED = "stopped because the task that awaited it was cancelled"

# Of calls that end soon: a thousand loads at once are not a thousand threads.
_MOST_CALLS = 40
_TURN_S = 0.5
_CALLS: RunVar[CapacityLimiter] = RunVar("calls of shotlane")


def _nothing(*_: object) -> None:
    """Nothing to be done."""


class Job(Generic[T]):
    """One call, to be awaited once."""

    def __init__(
        self, call: Callable[[], T], stop: Callable[[], None], ending: Callable[[], Ending] = nullcontext
    ) -> None:
        self._call = call
        self._stop = stop
        self._ending = ending
        # Whoever takes it first decides: the thread that the call begins, the task that it never does.
        self._claim = Lock()
        self._ended = Event()
        self._value: T | None = None
        self._error: BaseException | None = None

    async def end(self, limiter: CapacityLimiter, undo: Callable[[T], object]) -> T:
        """Wait for what it returns or raises. `undo` is for a value that the cancelled task never gets."""
        try:
            # Abandoned by the library alone: `_see_end` waits, which Ctrl-C cannot cut short there.
            with _turning():
                await to_thread.run_sync(self._serve, abandon_on_cancel=True, limiter=limiter)
        except GeneratorExit:  # its loop is gone, and nothing can be awaited
            self._stop()
            raise
        except BaseException:  # a cancellation, or Ctrl-C; what the call raises is kept
            if not self._claim.acquire(blocking=False):
                self._stop()
                await self._see_end()
                if self._error is None:
                    await shielded(lambda: undo(cast("T", self._value)))
            raise
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def _serve(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._value = self._call()
        except BaseException as error:  # noqa: BLE001  raised again by the task that awaits it
            self._error = error
        finally:
            self._ended.set()

    async def _see_end(self) -> None:
        """Wait for the end, whoever cancels or presses Ctrl-C again."""
        with CancelScope(shield=True), self._ending():
            while not self._ended.is_set():
                try:
                    await to_thread.run_sync(self._ended.wait, abandon_on_cancel=True, limiter=own_limiter())
                except GeneratorExit:
                    raise
                except BaseException:  # noqa: BLE001  asked again; the first request is the one raised
                    continue


@contextmanager
def _turning() -> Iterator[None]:
    """Let a loop of asyncio turn now and then: a notebook's notices an interrupt no sooner than that."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # trio, which needs none of it
        yield
        return

    def again() -> None:
        turns[0] = loop.call_later(_TURN_S, again)

    turns = [loop.call_later(_TURN_S, again)]
    try:
        yield
    finally:
        turns[0].cancel()


def own_limiter() -> CapacityLimiter:
    """Room for a call that may take long, apart from all others."""
    return CapacityLimiter(1)


def _calls() -> CapacityLimiter:
    """Room for calls that end soon, in this event loop."""
    try:
        return _CALLS.get()
    except LookupError:
        limiter = CapacityLimiter(_MOST_CALLS)
        _CALLS.set(limiter)
        return limiter


async def in_thread(
    call: Callable[[], T],
    *,
    stop: Callable[[], None] = _nothing,
    undo: Callable[[T], object] = _nothing,
    ending: Callable[[], Ending] = nullcontext,
    limiter: CapacityLimiter | None = None,
) -> T:
    """Call it in a thread and wait for its end; `limiter`: without it, that of calls that end soon.

    What it calls is steered by its task: cancelled, it ends as it does by Ctrl-C. `stop`: what else to do
    then. `ending` is what holds between the stop and the end of the call.
    """
    control = Control()

    def act() -> T:
        with steered_by(control):
            return call()

    def ask() -> None:
        control.stop(Outcome.TERMINATED, _CANCELLED)
        stop()

    return await Job(act, ask, ending).end(limiter or _calls(), undo)


async def shielded(call: Callable[[], T], *, ending: Callable[[], Ending] = nullcontext) -> T:
    """Call it in a thread, whoever cancels: for what must be done on the way out."""
    with CancelScope(shield=True), ending():
        value = await Job(call, _nothing).end(own_limiter(), _nothing)
    return value
