"""A bench in a process of its own, so that its threads do not share the tested program's interpreter.

It is given one JSON line per order and answers each with one; the end of its input is its end.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self


class BenchError(Exception):
    """The bench did not start, or did not understand."""


class BenchProcess:
    """A module of this package that is run with some arguments."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", f"shotlane.testing.{module}", *arguments]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C that a test sends to its own group is not meant for the bench
        )
        try:
            self._started(json.loads(self._line()))
        except BenchError:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop it; the final states are in its log then."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self, addresses: dict[str, Any]) -> None:
        """Take what it says about where it is."""

    def _order(self, verb: str, **arguments: Any) -> Any:
        process = self._process
        if process is None or process.stdin is None:
            raise BenchError("the bench is not running")
        process.stdin.write(json.dumps({"verb": verb, "arguments": arguments}) + "\n")
        process.stdin.flush()
        answer = json.loads(self._line())
        if "error" in answer:
            raise BenchError(answer["error"])
        return answer["answer"]

    def _line(self) -> str:
        process = self._process
        if process is None or process.stdout is None:
            raise BenchError("the bench is not running")
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"the bench ended with status {process.wait()}")
        return line
