"""`shotlane show --html`: one page that needs nothing but itself."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli import report_lab
from tests.store import lab

from shotlane.cli._main import main
from shotlane.cli._report_charts import PARTS, Scale, thinned
from shotlane.records import Event, Outcome
from shotlane.store import Note, StoreRecorder, add_notes, open_recorder

VOID = {"meta", "br", "hr", "img"}
Record = Callable[[StoreRecorder], object]


class _Page(HTMLParser):
    """Tags that are closed as they were opened, and the texts between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def page_of(tmp_path: Path) -> Callable[[Record], str]:
    """The report of what is recorded."""

    def make(record: Record) -> str:
        store, out = tmp_path / "lab.db", tmp_path / "report.html"
        with open_recorder(store) as recorder:
            record(recorder)
            assert main(["show", "--html", str(out), "--store", str(store)]) == 0
        return out.read_text(encoding="utf-8")

    return make


def _started(recorder: StoreRecorder) -> None:
    recorder.begin_run(lab.run_start())


def _nothing_done(recorder: StoreRecorder) -> None:
    recorder.begin_run(lab.run_start())
    lab.end_run(recorder, Outcome.ERRORED, "nothing answers")


def _under_way(recorder: StoreRecorder) -> None:
    recorder.begin_run(lab.run_start())
    lab.record_shot(recorder, 1, lab.four_readings(1))
    lab.begin_shot(recorder, 2)
    recorder.event(Event("shot.started", lab.START_NS, {}))


KINDS: dict[str, Record] = {
    "with everything": lambda recorder: report_lab.record_troubled_run(recorder, 5),
    "of one shot": lambda recorder: lab.record_run(recorder, shots=1),
    "without readings": lambda recorder: lab.record_run(recorder, shots=2, rows=lambda _: []),
    "in virtual time": lambda recorder: lab.record_run(recorder, stamps=("virtual-time",)),
    "that is starting": _started,
    "that did nothing": _nothing_done,
    "that goes on": _under_way,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_of_a_run_is_a_sound_page(page_of: Callable[[Record], str], kind: str) -> None:
    page = page_of(KINDS[kind])
    found = _Page(page)
    assert found.open == []
    assert {"main", "h1", "style"} <= set(found.seen)
    assert "NaN" not in page
    assert "nan" not in re.findall(r'[dxy]="[^"]*"', page)


def test_a_report_loads_nothing_from_elsewhere(page_of: Callable[[Record], str]) -> None:
    page = page_of(KINDS["with everything"])
    assert not {"script", "link", "img", "iframe", "object"} & set(_Page(page).seen)
    assert not re.search(r"(src|href)=|url\(|@import|https?://", page)


def test_what_others_wrote_is_text_and_no_markup(page_of: Callable[[Record], str]) -> None:
    page = page_of(KINDS["with everything"])
    assert "<script" not in page
    # Description, reason, document, label, option, fault, unsafe, identity.
    assert sum(report_lab.EVIL in text for text in _Page(page).texts) >= 8


def test_a_report_says_what_happened_and_why(page_of: Callable[[Record], str]) -> None:
    text = " ".join(" ".join(_Page(page_of(KINDS["with everything"])).texts).split())
    for told in (
        *("mocked", "dirty", "Why it ended:", "NOT SAFE", "instrument.faulted", "retry.scheduled"),
        *("in 0.2 s, after timeout",),
        *("Swept: T_soak 52, 64, 76, 88, 100 degC", "Limits, dashed: high 2", "serial A-1234"),
        *("How late readings began", "commit 90663f6, with changes that were not committed"),
    ):
        assert told in text, told


def test_every_shot_is_drawn_with_its_own_limits(page_of: Callable[[Record], str]) -> None:
    page = page_of(report_lab.record_run_with_varying_limits)
    assert "Limits vary, dashed: low 48..68, high 90" in page
    low, high = re.findall(r'class="l-limit" d="([^"]*)"', page)
    assert (low.count("M"), low.count("L"), "H" in low) == (1, 2, False)
    assert (high.count("L"), "H" in high) == (0, True)


def test_shots_are_counted_by_how_they_ended(page_of: Callable[[Record], str]) -> None:
    text = " ".join(_Page(page_of(report_lab.record_run_with_varying_limits)).texts)
    for told in ("2 of 5 shots ended well", "1 failed", "1 terminated", "1 aborted"):
        assert told in text, told


def test_notes_are_in_the_report(page_of: Callable[[Record], str], tmp_path: Path) -> None:
    def record(recorder: StoreRecorder) -> None:
        number = lab.record_run(recorder)
        note = Note("note", f"the valve leaked {report_lab.EVIL}", "ada")
        add_notes(tmp_path / "lab.db", number, [note])

    page = page_of(record)
    assert f"the valve leaked {report_lab.EVIL}" in " ".join(_Page(page).texts)
    assert "<h2>Notes</h2>" in page


def test_a_long_recording_is_thinned_and_says_so(page_of: Callable[[Record], str]) -> None:
    page = page_of(lambda recorder: report_lab.record_troubled_run(recorder, 1, period_s=0.001))
    assert f"the lowest and highest of each of {PARTS} parts are drawn" in page
    assert len(page) < 200_000


def test_many_attempts_are_merged_to_the_worst_and_it_says_so(page_of: Callable[[Record], str]) -> None:
    page = page_of(lambda recorder: report_lab.record_troubled_run(recorder, 1500, period_s=4))
    assert "of each 0.1 % of the width the worst one is drawn" in page
    assert "... and " in page
    assert len(page) < 700_000


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_recorder(tmp_path / "lab.db") as recorder:
        lab.record_run(recorder)
    out = str(tmp_path / "no" / "where.html")
    assert main(["show", "--html", out, "--store", str(tmp_path / "lab.db")]) == 2
    assert f"'{out}' cannot be written: No such file" in capsys.readouterr().err


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=400), st.integers(1, 40))
def test_thinning_keeps_the_highest_and_the_lowest(values: list[float], parts: int) -> None:
    x, y = thinned(np.arange(len(values), dtype=float), np.array(values), parts)
    assert len(x) <= max(2 * parts, min(len(values), 2 * parts))
    assert (np.diff(x) > 0).all()
    if not np.isnan(values).all():
        assert (np.nanmin(y), np.nanmax(y)) == (np.nanmin(values), np.nanmax(values))


def test_a_scale_without_extent_has_its_number_in_the_middle() -> None:
    assert Scale(3.0, 3.0, 100.0).at(3.0) == 50.0
    assert Scale(0.0, 10.0, 100.0, 7.0, up=True).at(10.0) == 7.0
