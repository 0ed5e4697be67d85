"""What holds for all tests."""

from collections.abc import Iterator

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


@pytest.fixture(autouse=True, scope="session")
def _own_locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Instruments of the same address stand in many tests, which run beside each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
