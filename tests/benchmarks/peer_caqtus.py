"""The work of bench_compile, done by Caqtus, in an environment of its own.

`pip install caqtus-suite greenlet`, then `python tests/benchmarks/peer_caqtus.py [SHOTS]` by a Python 3.12 or
later. Ten boolean and ten numeric lanes of 50 steps of 10 ms, every fifth numeric step a ramp over ten ticks
of 1 ms, half of the cells with the swept parameter; then a sweep with 20 derived parameters that have units.
`bench_compile` runs it beside ours when SHOTLANE_CAQTUS_PYTHON names that Python.
"""

import sys
import time
from decimal import Decimal

from caqtus.shot_compilation.lane_compilation import compile_analog_lane, compile_digital_lane
from caqtus.shot_compilation.timing import get_step_bounds
from caqtus.types.expression import Expression
from caqtus.types.iteration import ExecuteShot, LinspaceLoop, Step, StepsConfiguration, VariableDeclaration
from caqtus.types.iteration._step_context import StepContext
from caqtus.types.iteration.steps_configurations import walk_steps
from caqtus.types.timelane import AnalogTimeLane, DigitalTimeLane, Ramp
from caqtus.types.variable_name import DottedVariableName

STEPS = 50
LANES = 10


def number(step: int, lane: int) -> "Expression | Ramp":
    """One cell of a numeric lane."""
    if step % 5 == 4 and step < STEPS - 1:
        return Ramp()
    swept = f"x * {0.1 + 0.01 * (step % 7)} + {lane} mV"
    return Expression(swept if step % 2 else f"{step * 10 + lane} mV")


def boolean(step: int, lane: int) -> "Expression | bool":
    """One cell of a boolean lane: a quarter by name. Its language has no comparisons to derive one from x."""
    return Expression("on") if (step + lane) % 4 == 1 else (step + lane) % 2 == 0


def axis(name: str, first: str, last: str, count: int, below: "list[Step]") -> LinspaceLoop:
    """One axis around other steps."""
    ends = {"start": Expression(first), "stop": Expression(last)}
    return LinspaceLoop(variable=DottedVariableName(name), num=count, sub_steps=below, **ends)


def swept(shots: int) -> StepsConfiguration:
    """The sweep over x."""
    return StepsConfiguration([axis("x", "0.001 V", f"{shots / 1000} V", shots, [ExecuteShot()])])


def grid(side: int) -> StepsConfiguration:
    """Two axes and 20 derived parameters."""
    derived = [
        VariableDeclaration(DottedVariableName(f"d{k}"), Expression(f"(x + {k} mV) * y / (1 s)"))
        for k in range(20)
    ]
    inner = axis("y", "1 A", "2 A", side, [*derived, ExecuteShot()])
    return StepsConfiguration([axis("x", "0 V", "1 V", side, [inner])])


def bench_shots(shots: int) -> float:
    """Seconds to compile every lane of every shot."""
    numbers = [AnalogTimeLane([number(step, lane) for step in range(STEPS)]) for lane in range(LANES)]
    gates = [DigitalTimeLane([boolean(step, lane) for step in range(STEPS)]) for lane in range(LANES)]
    bounds = get_step_bounds([Decimal("0.01")] * STEPS)
    tick = Decimal("0.001")
    start = time.perf_counter()
    for context in walk_steps(swept(shots).steps, StepContext({DottedVariableName("on"): True})):
        parameters = context.variables.dict()
        for lane in numbers:
            compile_analog_lane(lane, parameters, bounds, tick)
        for gate in gates:
            compile_digital_lane(gate, bounds, tick, parameters)
    return time.perf_counter() - start


def bench_points(side: int) -> float:
    """Seconds to walk the points of the grid; derived values are declared where they follow both axes."""
    start = time.perf_counter()
    for context in walk_steps(grid(side).steps, StepContext({})):
        context.variables.dict()
    return time.perf_counter() - start


def main() -> None:
    """Print two figures that `bench_compile` reads."""
    shots = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(f"shots_per_s {shots / bench_shots(shots):.2f}")
    print(f"points_per_s {20 * 20 / bench_points(20):.1f}")


if __name__ == "__main__":
    main()
