"""Work ahead of who uses it: in order, bounded, and ended with who uses it."""

import threading
from collections.abc import Iterator

import pytest

from shotlane.analysis._ahead import ahead


def test_what_ends_first_is_not_given_first() -> None:
    second = threading.Event()

    def call(item: int) -> int:
        if item == 2:
            second.set()
        assert second.wait(20)
        return item

    assert list(ahead(call, [1, 2, 3], 2)) == [1, 2, 3]


def test_no_more_is_begun_than_may_wait() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(9):
            taken.append(item)
            yield item

    found = ahead(lambda item: item, items(), 2)
    assert next(found) == 0
    assert taken == [0, 1]
    found.close()
    assert taken == [0, 1]


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    found = ahead(lambda item: 6 // item, [3, 0, 1], 2)
    assert next(found) == 2
    with pytest.raises(ZeroDivisionError):
        next(found)
