"""Several things at once, each in a thread of its own."""

from collections.abc import Callable, Sequence
from threading import Thread


def side_by_side(actions: Sequence[Callable[[], None]]) -> None:
    """Do all at once, the last one here. Raises what the first of them raised.

    The threads are daemons: a wire that hangs cannot hold up the end of the process.
    """
    raised: list[BaseException] = []

    def guarded(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            raised.append(error)

    threads = [Thread(target=guarded, args=(action,), name="opening", daemon=True) for action in actions[:-1]]
    for thread in threads:
        thread.start()
    for action in actions[-1:]:
        guarded(action)
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
