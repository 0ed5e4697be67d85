"""One planned thing of a port, with all that is needed to do it, or to leave it out.

Tuples, because they are made while a shot runs and because `heapq.merge` compares them: (target, rank, order)
is the order of a port, and `stream`, different in every merged stream, ends the comparison.
"""

from enum import IntEnum
from typing import Any, NamedTuple

NEVER_NS = (1 << 63) - 1


class Kind(IntEnum):
    """What is to be done."""

    READ = 0
    SET = 1
    CALL = 2
    TRIGGER = 3  # of a table that an instrument keeps time for


class Due(NamedTuple):
    """A planned reading, set or call; times from the origin of the attempt.

    `subject`: the channel, or the index among the port's calls. `value`: what is set (a number of the action
    table), the `PlannedCall`, or the table that is triggered. `tick`: of a reading. It is missed once
    `successor_ns` has come: the next later target on its channel if it is periodic, else never. A start later
    than `tolerance_ns` is late.
    """

    target_ns: int
    rank: int
    order: int
    stream: int
    kind: Kind
    subject: int
    value: Any
    tick: int
    successor_ns: int
    tolerance_ns: int
