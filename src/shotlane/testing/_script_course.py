"""How far a dialogue is: what came, what it is answered with, and what was not as written.

Strict: every request once, in the order written; one that comes early is answered all the same, so that a
test shows all that is wrong and not only the first. Any: each request as often as it is asked; several
answers to the same are given in turn, and the last of them from then on. Either way a request that was
written and never came is a fault, and so is one that was not written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from shotlane.testing._script import Exchange, Script

Order = Literal["strict", "any"]
_A_LINE: Final = re.compile(rb"[^\r\n]*[\r\n]+")
_AROUND: Final = 3  # lines that are shown around a difference


class ScriptMismatch(AssertionError):
    """What was sent is not what the dialogue says; the message shows both."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A request that came, and where it is written."""

    data: bytes
    exchange: Exchange | None


class Course:
    """One playing of a script."""

    def __init__(self, script: Script, order: Order) -> None:
        if order not in ("strict", "any"):
            raise ValueError(f"there is no order '{order}': write strict or any")
        self._script = script
        self._strict = order == "strict"
        self._written = [exchange for exchange in script.exchanges if exchange.request]
        self._due = list(self._written)
        self._heard: list[_Heard] = []

    @property
    def done(self) -> bool:
        """Whether every request came."""
        return not self._due

    def next_request(self, data: bytes, *, quiet: bool) -> bytes | None:
        """The request at the beginning of what came; None while it may go on. `quiet`: no more is coming."""
        for exchange in self._due if self._strict else self._written:
            if data.startswith(exchange.request):
                return exchange.request
            if exchange.request.startswith(data) and not quiet:
                return None
        line = _A_LINE.match(data)
        if line is not None:
            return line.group()
        return data if quiet else None

    def take(self, request: bytes) -> Exchange | None:
        """What a request that came is answered with; None when it was not written."""
        found = next((one for one in self._due if one.request == request), None)
        if found is not None:
            self._due.remove(found)
        elif not self._strict:
            found = next((one for one in reversed(self._written) if one.request == request), None)
        self._heard.append(_Heard(request, found))
        return found

    def mismatch(self) -> str | None:
        """What was not as written, for people; None when all was."""
        unexpected = sum(heard.exchange is None for heard in self._heard)
        moved = self._out_of_order() if self._strict else 0
        counts = {"missing": len(self._due), "unexpected": unexpected, "out of order": moved}
        told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        if not told:
            return None
        lines = self._differences() if self._strict else self._faults()
        return "\n".join([f"the dialogue was not as written: {told}", *lines])

    def _out_of_order(self) -> int:
        """How many requests came after one that is written behind them."""
        count, furthest = 0, 0
        for heard in self._heard:
            line = furthest if heard.exchange is None else heard.exchange.line
            count += line < furthest
            furthest = max(furthest, line)
        return count

    def _faults(self) -> Iterator[str]:
        for exchange in self._due:
            yield self._line("-", exchange.request, f"line {exchange.line}, never came")
        for heard in self._heard:
            if heard.exchange is None:
                yield self._line("+", heard.data, "not written")

    def _differences(self) -> Iterator[str]:
        """Requests as written and as they came, side by side."""
        written = [exchange.request for exchange in self._written]
        heard = [one.data for one in self._heard]
        codes = SequenceMatcher(None, written, heard, autojunk=False).get_opcodes()
        for kind, first, last, since, until in codes:
            if kind == "equal":
                yield from self._alike(written[first:last], at_start=first == 0, at_end=last == len(written))
                continue
            for exchange in self._written[first:last]:
                what = "never came" if exchange in self._due else "came in another place"
                yield self._line("-", exchange.request, f"line {exchange.line}, {what}")
            for one in self._heard[since:until]:
                line = "not written" if one.exchange is None else f"that is line {one.exchange.line}"
                yield self._line("+", one.data, line)

    def _alike(self, requests: list[bytes], *, at_start: bool, at_end: bool) -> Iterator[str]:
        lines = [self._line(" ", request, "") for request in requests]
        before = [] if at_start else lines[:_AROUND]
        after = [] if at_end else lines[max(len(before), len(lines) - _AROUND) :]
        yield from before
        if len(before) + len(after) < len(lines):
            yield "    ..."
        yield from after

    def _line(self, mark: str, request: bytes, what: str) -> str:
        return f"  {mark} {self._script.shown(request)}{f'   ({what})' if what else ''}"
