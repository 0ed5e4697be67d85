"""What only a person may decide, and lanes that would fight each other; told before anything is touched."""

import pytest
from tests.acceptance.lab import Lab

LASER = """
instrument: laser
protocol: ascii
attributes:
  power: {query: "P?", reply: "{value:f}", set: {send: "P {value:.1f}", reply: none}, access: rw, unit: W,
          min: 0 W, max: 5 W, safe: 0 W, update: 10 ms}
commands:
  burn: {send: B, reply: none, confirm: true, description: Burns what is in front of it.}
"""
STATION = """
station: hot
instruments:
  laser: {instrument: laser, resource: 'tcp://127.0.0.1:9'}
channels:
  beam.watts: {is: laser.power}
"""
BURN = """
sequence: burn
station: hot
timeline: [{aim: 10 ms}, {fire: 10 ms}]
lanes:
  laser:
    call:
      fire: burn()
"""
FIGHT = """
sequence: fight
station: hot
timeline: [{aim: 10 ms}]
lanes:
  laser.power: {set: 1 W}
  beam.watts: {set: 2 W}
"""


@pytest.fixture
def hot(lab: Lab) -> Lab:
    lab.write(LASER, "stations/laser.yaml")
    lab.write(STATION, "stations/hot.yaml")
    lab.write(BURN)
    return lab


def test_a_dangerous_command_is_refused_unless_it_is_confirmed(hot: Lab) -> None:
    done = hot.run("-q")
    assert done.status == 2
    assert "RUN006" in done.err
    assert "laser.burn() must be confirmed: Burns what is in front of it" in done.err
    assert "add --confirm" in done.err
    assert hot.count("run") == 0


def test_confirmed_it_is_run(hot: Lab) -> None:
    done = hot.run("-q", "--confirm")
    assert done.status == 3  # nobody listens there: it was tried
    assert "RUN006" not in done.err


def test_checking_planning_and_simulating_need_no_confirmation(hot: Lab) -> None:
    assert hot.do("shotlane", "check", "sequences/short.yaml").status == 0
    assert hot.run("-q", "--mock").status == 0


def test_one_channel_is_not_set_under_two_names(hot: Lab) -> None:
    hot.write(FIGHT)
    done = hot.run("-q", "--mock")
    assert done.status == 2
    assert "RUN007" in done.err
    assert "beam.watts and laser.power are one channel" in done.err


def test_an_alias_runs_like_a_channel(hot: Lab) -> None:
    hot.write(
        FIGHT.replace("  laser.power: {set: 1 W}\n", "").replace("{set: 2 W}", "{set: 2 W, record: 100 Hz}")
    )
    assert hot.run("-q", "--mock", "--virtual-time").status == 0
    (row,) = hot.rows("SELECT DISTINCT channel, unit FROM sample_view")
    assert tuple(row) == ("beam.watts", "W")
