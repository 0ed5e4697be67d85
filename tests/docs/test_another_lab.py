"""docs/another-lab.md, done as another lab would: another Python, and nothing but the archive."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import Block, blocks, commands, matches
from tests.docs.test_docs import DOCS, REPOSITORY, run_command

PAGE = DOCS / "another-lab.md"
NEEDED = "import sys, polars, sqlalchemy, pydantic, pint; print(*sys.version_info[:2])"


def other_python() -> str:
    """A Python of another version that has what shotlane needs; without one the test is skipped."""
    named = os.environ.get("SHOTLANE_OTHER_PYTHON")
    for python in [named] if named else [shutil.which(f"python3.{minor}") for minor in (13, 12, 11)]:
        if python is not None and _version(python) not in (
            None,
            f"{sys.version_info[0]} {sys.version_info[1]}",
        ):
            return python
    pytest.skip("SHOTLANE_OTHER_PYTHON names no Python of another version that has what shotlane needs")


def _version(python: str) -> str | None:
    done = subprocess.run([python, "-c", NEEDED], check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """The folder of the other lab, with what was sent to it."""
    project, lab = tmp_path / "project", tmp_path / "lab"
    for name in ("sequences", "stations"):
        shutil.copytree(REPOSITORY / name, project / name)
    lab.mkdir()
    before, _ = _parts()
    for block in before:
        for command, _ in commands(block):
            run_command(command, project)
    shutil.move(project / "furnace-ramp.zip", lab)
    shutil.rmtree(project)
    return lab


def _parts() -> tuple[list[Block], list[Block]]:
    """The blocks of the page that are run: those of the lab that sent it, and those of the other one."""
    line = PAGE.read_text(encoding="utf-8").split("<!-- there -->")[0].count("\n")
    found = [block for block in blocks(PAGE) if block.language in ("console", "python")]
    place = [int(block.place.rpartition(":")[2]) for block in found]
    here = [block for block, at in zip(found, place, strict=True) if at <= line]
    return here, found[len(here) :]


def _commands_in(folder: Path, python: str) -> Path:
    """A folder of commands that are run by the other Python, and by it alone."""
    folder.mkdir()
    source = REPOSITORY / "src"
    for name, what in (("python", ""), ("shotlane", "-m shotlane")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{source}" exec "{python}" {what} "$@"\n')
        script.chmod(0o755)
    return folder


def test_another_lab_comes_through_the_page(sent: Path, tmp_path: Path) -> None:
    bin_ = _commands_in(tmp_path / "bin", other_python())
    surroundings = {
        "PATH": f"{bin_}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "COLUMNS": "100",
        "TZ": "Asia/Tokyo",
    }
    for block in _parts()[1]:
        if block.path is not None:
            (sent / block.path).write_text(block.text, encoding="utf-8")
            continue
        for command, shown in commands(block):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=sent,
                env=surroundings,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
            assert matches(shown, done.stdout), f"{block.place}: $ {command}\n{done.stdout}"
