"""Digests of plans with everything that a plan can hold; run as a script, it prints them.

While a plan is made, whatever asks for the time of day or for chance is caught at the call.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from shotlane.api._prepare import prepare
from shotlane.diagnostics import Report, render_text
from shotlane.plan import AskedPoint, CompiledPlan

ROOT = Path(__file__).parents[2]
LIVE = """\
sequence: everything
station: demo
seed: 7
parameters: {T: 60 degC, flow: 20 cm**3/min, soak: 1 s}
labels: {gas_name: N2}
timeline:
  - base: 0.3 s
  - settle:
      until: abs(slope(furnace.temperature, 2 s)) < 0.1 K/s
      for: 0.1 s
      timeout: 5 s
      on_timeout: continue
  - hand: {ask: Look at it., timeout: 1 h}
  - soak: soak
lanes:
  furnace.setpoint:
    set:
      base: T - 10 K * exp(-t / (0.1 s))
      settle..hand: T
      soak: ramp(T, T + 5 K, shape="smooth")
    every: 20 ms
  furnace.temperature: {record: {soak: 10 Hz}}
  gas.flow_setpoint: {set: {base: 0 cm**3/min, otherwise: flow}}
  gas.shutoff: {set: {base: "pulse(100 ms, duty=0.3)", otherwise: false}}
  gas.gas_select: {set: gas_name}
  gas.flow: {record: 5 Hz, read: {soak: {at: end}}}
  balance: {call: {base: tare()}}
results:
  hot: {value: "max(furnace.temperature, soak) - T", high: 5 K}
  used: integral(gas.flow)
interlocks:
  too_hot: {when: furnace.temperature > 200 degC, for: 1 s}
sweep:
  - T: {random: [40 degC, 80 degC], points: 5, seed: 3}
  - gas_name: [He, Ar]
  - flow: {random: [1 cm**3/min, 20 cm**3/min], points: 3}
order: {shuffle: 2}
cadence: 10 s
retry: {attempts: 2, delay: 1 s, backoff: 2, then: skip}
"""
ASKED = (
    LIVE[: LIVE.index("sweep:")]
    + "sweep:\n  - optimize: {minimize: hot, over: {T: [40 degC, 80 degC]}, shots: 4, seed: 1}\n"
)
_FORBIDDEN = {
    *(("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")),
    *(("posix", name) for name in ("urandom", "getrandom")),
    *((None, name) for name in ("now", "today", "utcnow", "random", "getrandbits")),
}


# Which calibrations are overdue is a warning of the day, and stands in no plan.
_ALLOWED = {"resolve_station"}


class ImpureError(Exception):
    """A plan hangs on the time of day, or on chance."""


@contextmanager
def pure() -> Iterator[None]:
    """Nothing within may ask what time it is, or for chance."""

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or frame.f_code.co_name in _ALLOWED:
            return
        if (called.__module__, called.__name__) in _FORBIDDEN:
            raise ImpureError(
                f"{called.__qualname__} was called in {frame.f_code.co_filename}:{frame.f_lineno}"
            )

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


def plan_of(path: Path) -> CompiledPlan:
    """The plan of a file."""
    report = Report()
    prepared = prepare(path, report)
    assert prepared is not None, render_text(report)
    return prepared.plan


def digests_of(plan: CompiledPlan) -> list[str]:
    """Of the plan and its shots; of one asked point where an optimiser asks."""
    found = [plan.digest, *(shot.digest for shot in plan.shots())]
    if plan.optimization is not None:
        assert plan.compile_point is not None
        shot = plan.compile_point(AskedPoint(2, {"T": 55.5}, plan.texts))
        assert not isinstance(shot, str), shot
        found.append(shot.digest)
    return found


def digests(folder: Path) -> Mapping[str, list[str]]:
    """Of all examples, and of documents with everything that runs live, which are written into the folder."""
    (folder / "stations").symlink_to(ROOT / "stations")
    paths = [*sorted((ROOT / "sequences").glob("*.yaml"))]
    for name, text in (("live", LIVE), ("asked", ASKED)):
        paths.append(folder / f"{name}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    for path in paths:
        plan_of(path)  # what is imported late is imported now, whatever it does at that
    with pure():
        return {path.stem: digests_of(plan_of(path)) for path in paths}


if __name__ == "__main__":
    print(json.dumps(digests(Path(sys.argv[1]))))
