"""Samples per second of alicatlib's sinks, in an environment of its own with Python 3.13.

Run with `python tests/benchmarks/peer_alicatlib_sinks.py ROWS FOLDER [POSTGRES_URL]`; prints them as JSON by
sink. Batches of 5000, 13 columns; Postgres needs asyncpg too, Parquet pyarrow, and are left out without.
`bench_store` and `bench_record` run it beside ours when SHOTLANE_ALICAT_PYTHON names that Python.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from alicatlib.errors import AlicatSinkDependencyError
from alicatlib.sinks.csv import CsvSink
from alicatlib.sinks.jsonl import JsonlSink
from alicatlib.sinks.sqlite import SqliteSink
from alicatlib.streaming.sample import Sample

BATCH = 5000


class Reading:
    """What a flow controller answers."""

    def __init__(self, number: int) -> None:
        self._number = number

    def as_dict(self) -> dict[str, object]:
        """Its fields."""
        flow = 25.0 + self._number / 7
        return {
            "Abs_Press": 14.7,
            "Flow_Temp": 22.5,
            "Mass_Flow": flow,
            "Mass_Flow_Setpt": 20.0,
            "Gas": "Air",
            "status": "",
        }


def samples(rows: int) -> list[Sample]:
    """As the recorder makes them."""
    now = datetime.now(UTC)
    return [Sample("gas", "A", n * 1_000_000, now, now, now, 0.0001, Reading(n)) for n in range(rows)]


async def rate(sink: Any, rows: list[Sample]) -> float:
    """Samples per second, opening and closing included."""
    began = time.perf_counter()
    async with sink:
        for start in range(0, len(rows), BATCH):
            await sink.write_many(rows[start : start + BATCH])
    return len(rows) / (time.perf_counter() - began)


async def main(count: int, folder: str, postgres: str | None) -> None:
    """Measure every sink that can be had here."""
    rows = samples(count)
    found = {
        "SQLite": await rate(SqliteSink(f"{folder}/alicat.db"), rows),
        "SQLite FULL": await rate(SqliteSink(f"{folder}/alicat-full.db", synchronous="FULL"), rows),
        "CSV": await rate(CsvSink(f"{folder}/alicat.csv"), rows),
        "JSON lines": await rate(JsonlSink(f"{folder}/alicat.jsonl"), rows),
    }
    try:
        from alicatlib.sinks.parquet import ParquetSink

        found["Parquet"] = await rate(ParquetSink(f"{folder}/alicat.parquet"), rows)
    except (AlicatSinkDependencyError, ImportError) as error:
        sys.stderr.write(f"without Parquet: {error}\n")
    if postgres is not None:
        try:
            from alicatlib.sinks.postgres import PostgresConfig, PostgresSink

            found["COPY"] = await rate(PostgresSink(PostgresConfig(dsn=postgres, create_table=True)), rows)
        except (AlicatSinkDependencyError, ImportError) as error:
            sys.stderr.write(f"without Postgres: {error}\n")
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
