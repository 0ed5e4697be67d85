"""When a reply is whole: how many of the bytes that have come are the first reply.

Pure: a framing looks at bytes and keeps nothing. It says None while more must come, and raises `FramingError`
as soon as no reply can begin with what has come. Lines that the device sends unasked are passed over.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

_CONTROL: Final = re.compile(rb"[\0-\x1f]+")
_LINES_LIMIT: Final = 1 << 20
_BLOCK_LIMIT: Final = 1 << 28
Data = bytes | bytearray
Test = Callable[[bytes], bool]


class FramingError(ValueError):
    """What came is not the beginning of a reply."""


class Taken(NamedTuple):
    """A whole reply without what ends it, and how many bytes it takes up.

    `sure` False: more bytes would belong to it, and only quiet tells that none come.
    """

    payload: bytes
    size: int
    sure: bool = True


class Framing(Protocol):
    """Cuts the first reply from what has come."""

    @property
    def limit(self) -> int:
        """Most bytes that a reply may have."""

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """The first reply from `at` on; None while there is more to come. Raises `FramingError`."""


@dataclass(frozen=True, slots=True)
class Until:
    """A reply up to a mark; `extra` bytes that follow the mark belong to it, and then comes `tail`."""

    mark: bytes
    extra: int = 0
    tail: bytes = b""
    limit: int = _LINES_LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """Up to the first mark; the mark itself is part of it only where something follows the mark."""
        found = data.find(self.mark, at)
        if found < 0:
            return None
        after = found + len(self.mark)
        if not self.extra and not self.tail:
            return Taken(bytes(data[at:found]), after - at)
        end = after + self.extra
        if len(data) < end + len(self.tail):
            return None
        if not data.startswith(self.tail, end):
            raise FramingError(f"the reply does not end with {self.tail!r}")
        return Taken(bytes(data[at:end]), end + len(self.tail) - at)


@dataclass(frozen=True, slots=True)
class Lines:
    """Several lines: a number of them, or up to one that `is_last`, which is no part of the reply.

    A first line that `is_error` is the whole reply. The lines are joined by line feeds.
    """

    line: Until
    count: int | None = None
    is_last: Test | None = None
    is_error: Test | None = None
    ignored: Test | None = None
    limit: int = _LINES_LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """The lines."""
        lines: list[bytes] = []
        begin = at
        while len(lines) != self.count:
            taken = self.line.take(data, at)
            if taken is None:
                return None
            at += taken.size
            text = taken.payload
            if self.ignored is not None and self.ignored(text):
                continue
            if self.is_last is not None and self.is_last(text):
                break
            lines.append(text)
            if len(lines) == 1 and self.is_error is not None and self.is_error(text):
                break
        return Taken(b"\n".join(lines), at - begin)


@dataclass(frozen=True, slots=True)
class Block:
    """A binary block of IEEE 488.2, definite (`#3100...`) or not (`#0...`), or a line in its place.

    The payload begins with the `#` and has nothing after the last byte of the block. An indefinite block ends
    with `end` and quiet, because its bytes may hold the same.
    """

    end: bytes
    limit: int = _BLOCK_LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """The block."""
        if not data.startswith(b"#", at):
            return Until(self.end).take(data, at) if len(data) > at else None
        if len(data) < at + 2:
            return None
        digits = data[at + 1] - 0x30
        if not 0 <= digits <= 9:
            raise FramingError(f"{bytes(data[at : at + 2])!r} begins no binary block")
        if digits == 0:
            return self._indefinite(data, at)
        head = bytes(data[at : at + 2 + digits])
        if len(head) < 2 + digits:
            return None
        if not head[2:].isdigit():
            raise FramingError(f"{head!r} says no length of a binary block")
        return self._definite(data, at, len(head) + int(head[2:]))

    def _indefinite(self, data: Data, at: int) -> Taken | None:
        if len(data) < at + 2 + len(self.end) or not data.endswith(self.end):
            return None
        return Taken(bytes(data[at : -len(self.end)]), len(data) - at, sure=False)

    def _definite(self, data: Data, at: int, size: int) -> Taken | None:
        if size > self.limit:
            raise FramingError(f"the block says that it has {size} bytes")
        rest = len(data) - at - size
        if rest < 0:
            return None
        if data.startswith(self.end, at + size):
            return Taken(bytes(data[at : at + size]), size + len(self.end))
        if rest < len(self.end):
            # Some devices end a block with nothing.
            return Taken(bytes(data[at : at + size]), size + rest, sure=False)
        raise FramingError(f"the block is followed by {bytes(data[at + size :][:20])!r}")


@dataclass(frozen=True, slots=True)
class Sized:
    """A reply of so many bytes, which nothing ends."""

    size: int

    @property
    def limit(self) -> int:
        """Its own size."""
        return self.size

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """So many bytes."""
        end = at + self.size
        return Taken(bytes(data[at:end]), self.size) if len(data) >= end else None


@dataclass(frozen=True, slots=True)
class Quiet:
    """A reply that nothing but quiet ends."""

    limit: int = _LINES_LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """All that has come."""
        return Taken(bytes(data[at:]), len(data) - at, sure=False) if len(data) > at else None


@dataclass(frozen=True, slots=True)
class Nothing:
    """No reply."""

    limit: int = _LINES_LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """Nothing, at once."""
        return Taken(b"", 0)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Lines that a device sends unasked, up to `end`."""

    end: bytes
    test: Test

    def skip(self, data: Data, at: int = 0) -> int:
        """Where the first byte stands that belongs to no such line."""
        while (found := data.find(self.end, at)) >= 0 and self.test(bytes(data[at:found])):
            at = found + len(self.end)
        return at

    def cut_from_end(self, line: bytes) -> bytes:
        """A line without such a line that stands behind control characters at its end."""
        begins = [match.end() for match in _CONTROL.finditer(line) if self.test(line[match.end() :])]
        return line[: begins[-1]] if begins else line


@dataclass(frozen=True, slots=True)
class Preceded:
    """A reply after unasked lines, and after the echo of what was sent."""

    reply: Framing
    echo: bytes = b""
    ignored: Ignored | None = None

    @property
    def limit(self) -> int:
        """Most bytes that a reply may have."""
        return self.reply.limit + len(self.echo)

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """The reply; its size counts what stands before it."""
        begin, at = at, self._skip(data, at)
        if self.echo:
            came = bytes(data[at : at + len(self.echo)])
            if came != self.echo:
                if self.echo.startswith(came) or self._may_be_ignored(data, at):
                    return None
                raise FramingError(f"the device echoes {came!r} where {self.echo!r} was sent")
            at = self._skip(data, at + len(self.echo))
        taken = self.reply.take(data, at)
        return None if taken is None else taken._replace(size=taken.size + at - begin)

    def _skip(self, data: Data, at: int) -> int:
        return at if self.ignored is None else self.ignored.skip(data, at)

    def _may_be_ignored(self, data: Data, at: int) -> bool:
        return self.ignored is not None and data.find(self.ignored.end, at) < 0


def any_of(tests: Sequence[Test]) -> Test | None:
    """One test for several; None for none."""
    return (lambda line: any(test(line) for test in tests)) if tests else None
