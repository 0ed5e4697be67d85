"""Whatever a store can hold comes out of its archive as it went in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.lab import (
    FAULT,
    begin_shot,
    end_run,
    four_readings,
    record_attempt,
    record_run,
    record_shot,
    run_start,
    sample,
    setting,
)

import shotlane
from shotlane.analysis import LoadedRun
from shotlane.archives import Extra, write_archive
from shotlane.archives._parts import shares
from shotlane.records import Outcome as Ended
from shotlane.records import PollRow, ResultRow, SampleRow, ShotEnd, Status
from shotlane.store import StoreRecorder, open_reader, open_recorder

VALUES = [
    sample(0, 0, 20.5),
    sample(0, 1, float("nan")),
    sample(0, 2, None, status=Status.FAILED, raw="-------"),
    sample(0, 3, None, requested_ns=None, received_ns=None, status=Status.MISSED),
    sample(1, 0, 2**60 + 1),
    sample(2, 0, True),
    sample(3, 0, "He\0lium ☃"),
    sample(4, 0, np.arange(6.0).reshape(2, 3)),
    sample(4, 1, np.zeros(1000, np.uint8)),
]
FRAMES: dict[str, Callable[[LoadedRun], Any]] = {
    "shots": lambda run: run.shots(),
    "attempts": lambda run: run.attempts(),
    "samples": lambda run: run.samples(attempts="all", parameters=True),
    "actions": lambda run: run.actions(attempts="all"),
    "results": lambda run: run.results(attempts="all"),
    "steps": lambda run: run.steps(attempts="all"),
    "polls": lambda run: run.polls(),
    "tallies": lambda run: run.tallies(),
    "events": lambda run: run.events(),
    "wide": lambda run: run.wide(every=0.02),
}


def record(recorder: StoreRecorder) -> int:
    """A run with one of everything."""
    run = recorder.begin_run(run_start())
    begin_shot(recorder, 1)
    record_attempt(recorder, 1, VALUES[:3], [setting(0, 1.0)], fault=FAULT)
    result = ResultRow("T_mean", float("nan"), "degC", None, 60.0, None, "errored")
    record_attempt(recorder, 1, VALUES, [setting(0, 1.0), setting(1, "He")], attempt=2, results=(result,))
    recorder.end_shot(ShotEnd(1, Ended.DONE, 2))
    recorder.poll(PollRow(0, 5, 6, 21.0, Status.OK, None))
    record_shot(recorder, 2, four_readings(2))
    end_run(recorder)
    return run


@pytest.fixture
def both(store_url: str, tmp_path: Path) -> tuple[LoadedRun, LoadedRun]:
    """A run in its store, and in its archive."""
    with open_recorder(store_url) as recorder:
        run = record(recorder)
    with open_reader(store_url) as reader:
        write_archive(reader, run, tmp_path / "bag.zip", {"more.json": Extra("more", "a test", b"{}")})
    return shotlane.load(run, store_url), shotlane.load(tmp_path / "bag.zip")


def test_every_frame_is_the_same(both: tuple[LoadedRun, LoadedRun]) -> None:
    of_store, of_archive = both
    for name, frame in FRAMES.items():
        assert frame(of_archive).equals(frame(of_store)), name
    assert of_archive.record == of_store.record
    assert of_archive.units == of_store.units


def test_arrays_are_the_same(both: tuple[LoadedRun, LoadedRun]) -> None:
    of_store, of_archive = (run.arrays() for run in both)
    assert [one.array.tolist() for one in of_archive] == [one.array.tolist() for one in of_store]
    assert [one.array.shape for one in of_archive] == [(2, 3), (1000,)]


class _Counted:
    """The two tables of a reader that decide on shares."""

    def __init__(self, counts: list[int | None]) -> None:
        self._counts = counts

    def attempts(self, _: int) -> list[tuple[int, int]]:
        return [(key, 1) for key in range(len(self._counts))]

    def tallies(self, _: int) -> list[tuple[Any, ...]]:
        return [(key, "a.x", "readings", n, 0) for key, n in enumerate(self._counts) if n is not None]


@given(st.lists(st.integers(0, 50) | st.none()), st.integers(1, 40))
def test_shares_are_whole_attempts_in_order_and_no_larger_than_they_must(
    counts: list[int | None], most: int
) -> None:
    found = list(shares(_Counted(counts), 1, most))  # type: ignore[arg-type]
    assert [key for share in found for key in share] == list(range(len(counts)))
    for share in found:
        sizes = [most if counts[key] is None else counts[key] for key in share]
        assert len(share) == 1 or sum(filter(None, sizes)) <= most


def test_many_readings_come_the_quick_way(store_url: str, tmp_path: Path) -> None:
    def rows(shot: int) -> list[SampleRow]:
        return [sample(0, tick, shot + tick / 4) for tick in range(4000)]

    with open_recorder(store_url) as recorder:
        run = record_run(recorder, 3, rows)
    with open_reader(store_url) as reader:
        write_archive(reader, run, tmp_path / "bag", {})
    assert shotlane.load(tmp_path / "bag").samples().equals(shotlane.load(run, store_url).samples())
