"""What can be asked in one exchange: readings of one role that are due together.

Readings due at the same (target, rank) of one role are one block read, unless a set or a call of that role
stands between them. Sets and calls are an exchange each. The order of exchanges is that of their first parts.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from shotlane.execution._due import Due, Kind

Block = list[Due]


def _instant(due: Due) -> tuple[int, int]:
    return (due.target_ns, due.rank)


def blocks(dues: Iterable[Due], role_of: Callable[[Due], str]) -> Iterator[Block]:
    """Group what is due into exchanges, lazily."""
    for _, together in groupby(dues, _instant):
        first, *rest = together
        if rest:
            yield from _blocks_of_instant([first, *rest], role_of)
        else:
            yield [first]


def _blocks_of_instant(dues: Iterable[Due], role_of: Callable[[Due], str]) -> list[Block]:
    result: list[Block] = []
    open_reads: dict[str, Block] = {}
    for due in dues:
        role = role_of(due)
        if due.kind is Kind.READ and role in open_reads:
            open_reads[role].append(due)
            continue
        block = [due]
        result.append(block)
        if due.kind is Kind.READ:
            open_reads[role] = block
        else:
            open_reads.pop(role, None)
    return result
