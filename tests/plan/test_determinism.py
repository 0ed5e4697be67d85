"""A plan is what its documents say: no clock, no chance, no hash seed, no zone, no Python version in it."""

import datetime
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plan.plan_digests import ROOT, ImpureError, digests, pure


def in_a_child(folder: Path, python: str, **environment: str) -> Any:
    folder.mkdir()
    code = [python, "-m", "tests.plan.plan_digests", str(folder)]
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        code,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_plans_are_equal_in_other_processes_with_other_hash_seeds_and_zones(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    expected = digests(here)
    assert in_a_child(tmp_path / "a", sys.executable, PYTHONHASHSEED="1", TZ="Asia/Tokyo") == expected
    assert in_a_child(tmp_path / "b", sys.executable, PYTHONHASHSEED="77", TZ="UTC", LC_ALL="C") == expected


def test_plans_are_equal_on_another_python(tmp_path: Path) -> None:
    other = os.environ.get("SHOTLANE_OTHER_PYTHON")
    if other is None:
        pytest.skip("SHOTLANE_OTHER_PYTHON names no other Python")
    here = tmp_path / "here"
    here.mkdir()
    assert in_a_child(tmp_path / "other", other) == digests(here)


@pytest.mark.parametrize(
    "ask",
    [
        time.time,
        time.time_ns,
        lambda: datetime.datetime.now(datetime.UTC),
        random.random,
        lambda: os.urandom(1),
        np.random.default_rng,
    ],
)
def test_the_watch_over_plans_sees_who_asks_for_time_or_chance(ask: Callable[[], object]) -> None:
    with pytest.raises(ImpureError), pure():
        ask()
