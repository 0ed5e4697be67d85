"""What the documentation shows is what happens."""

import argparse
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import Block, blocks, commands, completed, links, matches, needs
from tests.in_process import COMMANDS, run_here

import shotlane
from shotlane.cli._arguments import main_parser, run_parser
from shotlane.diagnostics import render_text
from shotlane.model import json_schema

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
# Pages of codes are tested by what they are about (test_codes).
PAGES = [
    REPOSITORY / "README.md",
    *(page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "codes"),
]
WIDTH = "100"
# What only a shell understands.
_SHELL = re.compile(r"[|&;<>$*?~`]")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a reader has before the first line of a page: the stations and sequences of the repository."""
    for name in ("sequences", "stations"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_do_what_it_says(page: Path, project: Path) -> None:
    names: dict[str, Any] = {}
    for module in needs(page):
        pytest.importorskip(module, reason=f"{page.name} needs {module}")
    for block in blocks(page):
        if block.language == "yaml":
            _yaml(block, project)
        elif block.path is not None:
            (project / block.path).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            _console(block, project)
        elif block.language == "python":
            exec(compile(block.text, block.place, "exec"), names)
        elif block.language == "pycon":
            _interactive(block, names)


def _yaml(block: Block, project: Path) -> None:
    path = project / (block.path or "sequences/part.yaml")
    path.write_text(block.text if block.path else completed(block.text), encoding="utf-8")
    if block.kind == "wrong":
        return
    report = shotlane.check([path])
    assert len(report) == 0, f"{block.place}\n{render_text(report)}"
    if path.parent.name == "sequences":
        run = shotlane.run(path, virtual_time=True, mock=True, store=f"sqlite:///{project}/aside.db")
        assert run.outcome in (shotlane.Outcome.DONE, shotlane.Outcome.PASSED), block.place
    if block.path is None:
        path.unlink()


def _console(block: Block, project: Path) -> None:
    for command, shown in commands(block):
        if _SHELL.search(command) or command.split()[0] not in COMMANDS or block.place.startswith("README"):
            real = run_command(command, project)
        else:
            real = _told_here(command, project)
        assert matches(shown, real), f"{block.place}: $ {command}\n{real}"


def _told_here(command: str, project: Path) -> str:
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", WIDTH)
        run_here(shlex.split(command), project, told, told)
    return told.getvalue()


def run_command(command: str, project: Path) -> str:
    """Standard output and error of a command, as a reader sees them."""
    folder = Path(sys.executable).parent
    surroundings = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": WIDTH,
        "PYTHONUNBUFFERED": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def _interactive(block: Block, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, block.place, None, None)
    told: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.DocTestRunner(optionflags=flags, verbose=False).run(
        test, out=told.append, clear_globs=False
    )
    assert not failed, "".join(told)
    names.update(test.globs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = [target for target in links(page) if not (page.parent / target).exists()]
    assert not broken


def test_the_index_leads_to_every_page() -> None:
    found = set(links(DOCS / "index.md"))
    missing = {path.name for path in DOCS.glob("*.md")} - found - {"index.md"}
    assert not missing


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for verb, below in action.choices.items():
                yield verb
                yield from _options(below)


def test_every_option_of_the_command_line_is_described() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    known = {*_options(main_parser()), *_options(run_parser())}
    assert not sorted(name for name in known if not re.search(rf"(?<![\w-]){name}(?![\w-])", page))


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for name, value in schema.items():
            if name not in ("examples", "default", "enum"):
                yield from _keys(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keys(item)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("sequence", "language"), ("station", "instruments"), ("instrument", "instruments")],
)
def test_every_key_of_a_document_is_described(kind: Any, name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert not sorted(key for key in set(_keys(json_schema(kind))) if f"`{key}" not in page)
