"""Files of sweep points: CSV, one header line, places kept for messages.

The delimiter is a comma, or where the header has none a semicolon or a tab. Empty lines are left out. A line
with more cells than the header is never cut: it may be a decimal comma.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shotlane.diagnostics import Source, Span
from shotlane.document import are_given, given_text

_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]+(?:\([^()]*\)[^()\[\]]*)*)[)\]]\s*")
_MOST_CHARACTERS = 256 * 1024 * 1024


class DataFileError(Exception):
    """A file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of a column with the lines that they stand in, and the unit of its header."""

    source: Source
    name: str
    unit: str | None
    cells: tuple[str, ...]
    lines: tuple[int, ...]

    def span(self, index: int) -> Span:
        """Place of a cell, as far as it can be told."""
        return _place(self.source, self.lines[index], self.cells[index])

    @property
    def header_span(self) -> Span:
        """Place of the header."""
        return _place(self.source, 1, self.name)


@dataclass(frozen=True, slots=True)
class WideLine:
    """A line with more cells than the header, whose `headers` are counted."""

    span: Span
    cells: int
    headers: int


def _place(source: Source, line: int, text: str) -> Span:
    whole = source.line(line)
    start = source.line_starts[line - 1]
    at = whole.find(text)
    return Span(source, start + max(at, 0), start + (at + len(text) if at >= 0 else len(whole)))


@dataclass(slots=True)
class DataFiles:
    """The files that a sequence names, each read once. `folder` None: nothing says where they are."""

    folder: Path | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def headers(self, name: str) -> list[str]:
        """Names of the columns, without units. Raises `DataFileError`."""
        return [_split(header)[0] for header in next(self._rows(name), (1, []))[1]]

    def column(self, name: str, wanted: str) -> Column | None:
        """A column by its name, or None when there is no such. Raises `DataFileError`."""
        rows = self._rows(name)
        _, header = next(rows, (1, []))
        names = [_split(item) for item in header]
        at = next((index for index, (item, _) in enumerate(names) if item == wanted), None)
        if at is None:
            return None
        cells, lines = [], []
        for line, row in rows:
            if any(row):
                cells.append(row[at] if at < len(row) else "")
                lines.append(line)
        source = Source(name, self.texts[name])
        return Column(source, names[at][0], names[at][1], tuple(cells), tuple(lines))

    def wide_line(self, name: str) -> WideLine | None:
        """The first line with a value beyond the last header. Raises `DataFileError`."""
        rows = self._rows(name)
        width = len(next(rows, (1, []))[1])
        for line, row in rows:
            if any(row[width:]):
                source = Source(name, self.texts[name])
                return WideLine(_place(source, line, source.line(line).strip()), len(row), width)
        return None

    def _rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        text = self.text(name)
        first = text.split("\n", 1)[0]
        delimiter = "," if "," in first else ";" if ";" in first else "\t" if "\t" in first else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            for row in reader:
                yield reader.line_num, [cell.strip() for cell in row]
        except csv.Error as error:
            raise DataFileError(f"line {reader.line_num} of '{name}' is not CSV: {error}") from error

    def text(self, name: str) -> str:
        """The whole text of a file. Raises `DataFileError`."""
        if name not in self.texts:
            if self.folder is None:
                raise DataFileError(f"'{name}' cannot be found: the sequence is no file")
            self.texts[name] = _read(self.folder / name, name)
        return self.texts[name]


def _read(path: Path, name: str) -> str:
    if are_given():
        text = given_text(path)
        if text is None:
            raise DataFileError(f"there is no file '{name}'")
        return text
    try:
        if path.stat().st_size > _MOST_CHARACTERS:
            raise DataFileError(f"'{name}' is larger than {_MOST_CHARACTERS // 1024**2} MiB")
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise DataFileError(f"there is no file '{name}'") from error
    except UnicodeDecodeError as error:
        raise DataFileError(f"'{name}' is not text in UTF-8") from error
    except (OSError, ValueError) as error:
        raise DataFileError(f"'{name}' cannot be read: {error}") from error


def _split(header: str) -> tuple[str, str | None]:
    """Name and unit of a header such as `T (degC)`."""
    match = _WITH_UNIT.fullmatch(header)
    return (match["name"], match["unit"].strip()) if match else (header, None)
