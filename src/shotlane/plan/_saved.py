"""Plans in files: every shot as it is executed, so that no compiler stands between the file and the run.

A plan file is a zip archive: `plan.json` (what holds for all shots, the documents it was made from, and its
digest), the columns of the sweep points, and the shots in chunks, each of which can be read by itself. Equal
plans make equal files, byte for byte. Digests are computed again from what was read, and must be those that
were saved. Nothing in a file is executed or unpickled.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel, Command
from shotlane.plan._codec import decode_as, encode
from shotlane.plan._compiled import CompiledPlan, ParameterRows
from shotlane.plan._digest import canonical
from shotlane.plan._live_shot import Reader
from shotlane.plan._plan import PLAN_FORMAT, LanePlan, Points, RetryPolicy
from shotlane.plan._plan_parts import DAMAGE, HEAD, PlanParts
from shotlane.plan._saved_shots import CHUNK, Context, SavedStretch, chunks, commands_of
from shotlane.plan._summary import PlanSummary

SUFFIX = ".plan"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive knows; the same in every file
_SIMPLE = ("sequence", "station", "description", "tags", "roles", "texts", "cadence_ns")


class PlanFileError(Exception):
    """A plan file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a file holds: the plan, the documents that it was made from, and what else was put with it."""

    plan: CompiledPlan
    documents: Mapping[str, str]
    notes: Mapping[str, Any]

    def check_shots(self) -> None:
        """Compute the digest of every shot again. Raises `PlanFileError` at the first that differs."""
        for number in range(1, len(self.plan) + 1):
            try:
                sound = self._is_sound(number)
            except DAMAGE as error:
                raise PlanFileError(f"shot {number} of the saved plan is damaged: {error}") from error
            if not sound:
                raise PlanFileError(f"shot {number} of the saved plan is damaged or was changed")

    def _is_sound(self, number: int) -> bool:
        stretch, _, row = self.plan.cutter.at(number - 1)
        return not isinstance(stretch, SavedStretch) or (
            self.plan.shot(number).digest == stretch.saved_digest(row)
        )


def save_plan(
    plan: CompiledPlan, path: Path, *, documents: Mapping[str, str], notes: Mapping[str, Any] | None = None
) -> None:
    """Write a plan; `notes`: JSON-able, given back as they are. An existing file is replaced as a whole.

    Raises `PlanFileError` for one with `optimize`, since what its shots will be is not known yet, and
    where there is no folder.
    """
    if plan.optimization is not None:
        raise PlanFileError("a plan with `optimize` cannot be saved: its points are asked for as it runs")
    if not path.parent.is_dir():
        raise PlanFileError(f"there is no folder '{path.parent}' for '{path.name}'; make it first")
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            context = _context(plan)
            _put(file, HEAD, json.dumps(_head(plan, context, documents, notes or {}), indent=1).encode())
            for name, data in _entries(plan, context):
                _put(file, name, data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(entry, data, compresslevel=1)


def _context(plan: CompiledPlan) -> Context:
    stretch, _, row = plan.cutter.at(0)
    segment = stretch.segment(row)
    steps = tuple(step.name for step in segment.steps)
    live = None if stretch.live(row) is None else Reader(plan.channels, plan.files)
    return Context(plan.channels, plan.texts, steps, tuple(segment.ports), commands_of(plan), live)


def _entries(plan: CompiledPlan, context: Context) -> Iterator[tuple[str, bytes]]:
    for number, column in enumerate(plan.points.columns.values()):
        # What is the same everywhere counts once in the digest, so it must be the same everywhere when read.
        values = column[:1] if column.strides == (0,) else column
        if values.dtype == object:
            yield f"points/{number}.json", canonical(values.tolist())
        else:
            yield f"points/{number}.npy", npy(values)
    for first, arrays in chunks(plan, context):
        for name, array in arrays.items():
            yield f"shots/{first:08}/{name}.npy", npy(array)


def npy(array: NDArray[Any]) -> bytes:
    """An array as the bytes of a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _head(
    plan: CompiledPlan, context: Context, documents: Mapping[str, str], notes: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "format": plan.format,
        "digest": plan.digest,
        **{name: encode(getattr(plan, name)) for name in _SIMPLE},
        "shots": len(plan),
        "steps": encode(context.steps),
        "ports": encode(context.ports),
        "channels": encode(plan.channels),
        "lanes": encode(plan.lanes),
        "retry": encode(plan.retry),
        "summary": encode(plan.summary),
        "commands": encode(context.commands),
        "content": plan.content.decode(),
        "points": {
            "names": list(plan.points.columns),
            "units": dict(plan.points.units),
            "swept": list(plan.points.swept),
        },
        "files": dict(plan.files),
        "live": context.live is not None,
        "on_fail": plan.on_fail,
        "between": plan.between,
        "documents": dict(documents),
        "notes": dict(notes),
    }


def is_plan_file(path: Path) -> bool:
    """Whether a file looks like a saved plan."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def load_plan(path: Path) -> SavedPlan:
    """Read a plan and check its digest; those of its shots are `check_shots`. Raises `PlanFileError`."""
    try:
        parts = PlanParts(path)
        head = parts.head()
        if head["format"] != PLAN_FORMAT:
            message = f"'{path}' is a plan of format {head['format']}, and this version reads {PLAN_FORMAT}"
            raise PlanFileError(message)
        plan = _made(parts, head)
        digest = plan.digest
    except DAMAGE as error:
        raise PlanFileError(f"'{path}' is no plan of shotlane, or is damaged: {error}") from error
    if digest != head["digest"]:
        raise PlanFileError(f"'{path}' is damaged or was changed: its digest is not the one it says")
    return SavedPlan(plan, head["documents"], head["notes"])


def _made(parts: PlanParts, head: Mapping[str, Any]) -> CompiledPlan:
    points = _points(parts, head)
    channels = decode_as(tuple[Channel, ...], head["channels"])
    commands = decode_as(Mapping[str, Command], head["commands"])
    texts = tuple(head["texts"])
    live = Reader(channels, head["files"]) if head.get("live") else None
    context = Context(channels, texts, tuple(head["steps"]), tuple(head["ports"]), commands, live)
    cutter = SavedCutter(parts, points, context)
    return CompiledPlan(
        head["sequence"],
        head["station"],
        head["description"],
        tuple(head["tags"]),
        channels,
        decode_as(tuple[LanePlan, ...], head["lanes"]),
        tuple(head["roles"]),
        texts,
        points,
        decode_as(RetryPolicy, head["retry"]),
        head["cadence_ns"],
        decode_as(PlanSummary, head["summary"]),
        head["content"].encode(),
        cutter,
        files=head["files"],
        on_fail=head.get("on_fail", "continue"),
        between=head.get("between", "hold"),
    )


def _points(parts: PlanParts, head: Mapping[str, Any]) -> Points:
    names, count = head["points"]["names"], head["shots"]
    columns = {
        name: values if len(values) == count else np.broadcast_to(values, (count,))
        for name, values in zip(names, parts.points(len(names)), strict=True)
    }
    return Points(columns, head["points"]["units"], count, tuple(head["points"]["swept"]))


class SavedCutter:
    """Reads the chunk that holds a shot, and keeps the last one."""

    def __init__(self, parts: PlanParts, points: Points, context: Context) -> None:
        if len(parts) != -(-points.count // CHUNK):
            raise ValueError(f"it does not hold the {points.count:,} shots that it says")
        self._parts = parts
        self._points = points
        self._context = context
        self._last: tuple[int, SavedStretch, ParameterRows] | None = None

    def at(self, index: int) -> tuple[SavedStretch, ParameterRows, int]:
        """The chunk that holds a point, its parameters, and the row in it."""
        first = index // CHUNK * CHUNK
        if self._last is None or self._last[0] != first:
            self._last = None  # one is in memory
            stop = min(first + CHUNK, self._points.count)
            stretch = SavedStretch(self._context, self._parts.chunk(first), stop - first)
            self._last = (first, stretch, ParameterRows(self._points, first, stop))
        return self._last[1], self._last[2], index - first
