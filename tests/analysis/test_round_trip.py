"""Whatever a worker may append comes back from the store as it was, in order."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.store import lab

from shotlane.analysis import load
from shotlane.records import SampleRow, Status
from shotlane.store import open_recorder

times = st.one_of(st.none(), st.integers(-(2**40), 2**50))
values = st.one_of(
    st.none(),
    st.floats(allow_nan=False),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
raws = st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))


@st.composite
def readings(draw: st.DrawFn) -> list[SampleRow]:
    keys = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**40)), unique=True, max_size=30))
    status = st.sampled_from([Status.OK, Status.LATE, Status.FAILED, Status.MISSED, Status.DROPPED])
    target = st.integers(-(2**40), 2**50)
    return [
        SampleRow(*key, draw(target), draw(times), draw(times), draw(values), draw(status), draw(raws))
        for key in keys
    ]


def _expected(row: SampleRow) -> tuple[Any, ...]:
    text = row.value if isinstance(row.value, str) else None
    number = None if text is not None or row.value is None else float(row.value)
    place = (lab.CHANNELS[row.channel].name, row.tick)
    stamps = (row.target_ns, row.requested_ns, row.received_ns)
    return (*place, *stamps, number, text, row.status.name.lower(), row.raw)


@settings(max_examples=examples(40), deadline=None)
@given(readings())
def test_readings_come_back_as_they_were(rows: list[SampleRow]) -> None:
    # The text "nan" of a numeric channel stands for the number; see `_frames`.
    rows = [row for row in rows if row.value != "nan"]
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "lab.db"
        with open_recorder(store) as recorder:
            lab.record_run(recorder, shots=1, rows=lambda _: rows)
        found = load(store=store).samples()
    names = ["channel", "tick", "target_ns", "requested_ns", "received_ns", "value", "text", "status", "raw"]
    in_order = sorted(rows, key=lambda row: (row.channel, row.tick))
    assert found.select(names).rows() == [_expected(row) for row in in_order]
