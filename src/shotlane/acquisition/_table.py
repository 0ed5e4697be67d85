"""Samples as a table with declared types; never guessed from the first rows.

A number or a truth value stands in `value`, a text in `text`. What a float cannot hold exactly (whole numbers
beyond 2^53, not-a-number, infinities) stands in `text` too, as do arrays, in JSON.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shotlane.acquisition._sample import MeasuredChannel, Origin, Sample
from shotlane.model import Attribute, ValueType
from shotlane.records import Status

if TYPE_CHECKING:
    import polars as pl

# Kind of each column: whole, number, text, or time (UTC).
SCHEMA: Final[Mapping[str, str]] = {
    "recording": "text",
    "run": "whole",
    "shot": "whole",
    "attempt": "whole",
    "channel": "text",
    "device": "text",
    "address": "text",
    "protocol": "text",
    "parameter": "text",
    "parameter_id": "whole",
    "instance": "whole",
    "unit": "text",
    "tick": "whole",
    "target_at": "time",
    "requested_at": "time",
    "received_at": "time",
    "midpoint_at": "time",
    "monotonic_ns": "whole",
    "latency_s": "number",
    "lateness_s": "number",
    "value": "number",
    "text": "text",
    "status": "text",
    "fault": "text",
    "raw": "text",
}
STATUS_NAMES: Final = {status: status.name.lower() for status in Status}
_EXACT = 2**53


def split(value: Any) -> tuple[float | None, str | None]:
    """A value as number and text."""
    if value is None:
        return None, None
    if isinstance(value, str):
        return None, value
    if isinstance(value, bool | np.bool_):
        return float(value), None
    if isinstance(value, int | np.integer):
        return float(value), str(value) if abs(int(value)) > _EXACT else None
    if isinstance(value, float | np.floating):
        return float(value), None if math.isfinite(value) else repr(float(value))
    if isinstance(value, np.ndarray):
        return None, json.dumps(value.tolist())
    return None, str(value)


def split_all(values: Sequence[Any]) -> tuple[Sequence[float | None], Sequence[str | None]]:
    """The values as numbers and as texts; quick where all are ordinary numbers."""
    if set(map(type, values)) <= {float} and all(map(math.isfinite, values)):
        return values, (None,) * len(values)
    pairs = [split(value) for value in values]
    return [number for number, _ in pairs], [text for _, text in pairs]


def channel_row(channel: MeasuredChannel, origin: Origin) -> tuple[Any, ...]:
    """The first columns, those that all samples of a channel share."""
    return (
        origin.recording,
        origin.run,
        origin.shot,
        origin.attempt,
        channel.name,
        channel.device,
        channel.address,
        channel.protocol,
        channel.parameter,
        channel.parameter_id,
        channel.instance,
        channel.unit,
    )


def get_ready() -> None:
    """Import what `frame` needs: when a sink is opened, and not while ticks are kept."""
    import polars as pl  # late: an eighth of a second

    pl.DataFrame({"value": [0.0]}).select(pl.col("value") + 1)


def frame(samples: Sequence[Sample]) -> "pl.DataFrame":
    """The samples in the columns of `SCHEMA`."""
    import polars as pl

    channels, origins, tick, target, requested, received, values, status, raw, fault = zip(
        *samples, strict=True
    )
    places: dict[tuple[int, int], int] = {}
    heads: list[tuple[Any, ...]] = []
    index = []
    for channel, origin in zip(channels, origins, strict=True):
        place = places.setdefault((id(channel), id(origin)), len(places))
        if place == len(heads):
            heads.append((*channel_row(channel, origin), origin.utc_offset_ns))
        index.append(place)
    names = list(SCHEMA)[: len(heads[0]) - 1]
    head = _shared(names, heads)[index]
    numbers, texts = split_all(values)
    whole = partial(pl.Series, dtype=pl.Int64)
    own = pl.DataFrame(
        {
            "tick": whole(tick),
            "target": whole(target),
            "requested": whole(requested),
            "received": whole(received),
            "value": pl.Series(numbers, dtype=pl.Float64),
            "text": pl.Series(texts, dtype=pl.String),
            "status": pl.Series([STATUS_NAMES[one] for one in status], dtype=pl.String),
            "fault": pl.Series(fault, dtype=pl.String),
            "raw": pl.Series(raw, dtype=pl.String),
        }
    )
    return _timed(pl.concat([head, own], how="horizontal"))


_KINDS: Final = {
    ValueType.FLOAT: "Float64",
    ValueType.INT: "Int64",
    ValueType.BOOL: "Boolean",
    ValueType.OPTION: "String",
    ValueType.TEXT: "String",
}


def wide(
    samples: Sequence[Sample],
    channels: Sequence[MeasuredChannel],
    attributes: Mapping[str, Attribute],
    elapsed_s: Callable[[int], float | None],
) -> "pl.DataFrame":
    """Samples of one recording as a row per tick and a column per quantity, of the type it declares.

    An array stands as the list of its numbers.
    """
    import polars as pl

    rows: dict[int, dict[str, Any]] = {}
    instants: dict[int, int] = {}
    for sample in samples:
        rows.setdefault(sample.tick, {})[sample.parameter] = sample.value
        instants[sample.tick] = sample.target_ns + sample.origin.utc_offset_ns
    columns = [
        pl.Series("tick", list(rows), dtype=pl.Int64),
        pl.Series("target_at", list(instants.values()), dtype=pl.Int64).cast(pl.Datetime("ns", "UTC")),
        pl.Series("elapsed_s", [elapsed_s(tick) for tick in rows], dtype=pl.Float64),
    ]
    for name in dict.fromkeys(channel.parameter for channel in channels):
        kind = _KINDS.get(attributes[name].type)
        values = [_listed(row.get(name)) for row in rows.values()]
        dtype: Any = pl.List(pl.Float64) if kind is None else getattr(pl, kind)
        columns.append(pl.Series(name, values, dtype=dtype, strict=False))
    return pl.DataFrame(columns)


def _listed(value: Any) -> Any:
    return value.ravel().tolist() if isinstance(value, np.ndarray) else value


def _shared(names: Sequence[str], heads: Sequence[tuple[Any, ...]]) -> "pl.DataFrame":
    import polars as pl

    kinds: dict[str, Any] = {name: pl.Int64 if SCHEMA[name] == "whole" else pl.String for name in names}
    return pl.DataFrame(heads, schema=kinds | {"offset": pl.Int64}, orient="row")


def _timed(found: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl

    requested, received, offset = pl.col("requested"), pl.col("received"), pl.col("offset")
    middle = requested + (received - requested) // 2

    def instant(at: pl.Expr) -> pl.Expr:
        return (at + offset).cast(pl.Datetime("ns", "UTC"))

    return found.with_columns(
        target_at=instant(pl.col("target")),
        requested_at=instant(requested),
        received_at=instant(received),
        midpoint_at=instant(middle),
        monotonic_ns=received,
        latency_s=(received - requested) / 1e9,
        lateness_s=(requested - pl.col("target")) / 1e9,
    ).select(list(SCHEMA))
