"""The guard always ends, and never silently when it has not made everything safe."""

import subprocess
import sys
import textwrap


def test_a_guard_that_does_not_come_to_an_end_says_that_nothing_is_known_to_be_safe() -> None:
    code = textwrap.dedent(
        """
        import sys, time
        from shotlane.api import _guard_act, _guard_process

        _guard_act.make_safe = lambda charge: time.sleep(60)
        _guard_process._LONGEST_S = 0.1
        _guard_process._act({"path": sys.path, "run": 7})
        """
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "NOT SAFE: the process of run 7 died" in found.stderr
