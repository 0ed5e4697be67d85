"""What holds for all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests on the system clock from running beside each other: they would make each other late."""
    for item in items:
        if item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.xdist_group("real_time"))
