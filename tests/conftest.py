"""What holds for all tests."""

import pytest
from hypothesis import settings

# A machine under load is no reason to fail; a test that hangs meets its timeout.
settings.register_profile("shotlane", deadline=None)
settings.load_profile("shotlane")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests on the system clock from running beside each other: they would make each other late."""
    for item in items:
        if item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.xdist_group("real_time"))
