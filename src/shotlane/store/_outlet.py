"""Where batches become durable: in the store, or in the session's spool while the store is away.

Once a batch went to the spool, all that follow go there too, so that they reach the store in their order. A
thread of its own delivers them when the store is back; the last step, back to the store, is made while no
batch is under way. Everybody else calls with the recorder's writing lock held.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from shotlane.records import NoRoomError, RecorderError
from shotlane.store._batch import Batch, Part
from shotlane.store._spool import Spool
from shotlane.store._writer import Writer

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
# Rows that may wait in memory, about 300 bytes each.
MOST_HELD = 500_000


class Outlet:
    """Writes the batches of one recorder, whose writing lock is `writing`."""

    def __init__(self, writer: Writer, spool: Spool, writing: AbstractContextManager[Any]) -> None:
        self.writer = writer
        self._spool = spool
        self._writing = writing
        self._written: Counter[str] = Counter()
        self._commits: Counter[str] = Counter()
        self._longest_ns = 0
        self._trouble: str | None = None
        self._courier: threading.Thread | None = None
        self._hurry = threading.Event()
        self._closing = False
        self._delivering: threading.Thread | None = None  # whose writer it is meanwhile
        self._left = False
        self._brought = 0
        self._held: NoRoomError | None = None
        self._refused: list[str] = []
        self.on_no_room: Callable[[NoRoomError], None] | None = None
        # With the writing lock held: why it is away and the spool, and how many rows it was brought since.
        self.on_away: Callable[[str, Path], None] | None = None
        self.on_back: Callable[[int], None] | None = None

    @property
    def away(self) -> bool:
        """Whether the store is away, and batches go to the spool."""
        return self._courier is not None

    @property
    def trouble(self) -> str | None:
        """Why the last commit failed, None when it did not."""
        return self._trouble

    @property
    def spool(self) -> Path | None:
        """The file that waits for delivery, if there is one."""
        return self._spool.path if self._spool.rows else None

    @property
    def refused(self) -> str | None:
        """What was lost of all that came, since no store can take it; None when nothing was."""
        if not self._refused:
            return None
        lost = "a row is lost" if len(self._refused) == 1 else f"{len(self._refused):,} rows are lost"
        return f"{lost}, which {self.writer.address.shown} cannot take: {self._refused[0]}"

    def put(self, batch: Batch, meanwhile: Callable[[], None] | None = None) -> None:
        """Make all rows durable, then take them out of the batch. Raises `RecorderError`, and keeps them.

        A row that no store can take is left out, so that it does not keep the others back for ever.

        `meanwhile` is called right before the store's commit.
        """
        parts = batch.parts()
        if not parts:
            return
        began = time.perf_counter_ns()
        if self.away:
            self._put_aside(parts, self._trouble or "")
        else:
            try:
                self._refused += self.writer.write_storable(parts, meanwhile)
            except RecorderError as error:
                self._fail(error)
                self._put_aside(parts, str(error))
            else:
                self._trouble = None
                self._count(parts)
        self._held = None
        self._longest_ns = max(self._longest_ns, time.perf_counter_ns() - began)
        self._commits["done"] += 1
        batch.clear()

    def _count(self, parts: Sequence[Part]) -> None:
        for name, rows in parts:
            self._written[name] += len(rows)

    def _fail(self, error: RecorderError) -> None:
        self._commits["failed"] += 1
        self._trouble = str(error)

    def _put_aside(self, parts: Sequence[Part], why: str) -> None:
        try:
            self._spool.append(parts)
        except OSError as error:
            sentence = f"{why}; nor can they wait in {self._spool.path}: {error.strerror or error}"
            raise self._no_room(sentence, sum(len(rows) for _, rows in parts)) from None
        if self._courier is None:
            self._hurry.clear()
            self._courier = threading.Thread(target=self._deliver, name="shotlane-courier", daemon=True)
            self._delivering = self._courier
            self._courier.start()
            if self.on_away is not None and self._spool.path is not None:
                self.on_away(why, self._spool.path)

    def _no_room(self, sentence: str, rows: int) -> NoRoomError:
        """Note it, and tell it when it begins and when it becomes too much."""
        found, before = NoRoomError(sentence, full=rows > MOST_HELD), self._held
        self._fail(found)
        self._held = found
        if self.on_no_room is not None and (before is None or found.full > before.full):
            self.on_no_room(found)
        return found

    def _deliver(self) -> None:
        try:
            self._deliver_all()
        finally:
            with self._writing:
                if self._delivering is threading.current_thread():
                    self._delivering = None
                if self._left:
                    self.writer.close()

    def _deliver_all(self) -> None:
        """Bring the spool to the store, and end when it is empty or the recorder is closed."""
        place, pause = self._spool.start, _FIRST_PAUSE_S
        while True:
            self._hurry.wait(pause)
            self._hurry.clear()
            last = self._closing
            try:
                place = self._bring(place)
                pause = _FIRST_PAUSE_S
                if self._all_brought(place):
                    return
            except (RecorderError, OSError) as error:
                self._trouble = str(error)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            except Exception as error:  # noqa: BLE001  (the records are safe in the spool; a dead thread must say why)
                self._trouble = f"the courier failed: {error}"
                return
            if last:
                return

    def _bring(self, place: int) -> int:
        for end, parts in self._spool.frames(place):
            self._refused += self.writer.write_storable(parts)
            self._count(parts)
            self._brought += sum(len(rows) for _, rows in parts)
            place = end
            if self._left:
                break
        return place

    def _all_brought(self, place: int) -> bool:
        with self._writing:
            if place < self._spool.end or self._left:
                return False
            self._spool.remove()
            brought = self._brought
            self._trouble, self._courier, self._brought = None, None, 0
            if self.on_back is not None:
                self.on_back(brought)
            return True

    def settle(self, wait_s: float) -> None:
        """Wait until the store has everything; call without the writing lock. Raises `RecorderError`."""
        courier, deadline = self._courier, time.monotonic() + wait_s
        while courier is not None and courier.is_alive() and time.monotonic() < deadline:
            self._hurry.set()
            courier.join(0.1)
        if self.away:
            raise RecorderError(f"{self._trouble}; {self._spool.rows:,} rows wait in {self._spool.path}")

    def close(self, wait_s: float) -> None:
        """Deliver what can be delivered now and let go of everything; the spool of the rest stays."""
        courier = self._courier
        self._closing = True
        self._hurry.set()
        if courier is not None:
            courier.join(wait_s)
        with self._writing:
            self._left = True
            self._spool.leave()
            # A connection must not be closed under the courier's hands: it ends what it is at, and closes it.
            if self._delivering is None:
                self.writer.close()

    def statistics(self) -> Mapping[str, Any]:
        """Counts of rows and commits; `spooled` rows wait for the store on the disk."""
        return {
            "written": sum(self._written.values()),
            "written_by_table": dict(self._written),
            "spooled": self._spool.rows - self._brought,
            "spool": None if self.spool is None else str(self.spool),
            "commits": self._commits["done"],
            "failed_commits": self._commits["failed"],
            "longest_commit_s": self._longest_ns / 1e9,
            "trouble": self._trouble,
        }
