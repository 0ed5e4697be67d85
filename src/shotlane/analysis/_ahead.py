"""Work that is done ahead of who uses it, by a bounded number of threads."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def ahead(call: Callable[[S], T], items: Iterable[S], at_once: int) -> Generator[T, None, None]:
    """What `call` makes of the items, in their order; so many are under way, or done and not yet taken."""
    under_way: deque[Future[T]] = deque()
    with ThreadPoolExecutor(at_once, "shotlane-ahead") as pool:
        for item in items:
            under_way.append(pool.submit(call, item))
            if len(under_way) == at_once:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
