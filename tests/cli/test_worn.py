"""Memories that were written more often than they stand are told at the end and by `show`."""

import json

import polars as pl

from shotlane.cli._show import _worn
from shotlane.cli._text import worn

FIELDS = {"role": "oven", "attribute": "setpoint", "writes": 4, "budget": 3, "per_s": 86_400.0}


def test_what_it_bears_is_told_beside_what_was_done() -> None:
    assert worn(FIELDS) == "4 writes, and its memory stands 3 in 24 h"


def test_show_tells_the_newest_count_of_each() -> None:
    later = {**FIELDS, "writes": 1_100}
    events = {
        "type": ["instrument.worn", "shot.ended", "instrument.worn"],
        "fields": [json.dumps(fields) for fields in (FIELDS, {}, later)],
    }
    told = _worn(pl.DataFrame(events))
    assert told == ["  worn       oven.setpoint: 1,100 writes, and its memory stands 3 in 24 h"]
