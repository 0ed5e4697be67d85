"""Several programs write to one store."""

import subprocess
import sys
from pathlib import Path

from tests.store import lab

from shotlane.store import open_reader, open_recorder

WRITER = """
import sys
from shotlane.store import open_recorder
from tests.store import lab
with open_recorder(sys.argv[1]) as recorder:
    print(*[lab.record_run(recorder, shots=3) for _ in range(5)])
"""


def test_programs_that_make_the_store_together_never_share_a_run_number(store_url: str) -> None:
    command = [sys.executable, "-c", WRITER, store_url]
    root = Path(__file__).parents[2]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(4)]
    numbers = [int(number) for writer in writers for number in writer.communicate(timeout=60)[0].split()]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert sorted(numbers) == list(range(1, 21))
    with open_reader(store_url) as reader:
        assert all(run.shots_committed == 3 for run in reader.runs())


def test_the_number_of_a_deleted_run_is_not_given_again(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start(documents={}, channels=(), parameter_units={}))
        lab.end_run(recorder)
        with recorder._writer.transaction() as cursor:
            cursor.execute(f"DELETE FROM run_session WHERE run = {run}")
            cursor.execute(f"DELETE FROM run WHERE number = {run}")
        assert recorder.begin_run(lab.run_start()) == run + 1
