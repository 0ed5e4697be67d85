"""A page per diagnostic code, whose example gives exactly that code, and whose fix is clean."""

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs.code_index import INDEX, index_text

from shotlane.cli import main, run_sequence
from shotlane.cli._explain import code_page
from shotlane.diagnostics import CODES

REPOSITORY = Path(__file__).parents[2]
CODE_PAGES = REPOSITORY / "docs" / "codes"
# What nobody can put on a page: a document of 2 MiB, a hundred mistakes, a damaged file, what is all there;
# and what needs an installed package, which the page on lane kinds and tests/model/test_lane_kinds.py show.
WITHOUT_EXAMPLE = {"YAML014", "YAML015", "RUN009", "RUN011", "SEQ900", "SEQ235", "SEQ236"}
_DOCUMENT = re.compile(r"<!-- document: (\S+) -->\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"```console\n\$ (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Page:
    """Documents before and after the fix, the command, what it says of the wrong ones, and the fixed one."""

    wrong: dict[str, str]
    right: dict[str, str]
    command: str
    output: str
    fixed: str


def page_of(code: str) -> Page:
    text = (CODE_PAGES / f"{code}.md").read_text(encoding="utf-8")
    example, _, fix = text.partition("\n## Fix\n")
    wrong = dict(_DOCUMENT.findall(example))
    found = _CONSOLE.search(example)
    assert found is not None
    again = _CONSOLE.search(fix)
    return Page(
        wrong,
        {**wrong, **dict(_DOCUMENT.findall(fix))},
        found[1],
        found[2],
        again[1] if again is not None else found[1],
    )


def execute(command: str, documents: dict[str, str], project: Path) -> int:
    for name, text in documents.items():
        (project / name).write_text(text, encoding="utf-8")
    status = 0
    for part in command.split(" && "):
        program, *arguments = shlex.split(part)
        status = {"shotlane": main, "run-sequence": run_sequence}[program](arguments)
    return status


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(REPOSITORY / "stations", tmp_path / "stations")
    (tmp_path / "sequences").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in CODE_PAGES.glob("*.md")} == {*CODES, "index"}


@pytest.mark.parametrize("code", CODES)
def test_a_page_begins_with_what_its_code_means(code: str) -> None:
    assert code_page(code).startswith(f"# {code}\n\n*{CODES[code]}*\n")


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_EXAMPLE))
def test_the_example_of_a_page_gives_its_code_and_the_fix_nothing(
    code: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = page_of(code)
    status = execute(page.command, page.wrong, project)
    told = capsys.readouterr().err
    assert re.sub(r"\n\n1 (error|warning)\n$", "\n", told) == page.output
    assert re.match(rf"(\S+:\d+:\d+ )?{code} ", told)
    assert status == (0 if "1 warning" in told else 2)
    assert execute(page.fixed, page.right, project) == 0
    assert capsys.readouterr().err == ""


def test_the_index_is_in_step_with_the_codes() -> None:
    assert INDEX.read_text(encoding="utf-8") == index_text(), "run python -m tests.docs.code_index"
