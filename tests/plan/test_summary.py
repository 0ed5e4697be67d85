"""The plan at a glance, and its retry policy."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.plan.table import MS, compiled, demo_table, faults, line, plan_of

TEXT = (Path(__file__).parents[2] / "sequences" / "furnace-ramp.yaml").read_text(encoding="utf-8")


def test_the_furnace_ramp_at_a_glance() -> None:
    summary = plan_of(TEXT).summary
    assert summary.shots == 9
    # 1.7 s, the ramp of 15, 35 or 55 K at 40 K/s, and 0.1 s to 5 s until the furnace has settled.
    assert summary.shot_ns == (2175 * MS, 8075 * MS)
    assert summary.total_ns == 3 * (3 * 6700 * MS + (375 + 875 + 1375) * MS)
    assert (summary.open_ended, summary.bounded) == (True, True)
    assert [(step.name, step.shortest_ns / MS, step.longest_ns / MS) for step in summary.steps][1] == (
        "heat",
        375,
        1375,
    )


def test_ranges_counts_and_load_of_channels() -> None:
    summary = plan_of(TEXT).summary
    setpoint = summary.channels[0]
    assert (setpoint.low, setpoint.high, setpoint.limits) == (25.0, 80.0, (10.0, 200.0))
    # 17 ticks of the ramp after its first, which set-up wrote; the end of the ramp; the way down.
    assert (setpoint.sets, setpoint.readings) == (19, 1)
    port = summary.ports[0]
    # The busiest step: a recording of 50 Hz at 2 ms, and the ticks of the ramp at 1 ms.
    assert port.step == "heat"
    assert port.load == pytest.approx(50 * 0.002 + 17 * 0.001 / 0.375)
    assert summary.roles == ("furnace", "gas", "balance")


def test_the_range_of_a_function_is_that_of_its_ticks_and_its_end() -> None:
    text = "sequence: t\ntimeline: [{a: 1 s}]\nlanes: {box.level: {set: 2 V - t * 3 V/s, every: 0.3 s}}\n"
    channel = plan_of(text).summary.channels[0]
    assert (channel.low, channel.high) == (-1.0, 2.0)


def test_retry_is_taken_over() -> None:
    retry = plan_of(TEXT).retry
    assert (retry.attempts, retry.delay_ns, retry.backoff, retry.then) == (3, 200 * MS, 2.0, "skip")
    assert retry.wait_ns == 0
    assert retry.on == {"timeout", "disconnected", "garbled"}
    assert plan_of("sequence: t\ntimeline: [{a: 1 s}]\n").retry.attempts == 1


def test_a_wait_is_part_of_the_digest_and_none_is_as_before() -> None:
    text = "sequence: t\ntimeline: [{a: 1 s}]\nretry: {%s}\n"
    digests = [
        plan_of(text % policy).digest
        for policy in ("attempts: 2", "attempts: 2, wait: 0 s", "attempts: 2, wait: 1 h")
    ]
    assert (digests[0] == digests[1], digests[1] == digests[2]) == (True, False)
    assert plan_of(text % "wait: 1 h").retry.wait_ns == 3600 * 1000 * MS


@pytest.mark.parametrize(("delay", "code"), [("-1 s", "SEQ225"), ("5", "EXP040"), ("T", "SEQ225")])
@pytest.mark.parametrize("key", ["delay", "wait"])
def test_a_delay_that_cannot_be(key: str, delay: str, code: str) -> None:
    text = (
        f"sequence: t\nparameters: {{T: 1 s}}\nsweep: [{{T: [1 s, 2 s]}}]\ntimeline: [{{a: 1 s}}]\n"
        f"retry: {{{key}: {delay}}}\n"
    )
    assert faults(text) == [(code, 5)]


def test_a_class_that_nothing_here_can_have_is_told() -> None:
    text = "sequence: t\ntimeline: [{a: 1 s}]\nretry: {attempts: 2, on: [timeout, flaky]}\n"
    table = demo_table()
    _, report = compiled(text, table=table)
    (found,) = report.warnings
    assert (found.code, line(found)) == ("SEQ225", 3)
    assert "faults of the class 'flaky'" in found.message
    own = {name: replace(role, own_faults=True) for name, role in table.roles.items()}
    _, report = compiled(text, table=replace(table, roles=own))
    assert list(report) == []
