"""The lock of a port: in the order of coming, re-entrant, and not lost with who stops waiting."""

import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from shotlane.instruments.pool._port_lock import PortLock


def _started(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def _queue_up(lock: PortLock, act: Callable[[], object], waiting: int) -> threading.Thread:
    """Start a thread that wants the lock, and wait until it stands in the queue."""

    def want() -> None:
        with lock:
            act()

    thread = _started(want)
    _until(lambda: len(lock._queue) == waiting)
    return thread


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_waits_gets_it_in_the_order_of_coming() -> None:
    lock, order = PortLock(), list[int]()
    with lock:
        threads = [_queue_up(lock, partial(order.append, number), number + 1) for number in range(8)]
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_lets_go_and_comes_again_passes_nobody() -> None:
    lock, order = PortLock(), list[str]()
    with lock:
        waiter = _queue_up(lock, lambda: order.append("waiter"), 1)
    for _ in range(5):
        with lock:
            order.append("again")
    waiter.join()
    assert order == ["waiter", *["again"] * 5]


def test_its_owner_may_take_it_again() -> None:
    lock, taken = PortLock(), list[bool]()
    with lock, lock:
        assert lock.try_to_take()
        lock.let_go()
        _started(lambda: taken.append(lock.try_to_take())).join()
    _started(lambda: taken.append(lock.try_to_take())).join()
    assert taken == [False, True]


def test_an_error_in_the_block_lets_go_of_it() -> None:
    lock = PortLock()
    with pytest.raises(ValueError, match="broken"), lock:
        raise ValueError("broken")
    assert lock.try_to_take()


def test_many_threads_never_have_it_at_once() -> None:
    lock, inside, most = PortLock(), list[int](), list[int]()

    def work() -> None:
        for number in range(300):
            with lock, lock:
                inside.append(number)
                most.append(len(inside))
                inside.pop()

    for thread in [_started(work) for _ in range(6)]:
        thread.join()
    assert (len(most), max(most)) == (1800, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal to one thread there")
def test_who_is_interrupted_while_waiting_leaves_the_queue() -> None:
    lock, order, go = PortLock(), list[str](), threading.Event()
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)

    def hold() -> None:
        with lock:
            _until(lambda: len(lock._queue) == 1)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            go.wait(10)

    holder = _started(hold)
    try:
        _until(lambda: lock._owner is not None)
        with pytest.raises(KeyboardInterrupt), lock:
            order.append("main")
    finally:
        signal.signal(signal.SIGUSR1, before)
    follower = _queue_up(lock, lambda: order.append("follower"), 1)
    go.set()
    for thread in (holder, follower):
        thread.join()
    assert order == ["follower"]
    assert lock.try_to_take()
