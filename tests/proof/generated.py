"""Sequences as text, and what goes wrong on the probes: everything that a test of accounts wants to meet."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

_READ_RATES = ("20 Hz", "50 Hz", "100 Hz")
_FAULT_CLASSES = "timeout, disconnected, garbled, refused"


@dataclass(frozen=True)
class Case:
    """A sequence, its station's faults and interlocks, and the request at which somebody presses Ctrl-C."""

    sequence: str
    faults: dict[str, list[str]]
    interlocks: str
    stop_at: int | None


@st.composite
def conditions(draw: st.DrawFn, *, calm: bool = False) -> str:
    """A condition over readings; a calm one hardly ever holds."""
    channel = draw(st.sampled_from(["a.fast", "b.slow", "c.fast"]))
    if draw(st.booleans()):
        channel = f"{draw(st.sampled_from(['mean', 'max']))}({channel}, 40 ms)"
    return f"{channel} > {draw(st.sampled_from([60, 99] if calm else [5, 12, 25]))} V"


@st.composite
def timelines(draw: st.DrawFn) -> list[str]:
    """Names of the steps; open-ended ones begin with `open`."""
    count = draw(st.integers(1, 4))
    return [f"{draw(st.sampled_from(['step', 'step', 'open']))}{number}" for number in range(count)]


def _step(draw: st.DrawFn, name: str) -> list[str]:
    if name.startswith("step"):
        return [f"  - {name}: {draw(st.sampled_from(['40 ms', '100 ms', 'd', '0 s']))}"]
    ending = draw(st.sampled_from(["fail", "continue", "continue"]))
    held = draw(st.sampled_from(["0 s", "15 ms"]))
    return [
        f"  - {name}:",
        f"      until: {draw(conditions())}",
        f"      for: {held}",
        f"      timeout: {draw(st.sampled_from(['30 ms', '120 ms']))}",
        f"      on_timeout: {ending}",
    ]


def _level(draw: st.DrawFn, role: str, steps: Sequence[str]) -> list[str]:
    """A lane of numbers."""
    lines = [f"  {role}.level:", "    set:"]
    for before, name in zip([None, *steps], steps, strict=False):
        values = ["u", "v", "30 V", "u + 0.5 * v"]
        if name.startswith("step") and before is not None:
            values += ["ramp(u, v)", "u + (v - u) * t / (duration + 1 ms)"]
        lines.append(f"      {name}: {draw(st.sampled_from(values))}")
    lines += ["    every: 10 ms"]
    fixed = [name for name in steps if name.startswith("step")]
    if draw(st.booleans()) and fixed:
        lines += [f"    read: {{{draw(st.sampled_from(fixed))}: {{at: end}}}}"]
    return lines


def _record(draw: st.DrawFn, channel: str, steps: Sequence[str]) -> list[str]:
    rate = draw(st.sampled_from(_READ_RATES))
    where = draw(st.sampled_from([None, *steps]))
    written = f"    record: {rate}" if where is None else f"    record: {{{where}: {rate}}}"
    strict = draw(st.sampled_from(["    required: true", "    max_missing: 0.5", "    max_missing: 0.2"]))
    return [f"  {channel}:", written, strict]


def _lanes(draw: st.DrawFn, steps: Sequence[str]) -> list[str]:
    lines = ["lanes:"]
    for role in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)):
        lines += _level(draw, role, steps)
    fixed = [name for name in steps if name.startswith("step")]
    if draw(st.booleans()) and fixed:
        lines += [
            "  b.gate:",
            "    set:",
            f"      {draw(st.sampled_from(fixed))}: true",
            "      otherwise: false",
        ]
        lines = lines[:-1] if len(steps) == 1 else lines
    readable = ["a.fast", "a.slow", "b.slow", "c.fast"]
    for channel in draw(st.lists(st.sampled_from(readable), min_size=1, max_size=4, unique=True)):
        lines += _record(draw, channel, steps)
    if draw(st.booleans()):
        lines += ["  c:", "    call:", f"      {draw(st.sampled_from(list(steps)))}: poke()"]
    return lines


def _results(draw: st.DrawFn, lanes: Sequence[str]) -> list[str]:
    recorded = [line.strip(" :") for line in lanes if line.endswith(("fast:", "slow:"))]
    if not draw(st.booleans()):
        return []
    lines = ["results:", "  m:", f"    value: mean({draw(st.sampled_from(recorded))})"]
    limit = draw(st.sampled_from([None, "    high: 15 V", "    low: 5 V", "    high: 99 V"]))
    return [*lines, *([limit] if limit else [])]


def _sweep(draw: st.DrawFn) -> list[str]:
    items = draw(
        st.lists(
            st.sampled_from(["  - u: [5 V, 20 V]", "  - v: [10 V, 30 V]", "  - repeat: 2"]),
            max_size=2,
            unique=True,
        )
    )
    return ["sweep:", *items] if items else []


def _policies(draw: st.DrawFn) -> list[str]:
    then = draw(st.sampled_from(["abort", "skip", "skip", "pause"]))
    budget = draw(st.sampled_from(["", ", budget: 2"]))
    attempts, on = draw(st.integers(1, 3)), draw(st.sampled_from([_FAULT_CLASSES, "timeout, verdict"]))
    lines = [f"retry: {{attempts: {attempts}, on: [{on}], delay: 30 ms, backoff: 2, then: {then}{budget}}}"]
    lines += draw(st.sampled_from([[], [], ["cadence: 0.5 s"]]))
    lines += draw(st.sampled_from([[], [], ["between: safe"]]))
    return lines + draw(st.sampled_from([[], [], ["on_fail: stop"]]))


def _interlock(condition: str, name: str) -> list[str]:
    return ["interlocks:", f"  {name}: {{when: '{condition}', for: 10 ms, blind: 0.3 s}}"]


@st.composite
def sequences(draw: st.DrawFn, *, watched: bool = True) -> str:
    """The text of a sequence. `watched`: it may have interlocks."""
    steps = draw(timelines())
    lines = [
        "language: 1",
        "sequence: generated",
        "station: probes",
        "parameters: {u: 10 V, v: 20 V, d: 60 ms}",
    ]
    lines.append("timeline:")
    for name in steps:
        lines += _step(draw, name)
    lanes = _lanes(draw, steps)
    lines += [*lanes, *_results(draw, lanes), *_sweep(draw), *_policies(draw)]
    if watched and draw(st.booleans()):
        lines += _interlock(draw(conditions(calm=draw(st.booleans()))), "own")
    return "\n".join([*lines, ""])


_OF = ("", ", of: level", ", of: fast", ", of: [slow, fast]")


@st.composite
def requests_gone_wrong(draw: st.DrawFn) -> str:
    """A fault that comes at some request, or at some time."""
    kind = draw(st.sampled_from(["timeout", "drop", "garble", "busy", "hang_up", "late", "restart", "death"]))
    text = f"fault: {kind}"
    if kind == "late":
        text += f", by: {draw(st.sampled_from(['7 ms', '15 ms', '30 ms']))}"
    if kind in ("restart", "death"):
        return f"{text}, at: {draw(st.integers(1, 400))} ms, for: {draw(st.sampled_from(['5 ms', '150 ms']))}"
    if draw(st.booleans()):
        first, count, of = draw(st.integers(1, 60)), draw(st.integers(1, 6)), draw(st.sampled_from(_OF))
        return f"{text}, request: {first}, count: {count}{of}"
    return f"{text}, at: {draw(st.integers(1, 400))} ms, for: {draw(st.sampled_from(['3 ms', '60 ms']))}"


@st.composite
def chances(draw: st.DrawFn) -> str:
    """A fault by chance, which is the same in the same attempt of a shot."""
    kind = draw(st.sampled_from(["timeout", "drop", "garble", "busy", "hang_up"]))
    return f"fault: {kind}, probability: {draw(st.sampled_from([0.005, 0.03, 0.1]))}"


def schedules(faults: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    """What goes wrong on each probe."""
    return st.dictionaries(st.sampled_from("abc"), st.lists(faults, min_size=1, max_size=3), max_size=3)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Anything at all."""
    interlocks = (
        "\n".join(_interlock(draw(conditions(calm=True)), "of_station")) if draw(st.booleans()) else ""
    )
    stop_at = draw(st.none() | st.integers(1, 250))
    faults = draw(schedules(st.one_of(requests_gone_wrong(), chances())))
    return Case(draw(sequences()), faults, interlocks, stop_at)
