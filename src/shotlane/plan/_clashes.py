"""Check of commands on one channel: none comes closer to the one before than the channel takes them."""

from collections.abc import Sequence

import numpy as np

from shotlane.plan._blocks import Block, Mask
from shotlane.plan._exact import NS_PER_S, Integers
from shotlane.plan._findings import Findings, Told, shown
from shotlane.plan._lowering import Lowered, every_ns, lower
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetLane
from shotlane.plan._term import Term


def check_pace(findings: Findings, lane: SetLane, rows: Rows) -> bool:
    """Find an `every` that is no time, or shorter than the channel's update."""
    if not isinstance(lane.every, Term):
        return True
    seconds = lane.every.column(rows)
    wrong = ~((seconds > 0) & np.isfinite(seconds))
    if wrong.any():
        findings.add(
            "SEQ224", lane.every.span, rows, wrong, lambda _: ("`every` must be longer than 0 s", None)
        )
        return False
    update = lane.channel.attribute.update_ns
    changing = any(cell.move.changing for cell in lane.cells)
    close = every_ns(lane, rows) < (update or 0)
    if not changing or not close.any():
        return True
    findings.add("SEQ403", lane.every.span, rows, close, lambda _: _too_fast(lane))
    return False


def _too_fast(lane: SetLane) -> Told:
    update = (lane.channel.attribute.update_ns or 0) / NS_PER_S
    return (
        f"'{lane.channel.name}' takes a command every {shown(update)} s, and this is more often",
        f"write `every: {shown(update)} s`",
    )


def check_clashes(
    findings: Findings, lane: SetLane, rows: Rows, bounds: Sequence[Integers]
) -> Lowered | None:
    """Find commands that come too close; the lane lowered where that was needed."""
    update = lane.channel.attribute.update_ns
    if not update:
        return None
    lowered = lower(lane, rows, bounds)
    block, keep = lowered.block, lowered.keep
    times = block.targets
    # Where nothing is too close even if every candidate is sent, nothing is.
    if times.shape[0] == 1 and not _close(times, block.valid, update).any():
        return lowered
    bad = _close(times, keep, update)
    if bad.any():
        _tell(findings, lane, rows, block, keep, bad, update)
    return lowered


def _close(times: Integers, keep: Mask, update: int) -> Mask:
    """Which commands follow the one before too closely, of shape (n, m)."""
    rows = max(len(times), len(keep))
    if times.shape[1] == 0:
        return np.zeros((rows, 0), dtype=np.bool_)
    sent = np.broadcast_to(keep, (rows, times.shape[1]))
    last = np.maximum.accumulate(np.where(sent, times, np.iinfo(np.int64).min // 2), axis=1)
    gap = times[:, 1:] - last[:, :-1]
    return np.concatenate([np.zeros((rows, 1), dtype=np.bool_), sent[:, 1:] & (gap < update)], axis=1)


def _tell(
    findings: Findings, lane: SetLane, rows: Rows, block: Block, keep: Mask, bad: Mask, update: int
) -> None:
    """One finding, at the cell of the later of the first two that clash."""
    at = int(np.argmax(bad.any(axis=1)))
    column = int(np.argmax(bad[at]))
    times = block.targets[min(at, len(block.targets) - 1)]
    sent = keep[min(at, len(keep) - 1)][:column]
    before = int(times[:column][np.broadcast_to(sent, (column,))][-1])
    here = int(times[column])
    cell = lane.cells[int(block.cell[column])]
    instants = f"at {shown(before / NS_PER_S)} s and {shown(here / NS_PER_S)} s"
    message = (
        f"'{lane.channel.name}' takes a command every {shown(update / NS_PER_S)} s, and gets two "
        f"{shown((here - before) / NS_PER_S)} s apart, {instants}"
    )
    help_text = "make the step longer, or the pulse slower"
    findings.add("SEQ403", cell.key, rows, bad, lambda _: (message, help_text))
