"""What holds for all tests."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.examples import MORE, examples
from tests.store.fixtures import postgres_server, postgres_url, sqlite_url, store_url

__all__ = ["postgres_server", "postgres_url", "sqlite_url", "store_url"]

# A machine under load is no reason to fail; a test that hangs meets its timeout. Each run tries other
# examples, but in CI, where a commit that passes has to pass again.
settings.register_profile(
    "shotlane", deadline=None, max_examples=examples(100), derandomize="CI" in os.environ and MORE == 1
)
settings.load_profile("shotlane")

# Some shells start what is to run in the background with Ctrl-C ignored, and each process hands that on to
# those it starts, for whom it is the subject of a test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Hundreds of processes are started. Where a machine keeps no bytecode, each would compile everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


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
