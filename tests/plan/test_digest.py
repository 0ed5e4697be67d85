"""Digests: what counts and what does not."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.plan.table import compiled, demo_table, plan_of

from shotlane.model import ChannelTable
from shotlane.plan import _program

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "sequences" / "furnace-ramp.yaml").read_text(encoding="utf-8")


def elsewhere(table: ChannelTable) -> ChannelTable:
    """The same instruments, all on one port."""
    channels = {name: replace(channel, port="all") for name, channel in table.channels.items()}
    roles = {name: replace(role, port="all") for name, role in table.roles.items()}
    return replace(table, channels=channels, roles=roles)


def tightened(table: ChannelTable) -> ChannelTable:
    channel = table.channels["furnace.setpoint"]
    limited = replace(channel, attribute=replace(channel.attribute, high=150.0))
    return replace(table, channels={**table.channels, "furnace.setpoint": limited})


def _output(command: list[str], seed: str) -> str:
    environment = {"PYTHONHASHSEED": seed}
    return subprocess.run(
        command, env=environment, cwd=ROOT, text=True, capture_output=True, check=True
    ).stdout


def test_shots_of_a_sweep_have_different_digests_and_segments_their_own() -> None:
    plan = plan_of(TEXT)
    assert len({shot.digest for shot in plan.shots()}) == 9
    assert len({shot.segments[0].digest for shot in plan.shots()}) == 9


def test_compiling_again_gives_the_same_digests() -> None:
    assert plan_of(TEXT).digest == plan_of(TEXT).digest
    assert [shot.digest for shot in plan_of(TEXT).shots()] == [shot.digest for shot in plan_of(TEXT).shots()]


def test_a_digest_is_the_same_in_another_process_with_other_hash_seeds() -> None:
    code = (
        "from tests.plan.test_digest import *; plan = plan_of(TEXT); print(plan.digest, plan.shot(5).digest)"
    )
    found = {_output([sys.executable, "-c", code], seed) for seed in ("1", "2")}
    plan = plan_of(TEXT)
    assert found == {f"{plan.digest} {plan.shot(5).digest}\n"}


def test_ports_texts_for_people_and_spaces_do_not_count() -> None:
    plan = plan_of(TEXT)
    assert plan_of(TEXT, table=elsewhere(demo_table())).digest == plan.digest
    assert plan_of(TEXT.replace("furnace-ramp", "other").replace("commissioning", "x")).digest == plan.digest
    assert plan_of(TEXT.replace("tags:", "tags:  ").replace("# the read-back", "")).digest == plan.digest


def test_values_limits_points_and_retry_count() -> None:
    plan = plan_of(TEXT)
    assert plan_of(TEXT, table=tightened(demo_table())).digest != plan.digest
    assert plan_of(TEXT.replace("80 degC]", "81 degC]")).digest != plan.digest
    assert plan_of(TEXT.replace("attempts: 3", "attempts: 2")).digest != plan.digest
    assert plan_of(TEXT.replace("every: 20 ms", "every: 25 ms")).digest != plan.digest


def test_a_shot_has_the_same_digest_in_another_sweep() -> None:
    one = TEXT.replace("[40 degC, 60 degC, 80 degC]", "[60 degC]")
    assert plan_of(one).shot(2).digest == plan_of(TEXT).shot(5).digest
    assert plan_of(one).shot(2).segments[0].digest == plan_of(TEXT).shot(5).segments[0].digest


def test_an_override_gives_the_digest_of_the_shot_that_was_swept() -> None:
    plan = compiled(TEXT, overrides={"T_soak": "60 degC"})[0]
    assert plan is not None
    assert plan.shot(1).digest == plan_of(TEXT).shot(4).digest


def test_a_shot_may_be_cut_in_any_order() -> None:
    plan = plan_of(TEXT)
    late = plan.shot(9).digest
    assert plan.shot(1).digest == plan_of(TEXT).shot(1).digest
    assert plan.shot(9).digest == late


def test_digests_do_not_depend_on_how_many_points_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = [shot.digest for shot in plan_of(TEXT).shots()]
    monkeypatch.setattr(_program, "MOST_ROWS", 2)
    apart = plan_of(TEXT)
    assert apart.cutter.at(5)[2] == 1
    assert [shot.digest for shot in apart.shots()] == together


def test_a_segment_has_the_same_digest_whether_its_times_are_swept_or_fixed() -> None:
    fixed = TEXT.replace("cool: 1 s", "cool: 0.7 s")
    swept = TEXT.replace("cool: 1 s", "cool: last").replace("  flow: 20", "  last: 1 s\n  flow: 20")
    swept = swept.replace("retry:", "  - last: [0.7 s, 2 s]\nretry:")
    found = [shot.segments[0].digest for shot in plan_of(swept).shots()][::2]
    assert found == [shot.segments[0].digest for shot in plan_of(fixed).shots()]


def test_descriptions_of_lanes_do_not_count() -> None:
    described = TEXT.replace(
        "  furnace.temperature:\n", "  furnace.temperature:\n    description: The furnace.\n"
    )
    assert plan_of(described).digest == plan_of(TEXT).digest
