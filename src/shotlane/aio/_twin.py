"""How twins are made: of functions, methods and context managers, with the signatures of what they stand for.

A twin adds `await` and nothing else. An object whose methods block has a twin too, which holds it as
`blocking`.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial, update_wrapper, wraps
from threading import Lock
from types import TracebackType
from typing import Any, Concatenate, Generic, NoReturn, ParamSpec, TypeVar, cast, overload

from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.api import tell_of_signals
from shotlane.execution import hearing

P = ParamSpec("P")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")
Awaiting = Coroutine[Any, Any, T]


class Twin(Generic[S_co]):
    """The async face of an object whose methods block."""

    def __init__(self, blocking: S_co) -> None:
        self._blocking = blocking

    def __repr__(self) -> str:
        return f"<async {self.blocking!r}>"

    @property
    def blocking(self) -> S_co:
        """The object."""
        return self._blocking


class EnteredAsync:
    """Tells who enters it with a plain `with` how it is entered."""

    def __enter__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} of shotlane.aio is entered with `async with`")

    def __exit__(self, *_: object) -> None:
        """Python asks for it, and never gets here."""


class Late(EnteredAsync, Twin[S_co]):
    """A twin whose object is made when it is first needed, which is in the thread of its first call."""

    def __init__(self, make: Callable[[], S_co]) -> None:
        self._make = make
        self._turn = Lock()
        self._made: list[S_co] = []

    @property
    def blocking(self) -> S_co:
        """The object."""
        with self._turn:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


def _plain(value: S) -> S:
    return value


@overload
def twin(call: Callable[P, T]) -> Callable[P, Awaiting[T]]: ...
@overload
def twin(
    call: Callable[P, S], made: Callable[[S], T], undo: Callable[[S], object] = ...
) -> Callable[P, Awaiting[T]]: ...
def twin(
    call: Callable[P, Any], made: Callable[[Any], Any] = _plain, undo: Callable[[Any], object] = _plain
) -> Callable[P, Awaiting[Any]]:
    """The twin of a function; `made` turns what it returns into a twin, `undo` is for what nobody gets."""

    @wraps(call)
    async def awaited(*arguments: P.args, **named: P.kwargs) -> Any:
        return made(await in_thread(partial(call, *arguments, **named), undo=undo))

    return awaited


def run_twin(call: Callable[P, S], made: Callable[[S], T]) -> Callable[P, Awaiting[T]]:
    """The twin of a function that runs something, which may take long and ends in the safe state."""

    @wraps(call)
    async def awaited(*arguments: P.args, **named: P.kwargs) -> T:
        return made(await running(partial(call, *arguments, **named)))

    return awaited


async def running(call: Callable[[], T]) -> T:
    """Call what runs something."""
    # For real-time priority, which is taken where the main thread hears of a driver that never waits.
    with hearing():
        return await in_thread(call, ending=partial(tell_of_signals, "run"), limiter=own_limiter())


@overload
def method(call: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[Twin[S], P], Awaiting[T]]: ...
@overload
def method(
    call: Callable[Concatenate[S, P], Any], made: Callable[[Any], T]
) -> Callable[Concatenate[Twin[S], P], Awaiting[T]]: ...
def method(
    call: Callable[Concatenate[S, P], Any], made: Callable[[Any], Any] = _plain
) -> Callable[Concatenate[Twin[S], P], Awaiting[Any]]:
    """The twin of a method, for the class that is the twin of its own."""
    name = call.__name__

    @wraps(call)
    async def awaited(self: Twin[S], /, *arguments: P.args, **named: P.kwargs) -> Any:
        # By its name, for the object may be of a class below that has a method of its own.
        return made(await in_thread(lambda: getattr(self.blocking, name)(*arguments, **named)))

    return awaited


def iterating(
    call: Callable[Concatenate[S, P], Iterator[T]],
) -> Callable[Concatenate[Twin[S], P], AsyncIterator[T]]:
    """The twin of a method that is a generator, which is driven by one thread from its start to its end."""

    @wraps(call)
    async def iterated(self: Twin[S], /, *arguments: P.args, **named: P.kwargs) -> AsyncIterator[T]:
        with ThreadPoolExecutor(1, thread_name_prefix="iterating") as thread:
            found: Iterator[T] = getattr(self.blocking, call.__name__)(*arguments, **named)
            try:
                while (one := await in_thread(lambda: thread.submit(_next, found).result())) is not None:
                    yield one[0]
            finally:
                await shielded(lambda: thread.submit(_close, found).result())

    return iterated


def _next(found: Iterator[T]) -> tuple[T] | None:
    """What comes next, in a tuple; None at the end, for `StopIteration` cannot leave a thread."""
    for one in found:
        return (one,)
    return None


def _close(found: Iterator[object]) -> None:
    if isinstance(found, Generator):
        found.close()


def making(call: Callable[P, S], made: Callable[[S], T]) -> Callable[P, T]:
    """The twin of a function that does not block, but makes what does."""

    @wraps(call)
    def make(*arguments: P.args, **named: P.kwargs) -> T:
        return made(call(*arguments, **named))

    return make


def late(call: Callable[P, S], made: Callable[[Callable[[], S]], T]) -> Callable[P, T]:
    """The twin of a function that makes an object, which `made` makes when it needs it."""

    @wraps(call)
    def make(*arguments: P.args, **named: P.kwargs) -> T:
        return made(partial(call, *arguments, **named))

    return make


def made_as(
    kind: Callable[P, S],
) -> Callable[[Callable[[Any], None]], Callable[Concatenate[Twin[S], P], None]]:
    """Let a class be called as the one whose twin it is: for an `__init__` that says nothing else."""

    def of(_init: Callable[[Any], None]) -> Callable[Concatenate[Twin[S], P], None]:
        def made(self: Twin[S], /, *arguments: P.args, **named: P.kwargs) -> None:
            Twin.__init__(self, kind(*arguments, **named))

        update_wrapper(made, cast("Any", kind).__init__)
        return made

    return of


class Entering(EnteredAsync, Generic[S, T]):
    """An async context manager from a blocking one; entered once."""

    def __init__(self, make: Callable[[], AbstractContextManager[S]], made: Callable[[S], T]) -> None:
        self._make = make
        self._made = made
        self._context: AbstractContextManager[S] | None = None

    async def __aenter__(self) -> T:
        def enter() -> tuple[AbstractContextManager[S], S]:
            context = self._make()
            return context, context.__enter__()

        entered = await in_thread(enter, undo=_leave)
        self._context = entered[0]
        return self._made(entered[1])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        context = self._context
        assert context is not None
        return await shielded(lambda: context.__exit__(kind, error, trace))


def _leave(entered: tuple[AbstractContextManager[Any], object]) -> None:
    """Leave a context that nobody came to use."""
    entered[0].__exit__(None, None, None)


def entering(
    call: Callable[P, AbstractContextManager[S]], made: Callable[[S], T]
) -> Callable[P, Entering[S, T]]:
    """The twin of a function that returns a context manager."""

    @wraps(call)
    def enter(*arguments: P.args, **named: P.kwargs) -> Entering[S, T]:
        return Entering(partial(call, *arguments, **named), made)

    return enter
