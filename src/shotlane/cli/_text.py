"""Numbers and times as people read them."""

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any


def duration(ns: int) -> str:
    """A length of time: '20 us', '850 ms', '12.5 s', '2 min 05 s', '3 h', '2 d 4 h'."""
    if ns < 1_000_000:
        return f"{ns / 1e3:.3g} us" if ns else "0 s"
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.3g} ms"
    if ns < 59_950_000_000:  # from there on three digits would show 60 s
        return f"{ns / 1e9:.3g} s"
    minutes, seconds = divmod(round(ns / 1e9), 60)
    if minutes < 60:
        return _two(minutes, "min", f"{seconds:02d} s" if seconds else "")
    hours, minutes = divmod(round(ns / 60e9), 60)
    if hours < 48:
        return _two(hours, "h", f"{minutes:02d} min" if minutes else "")
    days, hours = divmod(round(ns / 3600e9), 24)
    return _two(days, "d", f"{hours} h" if hours else "")


def whole_duration(ns: int) -> str:
    """The same with all its digits: '20 us', '21.0005 ms', '2 min 05.25 s'."""
    for unit, places in (("us", 3), ("ms", 6), ("s", 9)):
        if 0 < ns < min(10 ** (places + 3), 60_000_000_000):
            return f"{Decimal(ns).scaleb(-places).normalize():f} {unit}"
    minutes, rest_ns = divmod(ns, 60_000_000_000)
    if not minutes or (minutes < 60 and not rest_ns % 1_000_000_000):
        return duration(ns)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24) if hours >= 48 else (0, hours)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h")) if number]
    parts += [f"{minutes:02d} min" if parts else f"{minutes} min"] if minutes else []
    seconds = Decimal(rest_ns).scaleb(-9).normalize()
    return " ".join([*parts, f"{'0' if seconds < 10 else ''}{seconds:f} s"] if rest_ns else parts)


def instants(times_ns: Iterable[int]) -> list[str]:
    """Instants in seconds for one below the other: as many decimals as the finest needs, at least six."""
    times = list(times_ns)
    places = next((places for places in (6, 7, 8) if not any(ns % 10 ** (9 - places) for ns in times)), 9)
    texts = [f"{Decimal(ns).scaleb(-9):.{places}f}" for ns in times]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def _two(number: int, unit: str, rest: str) -> str:
    return f"{number} {unit} {rest}".rstrip()


def lateness(ns: float) -> str:
    """A short time: '12 us', '3.4 ms', '1.2 s'."""
    if abs(ns) < 1_000_000:
        return f"{ns / 1e3:.0f} us"
    return f"{ns / 1e6:.1f} ms" if abs(ns) < 1e9 else f"{ns / 1e9:.1f} s"


def count(number: int, noun: str) -> str:
    """'1 shot', '9 shots', '12,000 shots'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def worn(fields: Mapping[str, Any]) -> str:
    """What the event `instrument.worn` means: '11 writes, and its memory stands 3 in 24 h'."""
    hours = fields["per_s"] / 3600
    return f"{fields['writes']:,} writes, and its memory stands {fields['budget']:,} in {hours:.6g} h"


def value(number: Any, unit: str | None = None) -> str:
    """A value with its unit as one writes it in a sequence."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return (
            {True: "on", False: "off"}.get(number, str(number)) if isinstance(number, bool) else str(number)
        )
    text = f"{number:.6g}"
    return f"{text} {unit}" if unit and unit != "dimensionless" else text


def one_line(text: str) -> str:
    """A text of an instrument or a person in one line, and no control codes: a terminal would obey these."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "?" for sign in text)


def table(header: list[str], rows: list[list[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Columns padded to their widest cell; those in `right` are set flush right."""
    widths = [max(len(row[index]) for row in [header, *rows]) for index in range(len(header))]

    def line(row: list[str]) -> str:
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, rows)])


def terminal_width() -> int:
    """Columns that there are to write in; many where nobody sets a bound."""
    return shutil.get_terminal_size(fallback=(200, 24)).columns


def hanging(head: str, text: str) -> list[str]:
    """A text behind its heading, broken between words to fit the terminal."""
    width = max(terminal_width(), len(head) + 20)
    options: Any = {"break_long_words": False, "break_on_hyphens": False}
    indent = " " * min(len(head), 24)
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=indent, **options) or [head]


def tables(header: list[str], rows: list[list[str]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """A table as lines; one wider than the terminal goes on below, its first column repeated."""
    widths = [max(len(row[index]) for row in [header, *rows]) for index in range(len(header))]
    blocks: list[list[int]] = [[0]]
    for index in range(1, len(header)):
        block = blocks[-1]
        needed = sum(widths[one] + 2 for one in block) + widths[index]
        if needed > terminal_width() and len(block) > 1:
            blocks.append([0, index])
        else:
            block.append(index)
    lines: list[str] = []
    for block in blocks:
        part = [[row[index] for index in block] for row in [header, *rows]]
        aligned = frozenset(place for place, index in enumerate(block) if index in right)
        lines += [*([""] if lines else []), *table(part[0], part[1:], right=aligned).splitlines()]
    return lines
