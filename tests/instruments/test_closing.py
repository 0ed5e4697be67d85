"""Closing a pool while some of its ports hang."""

import threading
import time
from pathlib import Path

import pytest
from tests.instruments._peers import device, fault_of, pool_on

pytestmark = pytest.mark.real_time

METER = """
instrument: meter
protocol: ascii
tries: 1
attributes:
  level:
    {query: "L?", reply: "{value:f}", set: {send: "L {value:.0f}", reply: "{value:f}"}, access: rw, safe: 0}
setup: {level: 1}
"""


def test_a_port_that_hangs_long_does_not_hold_up_one_that_comes_back_soon(tmp_path: Path) -> None:
    silent = [False]
    with (
        device(lambda line: None if silent[0] else "1") as long,
        device(lambda line: None if silent[0] else "1") as short,
        device(lambda line: "1") as sound,
    ):
        text = "station: lab\ninstruments:\n"
        for role, made, timeout in (
            ("long", long, "3 s"),
            ("short", short, "0.8 s"),
            ("sound", sound, "3 s"),
        ):
            text += f"  {role}: {{instrument: meter, resource: '{made.resource}', timeout: {timeout}}}\n"
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, told):
            pool.open(["long", "short", "sound"])
            silent[0] = True
            waiting = [
                threading.Thread(target=fault_of, args=(pool.read, role, ["level"]))
                for role in ("long", "short")
            ]
            for thread in waiting:
                thread.start()
            while not (long.asked[-1] == "L?" and short.asked[-1] == "L?"):
                time.sleep(0.01)
            pool.close()
            closed = [fields["role"] for fields in told.of("instrument.closed")]
            assert closed == ["sound", "short", "long"]
            for thread in waiting:
                thread.join()


def test_what_was_given_up_does_not_reach_the_wire_when_it_comes_back(tmp_path: Path) -> None:
    """A write that waits for its port while the pool is closed."""
    with device(lambda line: "1") as made:
        text = f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{made.resource}'}}\n"
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, _):
            pool.open(["meter"])
            member = pool._members["meter"]
            faults: list[object] = []
            with pool.lock_of(pool.port_of("meter")):
                late = threading.Thread(
                    target=lambda: faults.append(fault_of(pool.write, "meter", "level", 9.0))
                )
                late.start()
                pool.close()
            late.join()
            assert "closed" in str(faults[0])
            driver = member.driver
            assert "closed" in str(fault_of(driver.write, "level", 9.0))
    assert "L 9" not in made.asked
