"""What happened, as an async iterator; it is read in threads, which the event loop never waits for."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from shotlane import analysis
from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.aio._twin import Awaiting, Twin, twin
from shotlane.records import LoggedEvent
from shotlane.store import Subscription as SyncSubscription

P = ParamSpec("P")
S = TypeVar("S")


class EventStream:
    """Events, one after the other. A task that is cancelled as it waits ends it."""

    def __init__(self, make: Callable[[], analysis.EventStream]) -> None:
        self._make = make
        self._stream: analysis.EventStream | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LoggedEvent:
        if self._stream is None:
            self._stream = await in_thread(self._make, undo=lambda made: made.close())
        stream = self._stream
        event = await in_thread(lambda: next(stream, None), stop=stream.stop, limiter=own_limiter())
        if event is None:
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """Let go of the store. Safe to call twice."""
        if self._stream is not None:
            await shielded(self._stream.close)


class Subscription(Twin[SyncSubscription]):
    """Ends when it is called and awaited."""

    async def __call__(self) -> None:
        """Unsubscribe: the callback is not called any more."""
        await shielded(self.blocking)

    @property
    def following(self) -> bool:
        """Whether events are still told."""
        return self.blocking.following

    def statistics(self) -> dict[str, Any]:
        """Counts of events, of connections made anew, and of how often the callback raised."""
        return self.blocking.statistics()


def _streaming(call: Callable[P, analysis.EventStream]) -> Callable[P, EventStream]:
    @wraps(call)
    def make(*arguments: P.args, **named: P.kwargs) -> EventStream:
        return EventStream(partial(call, *arguments, **named))

    return make


def streams(call: Callable[Concatenate[S, P], analysis.EventStream]) -> Callable[..., EventStream]:
    """The twin of a method that gives events."""

    @wraps(call)
    def make(self: Twin[S], /, *arguments: P.args, **named: P.kwargs) -> EventStream:
        return EventStream(partial(call, self.blocking, *arguments, **named))

    return make


def _unsubscribe(made: Callable[[], object]) -> None:
    """Of a task that was cancelled as it subscribed nobody could."""
    made()


def subscribes(call: Callable[Concatenate[S, P], SyncSubscription]) -> Callable[..., Awaiting[Subscription]]:
    """The twin of a method that subscribes."""

    @wraps(call)
    async def awaited(self: Twin[S], /, *arguments: P.args, **named: P.kwargs) -> Subscription:
        made = partial(call, self.blocking, *arguments, **named)
        return Subscription(await in_thread(made, undo=_unsubscribe))

    return awaited


events = _streaming(analysis.events)
on_event = twin(analysis.on_event, Subscription, _unsubscribe)
