"""However a run ends before its time: resumed, it does exactly what is missing, and comes to the same data.

In virtual time, with the seed of the run: what an interrupted and an uninterrupted run have stored in the end
is equal, but for the hour of the day and the numbers of the attempts.
"""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from tests.proof.probe import Lab, Witness, ctrl_c_at

import shotlane
from shotlane.instruments import InstrumentError
from shotlane.records import Outcome
from shotlane.store import recover, send_request, spools
from shotlane.store._writer import Writer

# The level of a probe is what was set, so that no shot hangs on the one before.
SEQUENCE = """
language: 1
sequence: generated
station: probes
parameters: {u: 10 V, v: 20 V}
timeline:
  - first: 40 ms
  - climb: {until: "mean(a.fast, 30 ms) > 9.9 V", for: 10 ms, timeout: 0.5 s, on_timeout: continue}
  - rest: 60 ms
lanes:
  a.level:
    set: {first: "u + (v - u) * t / duration", climb: u, rest: "ramp(v, u)"}
    every: 10 ms
    initial: 0 V
    read: {rest: {at: end}}
  a.fast:
    record: 50 Hz
  b.gate:
    set: {first: true, otherwise: false}
  b.fast:
    record: {rest: 100 Hz}
  c:
    call: {climb: poke()}
results:
  m: {value: mean(a.fast), low: 5 V}
  last: last(b.fast, rest)
sweep:
  - u: [8 V, 9 V, 10 V, 11 V]
order: {shuffle: 3}
interlocks:
  hot: {when: c.level > 90 V, blind: 2 s}
retry: {attempts: 2, on: [verdict], then: skip}
"""
_SHOTS = 4
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.proof.preloaded"])


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    made = Lab(tmp_path)
    made.sequence(SEQUENCE)
    return made


def run(lab: Lab, act: Callable[[int], None] = lambda _: None) -> tuple[shotlane.Run, Witness]:
    witness = Witness(act, takes_ns=0)
    with witness.watching():
        path = lab.folder / "sequences" / "generated.yaml"
        return shotlane.run(path, virtual_time=True, seed=5, store=lab.store), witness


def data(lab: Lab, number: int) -> list[pl.DataFrame]:
    """All that a run measured, but when and in which attempt."""
    loaded = shotlane.load(number, lab.store)
    samples = loaded.samples().drop("run", "time", "attempt", strict=False)
    shots = loaded.shots().drop("run", "started", "duration_s", "attempts")
    return [samples.sort("shot", "channel", "tick"), shots.select(sorted(shots.columns)).sort("shot")]


def assert_goes_on_to_the_same(lab: Lab, whole: int, cut: int) -> None:
    """Resume a run, and compare it with one that nobody interrupted."""
    with brought_in(lab) as known:
        kept = "SELECT shot FROM shot WHERE run = ? AND outcome IN ('done', 'passed', 'failed')"
        missing = set(range(1, _SHOTS + 1)) - {row["shot"] for row in known.rows(kept, cut)}
        before = known.rows("SELECT count(*) AS n FROM attempt WHERE run = ?", cut)[0]["n"]
    if not missing:
        with pytest.raises(shotlane.ResumeError, match="is complete"):
            shotlane.resume(cut, store=lab.store)
    else:
        witness = Witness(takes_ns=0)
        with witness.watching():
            assert shotlane.resume(cut, store=lab.store).outcome is Outcome.PASSED
    attempts = lab.rows("SELECT shot FROM attempt WHERE run = ? ORDER BY id", cut)[before:]
    assert [row["shot"] for row in attempts] == sorted(missing)
    for ours, theirs in zip(data(lab, cut), data(lab, whole), strict=True):
        assert ours.equals(theirs)


@contextmanager
def brought_in(lab: Lab) -> Iterator[Lab]:
    """A copy, in which no record waits any more."""
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(lab.folder, folder, dirs_exist_ok=True))
        recover(copy / "runs.db")
        assert spools(copy / "runs.db") == ()
        yield Lab(copy)


def uninterrupted(lab: Lab) -> tuple[int, int]:
    """A run that nobody ends; its number, and how many requests it takes."""
    made, witness = run(lab)
    assert made.outcome is Outcome.PASSED
    return made.number, len(witness.requests)


def spread(count: int, total: int) -> list[int]:
    """Some numbers up to a total, the first and the last among them."""
    return sorted({1 + round(index * (total - 1) / (count - 1)) for index in range(count)})


def test_ctrl_c_at_any_request(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    for number in spread(20, total):
        cut, _ = run(lab, ctrl_c_at(number))
        assert cut.outcome in (Outcome.TERMINATED, Outcome.PASSED)
        assert_goes_on_to_the_same(lab, whole, cut.number)


def run_of(lab: Lab) -> int:
    return int(lab.rows("SELECT max(number) AS n FROM run")[0]["n"])


def abort(lab: Lab) -> None:
    assert send_request(lab.store, run_of(lab), "abort", by="a test", wait_s=5.0).answer


def skip(lab: Lab) -> None:
    assert send_request(lab.store, run_of(lab), "skip", by="a test", wait_s=5.0).answer


@pytest.mark.parametrize(
    ("does", "outcomes"),
    [(abort, {"aborted"}), (skip, {"skipped", "passed"})],
    ids=["abort", "skip"],
)
def test_a_word_from_elsewhere_at_any_moment(
    lab: Lab, does: Callable[[Lab], None], outcomes: set[str]
) -> None:
    whole, total = uninterrupted(lab)
    for at in spread(5, total - 8):

        def act(number: int, at: int = at) -> None:
            if number == at:
                does(lab)

        cut, _ = run(lab, act)
        assert cut.outcome.value in outcomes
        assert_goes_on_to_the_same(lab, whole, cut.number)


def test_a_fault_at_any_set(lab: Lab) -> None:
    made, whole = run(lab)
    sets = [number for number, request in enumerate(whole.requests, 1) if request.kind == "write"]
    for at in sets[:-6:7]:

        def act(number: int, at: int = at) -> None:
            if number == at:
                raise InstrumentError("rejected", "it does not want to")

        cut, _ = run(lab, act)
        assert cut.outcome is Outcome.ERRORED
        assert_goes_on_to_the_same(lab, made.number, cut.number)


def test_an_interlock_at_any_moment(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    for at in spread(5, total - 40):
        hot: list[int] = []

        def act(number: int, at: int = at, hot: list[int] = hot) -> None:
            if number >= at:
                hot.append(number)

        with overheated(hot):
            cut, _ = run(lab, act)
        assert cut.outcome is Outcome.ABORTED
        assert_goes_on_to_the_same(lab, whole, cut.number)


@contextmanager
def overheated(hot: list[int]) -> Iterator[None]:
    """A probe shows 99 V once there is something in a list."""
    from shotlane.instruments.simulation._state import SimulatedState

    observed = SimulatedState.observed

    def shown(state: SimulatedState, name: str, now_ns: int) -> Any:
        value = observed(state, name, now_ns)
        return 99.0 if hot and name == "level" and state._definition.role == "c" else value

    with patch.object(SimulatedState, "observed", shown):
        yield


def _killed_at_request(folder: Path, number: int) -> None:
    def act(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    run(Lab(folder), act)


def _killed_at_commit(folder: Path, number: int, *, after: bool) -> None:
    """Die when a transaction is all but committed, or just was."""
    commits = iter(range(1, 1000))
    transaction = Writer.transaction

    @contextmanager
    def deadly(writer: Writer, meanwhile: Callable[[], None] | None = None) -> Iterator[Any]:
        count = next(commits)
        with transaction(writer, meanwhile) as cursor:
            yield cursor
            if count == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(Writer, "transaction", deadly):
        run(Lab(folder))


def killed(target: Callable[..., None], *arguments: Any, **options: Any) -> bool:
    """Run something in a process of its own; whether it was killed."""
    process = _CONTEXT.Process(target=target, args=arguments, kwargs=options, daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def test_a_kill_at_any_request(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    for number in spread(12, total):
        assert killed(_killed_at_request, lab.folder, number)
        assert_goes_on_to_the_same(lab, whole, run_of(lab))


def test_a_kill_at_any_commit(lab: Lab) -> None:
    whole, _ = uninterrupted(lab)
    for number in range(2, 9):
        for after in (False, True):
            before = run_of(lab)
            if not killed(_killed_at_commit, lab.folder, number, after=after):
                continue
            if run_of(lab) > before:  # else it was killed before there was a run
                assert_goes_on_to_the_same(lab, whole, run_of(lab))


@contextmanager
def store_away(away: list[int]) -> Iterator[None]:
    """The store takes nothing once there is something in a list."""
    transaction = Writer.transaction

    @contextmanager
    def refusing(writer: Writer, meanwhile: Callable[[], None] | None = None) -> Iterator[Any]:
        with transaction(writer, meanwhile) as cursor:
            if away:
                raise OSError("its disk refuses to write")
            yield cursor

    with patch.object(Writer, "transaction", refusing):
        yield


def run_without_its_store(lab: Lab, at: int, then: Callable[[int], None] = lambda _: None) -> shotlane.Run:
    """A run whose store goes away at a request, and stays away; `then` is told every request."""
    away: list[int] = []

    def act(number: int) -> None:
        if number == at:
            away.append(number)
        then(number)

    with store_away(away):
        return run(lab, act)[0]


def test_a_run_that_ended_while_its_store_was_away(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    for at in spread(4, total - 8):
        for ended_at in (at + 4, 2 * total):
            cut = run_without_its_store(lab, at, ctrl_c_at(ended_at))
            assert len(spools(lab.store)) == 1
            assert_goes_on_to_the_same(lab, whole, cut.number)


def _killed_without_its_store(folder: Path, at: int, number: int) -> None:
    def act(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    run_without_its_store(Lab(folder), at, act)


def test_a_kill_while_the_store_is_away(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    for at in spread(3, total // 2):
        assert killed(_killed_without_its_store, lab.folder, at, total * 3 // 4)
        assert len(spools(lab.store)) == 1
        assert_goes_on_to_the_same(lab, whole, run_of(lab))


def test_no_shot_is_run_again_whose_records_cannot_come_in(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    cut = run_without_its_store(lab, total // 3, ctrl_c_at(total * 3 // 4))
    before = lab.rows("SELECT count(*) AS n FROM attempt")[0]["n"]
    # It can be read, and not be written to, as one that somebody keeps locked.
    with store_away([1]), pytest.raises(shotlane.ResumeError, match="cannot go on yet"):
        shotlane.resume(cut.number, store=lab.store)
    assert lab.rows("SELECT count(*) AS n FROM attempt")[0]["n"] == before
    assert_goes_on_to_the_same(lab, whole, cut.number)


def test_a_run_that_is_killed_again_and_again(lab: Lab) -> None:
    whole, total = uninterrupted(lab)
    assert killed(_killed_at_request, lab.folder, total // 4)
    cut = run_of(lab)
    for _ in range(3):
        assert killed(_resumed_and_killed, lab.folder, cut, total // 3)
    assert_goes_on_to_the_same(lab, whole, cut)


def _resumed_and_killed(folder: Path, cut: int, number: int) -> None:
    def act(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with Witness(act, takes_ns=0).watching():
        shotlane.resume(cut, store=Lab(folder).store)
