"""SIGKILL of the runner: every shot that was acknowledged is there, whole; the run never looks successful."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from shotlane.records import Outcome
from shotlane.store import open_reader

RUNNER = textwrap.dedent("""
    import sys
    from shotlane.store import open_recorder
    from tests.store import lab

    recorder = open_recorder(sys.argv[1], flush_interval_s=0.002)
    recorder.begin_run(lab.run_start(shots_planned=100000))
    for shot in range(1, 100001):
        rows = [lab.sample(0, tick, shot) for tick in range(20)]
        lab.record_shot(recorder, shot, rows, [lab.setting(0, 1.0)])
        print(shot, flush=True)
""")


@pytest.mark.parametrize("acknowledged", [1, 40, 300])
def test_no_acknowledged_shot_is_lost_by_a_kill(store_url: str, acknowledged: int) -> None:
    command = [sys.executable, "-c", RUNNER, store_url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as runner:
        assert runner.stdout is not None
        for line in runner.stdout:
            if int(line) >= acknowledged:
                break
        time.sleep(acknowledged % 7 / 1000)
        runner.send_signal(signal.SIGKILL)
        told = [acknowledged, *(int(line) for line in runner.stdout if line.endswith("\n"))]
    with open_reader(store_url) as reader:
        found = reader.run()
        ended = [row[0] for row in reader.shots(1) if row[1] is not None]
        samples = len(reader.samples(1))
    assert ended == list(range(1, len(ended) + 1))
    assert len(ended) >= told[-1]
    assert samples >= 20 * len(ended)
    assert (found.summary.outcome, found.summary.died) == (Outcome.TERMINATED, True)
