"""A project to begin with: it checks, runs, and overwrites nothing."""

import json
from pathlib import Path

import pytest

import shotlane
from shotlane.cli import main, run_sequence
from shotlane.model import json_schema


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "my lab"
    assert main(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    capsys.readouterr()
    return folder


def test_a_new_project_is_clean(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "."]) == 0
    assert capsys.readouterr() == ("no mistakes in 4 documents\n", "")


@pytest.mark.parametrize(("name", "shots"), [("first", 1), ("sweep", 6)])
def test_the_sequences_of_a_new_project_run(project: Path, name: str, shots: int) -> None:
    assert run_sequence([f"sequences/{name}.yaml", "--virtual-time", "-q"]) == 0
    assert shotlane.load(1).shots().height == shots


def test_an_editor_finds_the_schemas(project: Path) -> None:
    settings = json.loads((project / ".vscode/settings.json").read_text(encoding="utf-8"))
    for path in settings["yaml.schemas"]:
        kind = Path(path).name.partition(".")[0]
        assert json.loads((project / path).read_text(encoding="utf-8")) == json_schema(kind)  # type: ignore[arg-type]
    first = (project / "sequences/first.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert (project / "sequences" / first.partition("$schema=")[2]).resolve().is_file()


def test_nothing_is_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (project / "README.md").read_bytes()
    (project / "stations/demo.yaml").write_text("station: mine\n", encoding="utf-8")
    (project / ".gitignore").unlink()
    assert main(["init", "."]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert (project / "README.md").read_bytes() == before
    assert not (project / ".gitignore").exists()


def test_it_must_be_said_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 2
    assert "shotlane init DIR" in capsys.readouterr().err
