"""What a Parquet file comes to when it is read, found out before it is read.

A file of some hundred bytes may say that it holds a thousand million rows, or a page that unpacks to two
gigabytes. So its footer and the heads of its pages are looked at (Apache Parquet format, `parquet.thrift`;
Thrift compact protocol), and a file that comes to far more than its size is refused. What an honest file of
ours comes to is a few dozen times its size.
"""

from collections.abc import Callable, Iterator
from typing import IO, Any

from shotlane.archives._error import ArchiveError

_MAGIC = b"PAR1"
_LARGEST_FOOTER = 64 << 20
# So much is read whatever the size of the file, and so many times its size.
_FREE = 64 << 20
_TIMES = 1000
_MOST_GROUP_ROWS = 1 << 22
_DEPTH = 12
# Of a column chunk, its rows are decoded to at least this.
_BYTES_A_VALUE = 8
_PAGE_HEAD = 4096

Struct = dict[int, Any]


def check_parquet(file: IO[bytes], size: int, name: str) -> int:
    """Refuse a file that is no Parquet file, or comes to more than it should; its number of rows.

    Raises `ArchiveError`.
    """
    try:
        footer = _footer(file, size)
        total, rows = 0, 0
        for group in footer.get(4, ()):
            total += _group_bytes(file, group, size)
            rows += _whole(group.get(3))
            if total > _FREE + _TIMES * size:
                raise ArchiveError(
                    f"'{name}' is refused: its {size:,} bytes would come to more than {total:,} in memory"
                )
        told = _whole(footer.get(3))
    except (ValueError, IndexError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ArchiveError(f"'{name}' is no sound Parquet file: {error}") from error
    if rows != told:
        raise ArchiveError(f"'{name}' is no sound Parquet file: its rows do not add up")
    return rows


def _footer(file: IO[bytes], size: int) -> Struct:
    if size < 12:
        raise ValueError("it is too short")
    file.seek(size - 8)
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > min(size - 12, _LARGEST_FOOTER):
        raise ValueError("it has no footer")
    file.seek(size - 8 - length)
    return _Thrift(file.read(length)).struct()


def _group_bytes(file: IO[bytes], group: Struct, size: int) -> int:
    """What a row group comes to."""
    rows = _whole(group.get(3))
    if rows > _MOST_GROUP_ROWS:
        raise ArchiveError(f"a Parquet file is refused: {rows:,} rows in one group are more than is read")
    return sum(_chunk_bytes(file, chunk, rows, size) for chunk in group.get(1, ()))


def _chunk_bytes(file: IO[bytes], chunk: Struct, rows: int, size: int) -> int:
    """What the values of a column come to: what its pages say, and not what the footer says of them."""
    if 1 in chunk:
        raise ValueError("its columns lie in other files")
    column = chunk[3]
    # Nested columns have more values than rows, and ours have none.
    if _whole(column[5]) > rows:
        raise ValueError("a column has more values than rows")
    start = min(_whole(column[9]), _whole(column.get(11, column[9])) or _whole(column[9]))
    end = start + _whole(column[7])
    if end > size:
        raise ValueError("a column lies outside of it")
    unpacked = sum(head for head in _pages(file, start, end))
    return unpacked + rows * _BYTES_A_VALUE


def _pages(file: IO[bytes], start: int, end: int) -> Iterator[int]:
    """What each page of a column says that it unpacks to."""
    while start < end:
        file.seek(start)
        thrift = _Thrift(file.read(min(_PAGE_HEAD, end - start)))
        page = thrift.struct()
        yield _whole(page[2])
        start += thrift.at + _whole(page[3])


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a number of its footer is none")
    return value


class _Thrift:
    """Reads structs in the compact protocol: field numbers to values."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int = 0) -> Struct:
        """The struct that begins here."""
        if depth > _DEPTH:
            raise ValueError("it is nested too deep")
        found: Struct = {}
        number = 0
        while head := self.byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self.zigzag()
            found[number] = kind == 1 if kind in (1, 2) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind == 12:
            return self.struct(depth + 1)
        if kind in (9, 10):
            return self._list(depth)
        read = _PLAIN.get(kind)
        if read is None:
            raise ValueError(f"its footer holds a value of kind {kind}")
        return read(self)

    def _list(self, depth: int) -> list[Any]:
        head = self.byte()
        kind, length = head & 15, head >> 4
        if length == 15:
            length = self._varint()
        if length > len(self._data):
            raise ValueError("a list of its footer is longer than the footer")
        return [self.byte() == 1 if kind in (1, 2) else self._value(kind, depth + 1) for _ in range(length)]

    def byte(self) -> int:
        """The next byte."""
        value = self._data[self.at]
        self.at += 1
        return value

    def _varint(self) -> int:
        value = shift = 0
        data = self._data
        while True:
            byte = data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number of its footer is too long")

    def zigzag(self) -> int:
        """A whole number with a sign."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def double(self) -> None:
        """A number with a point, which nobody asks for."""
        self.at += 8

    def binary(self) -> None:
        """A text, which nobody asks for."""
        length = self._varint()  # which moves on by itself
        self.at += length


_PLAIN: dict[int, Callable[[_Thrift], Any]] = {
    3: _Thrift.byte,
    4: _Thrift.zigzag,
    5: _Thrift.zigzag,
    6: _Thrift.zigzag,
    7: _Thrift.double,
    8: _Thrift.binary,
}
