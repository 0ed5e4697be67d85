"""What `shotlane watch` shows of a run: lines of text, with nothing in them but colours."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shotlane.api import LiveLane, Steps, WatchedRun
from shotlane.cli._sparkline import sparkline
from shotlane.cli._text import count, lateness, one_line, value
from shotlane.records import Status

_BAR = "━"
_REST = "─"
_CURVE = 24
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "cyan": "36", "yellow": "33"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with a style."""

    text: str
    style: str = ""

    def padded(self, width: int, *, right: bool = False) -> str:
        """As it is written, cut or filled to a width."""
        text = one_line(self.text)
        text = text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
        return styled(text.rjust(width) if right else text.ljust(width), self.style)


def styled(text: str, style: str) -> str:
    """A text in a style; plain where the user wants no colours."""
    if not style or not text.strip() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def screen(run: WatchedRun, hint: str, told: str, width: int) -> list[str]:
    """All of it; `hint`: which keys there are, `told`: what came of the last one."""
    lines = [_title(run).padded(width), _shot(run, width), *_walk(run.steps(), width), ""]
    lines += [*_lanes(run, width), ""]
    lines += _ports(run, width)
    lines += _troubles(run, width)
    lines += [Cell(told, "bold").padded(width)] if told else []
    return [*lines, Cell(hint, "dim").padded(width)]


def _title(run: WatchedRun) -> Cell:
    summary = run.summary
    stamps = f" ({', '.join(summary.stamps)})" if summary.stamps else ""
    state = summary.state if run.outcome is not None else ("paused" if run.paused is not None else "running")
    style = {"running": "bold", "paused": "yellow", "passed": "green", "done": "green"}.get(state, "red")
    place = f"run {run.number}  {summary.sequence} on {summary.station}{stamps}"
    return Cell(f"{place}  {state}  {_clock(run.elapsed_s)}", style)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _shot(run: WatchedRun, width: int) -> str:
    summary = run.summary
    if run.shot is None:
        return Cell(f"no shot yet of {summary.shots_planned}", "dim").padded(width)
    text = f"shot {run.shot} of {summary.shots_planned}, {summary.shots_committed} over"
    if run.attempt is not None and run.attempt > 1:
        text += f"  attempt {run.attempt}"
    if run.plan is not None:
        swept = run.plan.points.swept
        known = (f"{name}={value(run.parameters.get(name), run.units.get(name))}" for name in swept)
        text += "   " + "  ".join(known)
    return Cell(text).padded(width)


def _walk(steps: Steps | None, width: int) -> Iterator[str]:
    """The steps over a bar, and where the shot stands."""
    if steps is None or not steps.length_ns:
        return
    now_ns = steps.now_ns if steps.now_ns is not None else 0
    times = f" {min(now_ns, steps.length_ns) / 1e9:.2f} of {steps.length_ns / 1e9:.2f} s"
    room = max(10, width - len(times))
    names = [" "] * room
    for step in steps.steps:
        place = step.start_ns * room // steps.length_ns
        label = f"|{step.name}{'…' if step.open_ended else ''}"
        space = max(1, step.length_ns * room // steps.length_ns)
        names[place : place + space] = list(label[:space].ljust(space))
    yield Cell("".join(names[:room]), "cyan").padded(width)
    done = min(room, max(0, now_ns) * room // steps.length_ns)
    yield styled(_BAR * done, "green") + styled(_REST * (room - done), "dim") + times


def _lanes(run: WatchedRun, width: int) -> Iterator[str]:
    lanes = [run.lanes[index] for index in sorted(run.lanes)]
    named = max([len(lane.channel.name) for lane in lanes], default=7)
    curve = max(8, min(_CURVE, width - named - 52))
    widths = (named, 18, curve, 10, 7, 6, 6)
    rights = (False, False, False, True, True, True, True)
    heads = ("channel", "now", "lately", "late p99", "ok", "late", "failed")
    yield _row([Cell(head, "dim") for head in heads], widths, rights, width)
    for lane in lanes:
        yield _row(_cells(lane, curve), widths, rights, width)


def _row(cells: list[Cell], widths: tuple[int, ...], rights: tuple[bool, ...], width: int) -> str:
    parts, left = [], width
    for cell, size, right in zip(cells, widths, rights, strict=True):
        if left < size:
            break
        parts.append(cell.padded(size, right=right))
        left -= size + 1
    return " ".join(parts)


def _cells(lane: LiveLane, curve: int) -> list[Cell]:
    failed = sum(lane.statuses[status] for status in (Status.FAILED, Status.MISSED, Status.DROPPED))
    late = lane.p99_ns
    counts = [lane.statuses[Status.OK], lane.statuses[Status.LATE], failed]
    styles = ("", "yellow", "red")
    return [
        Cell(lane.channel.name),
        Cell(f"{'> ' if lane.sets else ''}{_now(lane)}", "cyan" if lane.sets else "bold"),
        Cell(sparkline(list(lane.values), curve), "green"),
        Cell("" if late is None else lateness(late), "dim"),
        *(Cell(str(number) if number else "", style) for number, style in zip(counts, styles, strict=True)),
    ]


def _now(lane: LiveLane) -> str:
    if lane.text is not None:
        return lane.text
    if not lane.values:
        return ""
    last = lane.values[-1]
    if last is None:
        return "no value"
    if lane.channel.type == "bool":
        return "on" if last else "off"
    return value(last, lane.channel.unit)


def _ports(run: WatchedRun, width: int) -> Iterator[str]:
    if run.plan is None:
        return
    loads = [
        f"{', '.join(port.roles)} {port.load * 100:.0f} %"
        for port in run.plan.summary.ports
        if port.load is not None and port.load >= 0.005
    ]
    if loads:
        yield Cell(f"port load  {'   '.join(loads)}", "dim").padded(width)


def _troubles(run: WatchedRun, width: int) -> Iterator[str]:
    if run.retries:
        yield Cell(count(run.retries, "retry").replace("retrys", "retries"), "yellow").padded(width)
    for fault in run.faults:
        where = f"shot {fault.shot}, attempt {fault.attempt}: " if fault.shot else ""
        yield Cell(f"{where}{fault.told}", "red").padded(width)
    if run.paused is not None and run.outcome is None:
        yield Cell(f"paused: {run.paused}" if run.paused else "paused", "yellow").padded(width)
    if run.question is not None:
        yield Cell(f"? {run.question}   (answered where the run was started)", "yellow").padded(width)


def spoken(run: WatchedRun) -> str:
    """Where it stands, in a line of text."""
    state = (
        run.summary.state if run.outcome is not None else ("paused" if run.paused is not None else "running")
    )
    if run.shot is None:
        return f"run {run.number} {state}"
    attempt = f" attempt {run.attempt}" if run.attempt and run.attempt > 1 else ""
    return f"run {run.number} {state}: shot {run.shot} of {run.summary.shots_planned}{attempt}"


def line(run: WatchedRun) -> Mapping[str, object]:
    """The same for programs."""
    steps = run.steps()
    return {
        "run": run.number,
        "state": run.summary.state,
        "shot": run.shot,
        "attempt": run.attempt,
        "shots": run.summary.shots_planned,
        "step": None if steps is None or steps.current is None else steps.current.name,
        "paused": run.paused,
        "values": {lane.channel.name: _plain(lane) for lane in run.lanes.values()},
        "retries": run.retries,
    }


def _plain(lane: LiveLane) -> object:
    return lane.text if lane.text is not None else (lane.values[-1] if lane.values else None)
