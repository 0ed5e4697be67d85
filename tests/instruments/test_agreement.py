"""Whether a device is at what it was set to: digits that get lost are no restart."""

from typing import Any

import pytest

from shotlane.instruments import Reading
from shotlane.instruments.pool._agreement import SetPoints, agrees
from shotlane.model import Attribute, ValueType

FLOW = Attribute("flow", ValueType.FLOAT, writable=True, low=0.0, high=50.0)


@pytest.mark.parametrize(
    ("written", "read", "step", "same"),
    [
        (20.0, 20.0, 0.0, True),
        (20.0, 20.01, 0.0, True),
        (20.0, 20.1, 0.0, False),
        (0.0, 0.00001, 0.0, True),
        (0.0, 0.2, 0.0, False),
        (0.0123456, 0.012, 0.001, True),
        (0.0123456, 0.012, 0.0, False),
        (20.0, None, 0.0, False),
        (20.0, True, 0.0, False),
    ],
)
def test_numbers_agree_but_for_digits_that_get_lost(
    written: float, read: Any, step: float, same: bool
) -> None:
    assert agrees(FLOW, written, read, step) is same


def test_words_and_switches_agree_exactly() -> None:
    mode = Attribute("mode", ValueType.OPTION, writable=True, options=("fast", "slow"))
    assert agrees(mode, "fast", "fast")
    assert not agrees(mode, "fast", "slow")
    assert agrees(Attribute("note", ValueType.TEXT, writable=True), "on ", "on")


def test_what_was_set_under_another_name_counts_as_set() -> None:
    alias = Attribute("gas.flow", ValueType.FLOAT, writable=True)
    points = SetPoints({"flow": FLOW, "gas.flow": alias}, {"gas.flow": "flow"})
    points.written("flow", 20.0)
    points.written("gas.flow", 0.4)
    assert points.names == ("gas.flow",)


def test_what_cannot_be_compared_is_not_doubted() -> None:
    unread = Attribute("shutoff", ValueType.BOOL, readable=False, writable=True)
    measured = Attribute("voltage", ValueType.FLOAT, writable=True, verify=False)
    points = SetPoints({"shutoff": unread, "voltage": measured})
    points.written("shutoff", True)
    points.written("voltage", 5.0)
    assert points.names == ()


def test_the_first_difference_is_told_with_both_values() -> None:
    points = SetPoints({"flow": FLOW})
    points.written("flow", 20.0)
    assert points.complaint({"flow": Reading(20.0)}) is None
    assert points.complaint({"flow": Reading(None, "---")}) is None
    assert points.complaint({"flow": Reading(0.0)}) == "flow is 0, and was set to 20"
