"""A dead instrument is declared down, fails at once, slows nobody and is asked again now and then."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.instruments._peers import AsciiDevice, Told, device, fault_of, pool_on, seconds, value

from shotlane.instruments import InstrumentError, Pool, PoolError
from shotlane.instruments.pool._health import DOWN_AFTER, Health

SECOND = 1_000_000_000
METER = """
instrument: meter
protocol: ascii
timeout: 200 ms
attributes:
  level: {query: "L?", reply: "{value:f}", set: {send: "L {value:.1f}", reply: none}, access: rw, safe: 0}
identity: {query: "I?", reply: "{maker:w} {model:w}"}
"""


def test_failures_in_a_row_declare_it_down_and_each_probe_comes_later() -> None:
    health = Health()
    assert [health.failed(0) for _ in range(DOWN_AFTER)] == [False] * (DOWN_AFTER - 1) + [True]
    pauses = []
    for _ in range(8):
        pauses.append(health.wait_ns(0) / SECOND)
        health.failed(0)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_an_answer_makes_it_well() -> None:
    health = Health()
    for now_ns in range(DOWN_AFTER):
        health.failed(now_ns)
    assert health.answered(SECOND) == SECOND - (DOWN_AFTER - 1)
    assert (health.down, health.wait_ns(SECOND), health.answered(SECOND)) == (False, 0, None)


def test_failures_with_answers_between_them_do_not_count() -> None:
    health = Health()
    for _ in range(5 * DOWN_AFTER):
        assert not health.failed(0)
        health.answered(0)


def answer(line: str) -> str | None:
    return "acme m1" if line == "I?" else "1.0" if line == "L?" else None


class Two:
    """Two meters, `dead` and `well`; each on a wire of its own."""

    def __init__(self, pool: Pool, told: Told, dead: AsciiDevice) -> None:
        self.pool, self.told, self.dead = pool, told, dead

    def die(self) -> None:
        self.dead.answer = lambda _: None
        for _ in range(DOWN_AFTER // 2):
            self.fail()

    def fail(self) -> InstrumentError:
        error = fault_of(self.pool.read, "dead", ["level"])
        assert error is not None
        return error


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with device(answer) as dead, device(answer) as well:
        text = "station: lab\ninstruments:\n"
        for role, made in (("dead", dead), ("well", well)):
            text += f"  {role}: {{instrument: meter, resource: '{made.resource}'}}\n"
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, told):
            pool.open(["dead", "well"])
            yield Two(pool, told, dead)


pytestmark = pytest.mark.real_time


def test_what_is_down_fails_at_once_without_being_asked(two: Two) -> None:
    two.die()
    asked = len(two.dead.asked)
    errors: list[InstrumentError] = []
    assert seconds(lambda: errors.append(two.fail())) < 0.05
    assert errors[0].fault == "disconnected"
    assert "declared down: 4 requests in a row were not answered" in errors[0].message
    assert len(two.dead.asked) == asked
    assert [fields["unanswered"] for fields in two.told.of("instrument.down")] == [DOWN_AFTER]


def test_a_dead_instrument_does_not_slow_the_others(two: Two) -> None:
    two.dead.answer = lambda _: None
    ended = threading.Event()

    def keep_asking() -> None:
        while not ended.is_set():
            two.fail()

    thread = threading.Thread(target=keep_asking)
    thread.start()
    slowest = max(seconds(lambda: two.pool.read("well", ["level"])) for _ in range(50))
    ended.set()
    thread.join()
    assert slowest < 0.15


def test_it_is_asked_again_after_a_while_and_then_is_well(two: Two) -> None:
    two.die()
    two.dead.answer = answer
    assert "declared down" in two.fail().message
    time.sleep(0.55)
    assert value(two.pool, "dead", "level") == 1.0
    assert len(two.told.of("instrument.answered-again")) == 1


def test_a_new_attempt_asks_at_once(two: Two) -> None:
    two.die()
    two.dead.answer = answer
    two.pool.begin_attempt(1, 2)
    assert value(two.pool, "dead", "level") == 1.0


def test_a_probe_is_a_single_try(two: Two) -> None:
    two.die()
    two.pool.begin_attempt(1, 2)
    asked = len(two.dead.asked)
    two.fail()
    assert len(two.dead.asked) == asked + 1


def test_the_safe_state_tries_it_once_more(two: Two) -> None:
    two.pool.write("dead", "level", 5.0)
    two.die()
    two.dead.answer = answer
    assert ("dead", "level", 0.0) in two.pool.safe_writes()
    two.pool.write("dead", "level", 0.0)
    deadline = time.monotonic() + 30  # the set has no reply that says that it has come
    while "L 0.0" not in two.dead.asked:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_dead_instruments_do_not_add_up_at_opening(tmp_path: Path) -> None:
    silent = [device(lambda _: None) for _ in range(4)]
    made = [each.__enter__() for each in silent]
    text = "station: lab\ninstruments:\n"
    for number, one in enumerate(made):
        text += f"  m{number}: {{instrument: meter, resource: '{one.resource}'}}\n"
    took_s = []
    for _ in range(3):  # waits that add up do so each time, those of a busy machine do not
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, told):
            before = time.monotonic()
            with pytest.raises(PoolError) as caught:
                pool.open(["m3", "m0", "m1", "m2"])
            took_s.append(time.monotonic() - before)
            assert list(caught.value.faults) == ["m0", "m1", "m2", "m3"]
            assert len(told.of("instrument.faulted")) == 4
    assert min(took_s) < 0.7  # each of the four waits 0.2 s
    for each in silent:
        each.__exit__(None, None, None)
