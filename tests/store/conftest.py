from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spools of stores without a folder of their own lie with the user's data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
