"""What differs on the disk from what a run was made from."""

from pathlib import Path

from shotlane.api._changes import changes_of
from shotlane.api._same_plan import shot_ranges


def origin(folder: Path, *names: str) -> dict[str, object]:
    return {"files": {name: str(folder / name) for name in names}}


def test_only_what_differs_is_told(tmp_path: Path) -> None:
    (tmp_path / "same.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    (tmp_path / "other.yaml").write_text("a: 2\n")
    texts = {name: "a: 1\n" for name in ("same.yaml", "other.yaml", "gone.yaml", "catalogue/x.yaml")}
    found = changes_of(origin(tmp_path, "same.yaml", "other.yaml", "gone.yaml"), texts)
    assert [(change.name, change.since is None) for change in found] == [
        ("other.yaml", False),
        ("gone.yaml", True),
    ]
    assert str(found[0]).startswith("other.yaml was changed 20")
    assert str(found[1]) == f"gone.yaml is gone ({tmp_path / 'gone.yaml'})"


def test_shots_are_told_in_ranges() -> None:
    assert shot_ranges([]) == ""
    assert shot_ranges([7]) == "7"
    assert shot_ranges([1, 2, 3, 5, 7, 8]) == "1..3, 5, 7..8"
