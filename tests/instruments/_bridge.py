"""Two pseudo-terminals that are joined, so that two programs which both open a serial port can talk."""

import os
import select
import threading
import tty
from types import TracebackType
from typing import Self


class Bridge:
    """`ends` are the two ports."""

    def __init__(self) -> None:
        pairs = [os.openpty(), os.openpty()]
        self._masters = [master for master, _ in pairs]
        self._slaves = [slave for _, slave in pairs]
        for slave in self._slaves:
            tty.setraw(slave)
        self.ends = [os.ttyname(slave) for slave in self._slaves]
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_write, b".")
        self._thread.join()
        for end in (*self._masters, *self._slaves, self._stop_read, self._stop_write):
            os.close(end)

    def _carry(self) -> None:
        first, second = self._masters
        while True:
            readable, _, _ = select.select([first, second, self._stop_read], [], [])
            if self._stop_read in readable:
                return
            for source, sink in ((first, second), (second, first)):
                if source in readable:
                    os.write(sink, os.read(source, 4096))
