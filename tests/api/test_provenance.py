"""What every run says of the code, the machine and the people that made it, and what it keeps to itself."""

import getpass
import hashlib
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.archives.packing import make_run, replace_in

import shotlane
from shotlane.api._git import GitSought, without_secrets
from shotlane.api._machine import installed
from shotlane.store import open_reader

SECRET = "s3same-in-a-file"


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", "-C", folder, *names, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a repository, with a lock file, everything committed."""
    folder = tmp_path / "project"
    make_run(folder)
    (folder / "uv.lock").write_text('[[package]]\nname = "numpy"\n')
    (folder / ".env").write_text("PASSWORD=none\n")
    (folder / ".gitignore").write_text("data/\n")
    git(folder, "init", "-q", "-b", "tuesday")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")
    monkeypatch.setenv("SHOTLANE_SECRET_METER", SECRET)
    return folder


def run_again(project: Path) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    """Environment, attached texts and stamps of another run."""
    run = shotlane.run(project / "sequences" / "warm-up.yaml", virtual_time=True, mock=True)
    with open_reader(run.address) as reader:
        record, texts = reader.run(run.number), reader.attachments(run.number)
    return dict(record.environment), texts, record.summary.stamps


def test_a_clean_commit_is_told_with_its_branch(project: Path) -> None:
    environment, texts, stamps = run_again(project)
    commit = git(project, "rev-parse", "HEAD")
    assert environment["git"] == {"commit": commit, "branch": "tuesday", "dirty": False}
    assert "git.diff" not in texts
    assert "dirty" not in stamps


def test_what_was_not_committed_is_kept_without_secrets(project: Path) -> None:
    replace_in(project / "sequences" / "warm-up.yaml", "soak: 100 ms", f"soak: 120 ms  # {SECRET}")
    (project / ".env").write_text("PASSWORD=s3same-of-env\n")
    (project / "uv.lock").write_text("index = 'https://ada:s3same-of-url@example.org'\n")
    environment, texts, stamps = run_again(project)
    assert environment["git"]["dirty"] is True
    assert "dirty" in stamps
    assert "+  - soak: 120 ms  # ***" in texts["git.diff"]
    assert "https://ada:***@example.org" in texts["uv.lock"]
    assert "s3same" not in f"{environment} {texts['git.diff']} {texts['uv.lock']}"


def test_a_large_difference_is_cut(project: Path) -> None:
    (project / "uv.lock").write_text("x = 1\n" * 100_000)
    state, diff = GitSought(project).found()
    assert state is not None
    assert state["diff_cut"] is True
    assert diff is not None
    # By whole lines: half a secret would not be known as one.
    assert (256 << 10) - 10 < len(diff) < 256 << 10
    assert diff.endswith(("\n-x = 1", "\n+x = 1"))


def test_lock_files_are_told_and_kept_once_for_all_runs(project: Path) -> None:
    environment, texts, _ = run_again(project)
    again, _, _ = run_again(project)
    data = (project / "uv.lock").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert environment["lock_files"] == [{"name": "uv.lock", "bytes": len(data), "sha256": digest}]
    assert texts["uv.lock"].encode() == data
    assert again["attachments"] == environment["attachments"]


def test_every_installed_package_is_told_with_its_version() -> None:
    found = installed()
    assert found["polars"] == __import__("polars").__version__
    assert "shotlane" in found


def test_the_station_is_kept_as_it_was_resolved(project: Path) -> None:
    replace_in(
        project / "stations" / "demo.yaml", "  furnace:\n", "  furnace:\n    calibrated_until: 2099-01-01\n"
    )
    _, texts, _ = run_again(project)
    assert '"calibrated_until": "2099-01-01"' in texts["station.json"]


def test_names_of_people_and_machines_can_be_kept_out(project: Path, tmp_path: Path) -> None:
    (project / "shotlane.yaml").write_text("provenance: anonymous\n")
    environment, _, _ = run_again(project)
    assert environment["user"] is None
    assert environment["host"].startswith("machine-")
    store = project / "data" / "shotlane.db"
    with open_reader(store) as reader:
        (session,) = reader.writers(2)
        assert reader.process(2).endswith(environment["host"])
    assert session[5:7] == (environment["host"], None)


def test_the_environment_can_keep_them_out_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOTLANE_PROVENANCE", "anonymous")
    assert run_again(project)[0]["user"] is None


def test_without_that_they_are_told(project: Path) -> None:
    environment, _, _ = run_again(project)
    assert (environment["host"], environment["user"]) == (socket.gethostname(), getpass.getuser())


def test_an_archive_and_its_import_keep_the_texts(project: Path, tmp_path: Path) -> None:
    (project / "uv.lock").write_text("changed\n")
    _, texts, _ = run_again(project)
    store = str(project / "data" / "shotlane.db")
    shotlane.archive(2, tmp_path / "bag", store=store)
    kept = {path.name: path.read_text() for path in (tmp_path / "bag/data/provenance").iterdir()}
    assert kept == texts
    shotlane.import_run(tmp_path / "bag", store=str(tmp_path / "other.db"))
    with open_reader(tmp_path / "other.db") as reader:
        assert reader.attachments(1) == texts


def test_a_folder_that_is_no_repository_has_no_commit(tmp_path: Path) -> None:
    assert GitSought(tmp_path).found() == (None, None)


def test_a_token_in_the_place_of_a_user_is_masked() -> None:
    token = "abcd" * 10
    text = without_secrets(f"x @ git+https://{token}@example.com/x and ssh://git@example.com/y")
    assert text == "x @ git+https://***@example.com/x and ssh://git@example.com/y"
