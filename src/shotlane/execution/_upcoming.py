"""The shot that comes next, made ready while the one before is being committed.

What is made ready touches no instrument and tells nobody anything: the shot is cut out of the plan, and the
books, the workers and the agendas of its first attempt are made. So nothing is begun before the commit has
returned, and what was made ready is merely forgotten when the run goes on otherwise. It is done in a thread
of its own from the moment when only the disk is waited for: the interpreter is free then. One shot at a time
is ahead. What an optimiser asks for hangs on the commit; in virtual time nobody waits for a disk.
"""

import threading
from queue import SimpleQueue

from shotlane.execution._attempt import Attempt
from shotlane.execution._parts import RunParts
from shotlane.plan import ShotPlan


class Upcoming:
    """Gives shots and their first attempts. `begin` is handed to the recorder; the rest is the run's."""

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._possible = parts.optimizer is None and not parts.clock.virtual
        self._following: int | None = None
        self._begun: int | None = None
        self._ready: Attempt | None = None
        self._wanted: SimpleQueue[int | None] = SimpleQueue()
        self._made: SimpleQueue[Attempt | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def follow(self, number: int | None) -> None:
        """Say which shot comes after the one that is on."""
        self._following = number if self._possible else None

    def begin(self) -> None:
        """Begin to make ready what follows, and return at once; again for the same shot changes nothing."""
        number = self._following
        if number is None or number == self._begun:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="upcoming", daemon=True)
            self._thread.start()
        self._begun = number
        self._wanted.put(number)

    def shot(self, number: int) -> ShotPlan:
        """The shot with a number, made ready or not."""
        self._ready = self._take()
        if self._ready is not None and self._ready.shot.number == number:
            return self._ready.shot
        return self._parts.plan.shot(number)

    def attempt(self, shot: ShotPlan, number: int) -> Attempt:
        """The try `number` of a shot, not begun."""
        ready, self._ready = self._ready, None
        if ready is not None and ready.shot is shot and number == 1:
            return ready
        return Attempt(self._parts, shot, number)

    def close(self) -> None:
        """Let the thread end."""
        self._wanted.put(None)

    def _take(self) -> Attempt | None:
        """What was begun, when it is ready."""
        if self._begun is None:
            return None
        made = self._made.get()
        self._begun = None
        return made

    def _serve(self) -> None:
        while (number := self._wanted.get()) is not None:
            self._made.put(self._make(number))

    def _make(self, number: int) -> Attempt | None:
        try:
            attempt = Attempt(self._parts, self._parts.plan.shot(number), 1)
            attempt.prepare()
        except Exception:  # noqa: BLE001  it is made again when its turn comes, and fails where that is told
            return None
        return attempt
