"""`shotlane check`: formats, folders, and what it imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shotlane.api import find_documents
from shotlane.cli import main

REPOSITORY = Path(__file__).parents[2]
BAD = """\
sequence: bad
station: demo
timeline:
  - heat: 5 %, or more
lanes:
  furnace.temperature: {record: 1}
"""


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stations").symlink_to(REPOSITORY / "stations")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad, or: not.yaml").write_text(BAD, encoding="utf-8")
    return tmp_path / "bad, or: not.yaml"


def test_github_shows_messages_beside_their_lines(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad.name, "--format", "github"]) == 2
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert err == ""
    assert first.startswith(
        "::error title=EXP002,file=bad%2C or%3A not.yaml,line=4,col=13,endLine=4,endColumn=14::"
    )
    assert "%0Ahelp: " in first
    assert "%25" in first
    assert "line=6" in second


def test_json_is_short_for_its_format(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad.name, "--json"]) == 2
    short = capsys.readouterr().out
    assert main(["check", bad.name, "--format", "json"]) == 2
    assert capsys.readouterr().out == short
    assert [item["code"] for item in json.loads(short)] == ["EXP002", "EXP040"]


def test_a_run_tells_its_mistakes_in_the_same_formats(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", bad.name, "--format", "github"]) == 2
    assert capsys.readouterr().out.startswith("::error ")


def test_a_folder_is_searched_for_our_documents(tmp_path: Path) -> None:
    texts = {
        "a.yaml": "sequence: a\n",
        "b.yml": "station: b\n",
        "mkdocs.yml": "site_name: docs\nnav: []\n",
        "compose.yaml": "services:\n  db: {image: postgres}\n",
        ".hidden.yaml": "sequence: h\n",
        "x.lock.yaml": "lock: 1\nstation: x\n",
        "node_modules/m.yaml": "sequence: m\n",
        "env/pyvenv.cfg": "",
        "env/e.yaml": "sequence: e\n",
        "parts/p.yaml": "lanes: {}\n",
        "deep/er/with.yaml": "include: [../../parts/p.yaml]\nsequence: w\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = find_documents([tmp_path])
    assert [path.relative_to(tmp_path).as_posix() for path in found.documents] == [
        "a.yaml",
        "b.yml",
        "deep/er/with.yaml",
    ]
    assert {path.name for path in found.others} == {"mkdocs.yml", "compose.yaml"}


def test_a_file_that_is_named_is_always_checked(tmp_path: Path) -> None:
    path = tmp_path / "mkdocs.yml"
    path.write_text("site_name: docs\n", encoding="utf-8")
    assert find_documents([path]).documents == (path,)


def test_a_folder_without_documents_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "no document" in capsys.readouterr().err


def test_checking_imports_nothing_of_running() -> None:
    code = (
        "import sys; from shotlane.cli import main; main(['check', 'sequences/furnace-ramp.yaml']);"
        "heavy = ['pint', 'jsonschema', 'sqlalchemy', 'polars', 'pymodbus', 'serial', 'shotlane.execution'];"
        "sys.exit(','.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""


SEARCH = """\
sequence: search
station: demo
parameters: {T: 60 degC}
timeline:
  - soak: 0.1 s
lanes:
  furnace.setpoint: {set: T}
  furnace.temperature: {record: 20 Hz}
results:
  hot: max(furnace.temperature)
sweep:
  - optimize: {maximize: hot, over: {T: [20 degC, 60 degC]}, shots: 3}
"""


def test_an_optimiser_that_is_not_there_is_told_before_the_run_is_refused(
    bad: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad.write_text(SEARCH, encoding="utf-8")
    assert main(["check", bad.name]) == 0
    assert "RUN009" not in "".join(capsys.readouterr())
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["check", bad.name]) == 0
    assert "RUN009" in "".join(capsys.readouterr())
    assert main(["run", bad.name, "--mock", "--virtual-time"]) == 2
