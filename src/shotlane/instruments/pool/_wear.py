"""How often memory that wears out was written: counted per instrument's address, over all runs and stations.

Whoever holds the instrument's lock keeps its book, so that no two processes write it. What was counted is
written down every few seconds and at the end; a killed process loses no more than that.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.pool._lock_address import lock_address
from shotlane.model import Scalar, ScalarValue
from shotlane.records import file_name

_KEPT_DAYS: Final = 400
_FLUSH_S: Final = 10.0


def wear_folder() -> Path:
    """Where the books lie."""
    return user_data_path("shotlane") / "wear"


class WearBook:
    """Counts the writes of one instrument."""

    def __init__(self, definition: Definition, *, folder: Path | None = None) -> None:
        self._budgets = definition.wear
        resource = definition.resource
        unit = resource.query.get("unit")
        # A secret stays out of the book and its name, so it has one of its own.
        address = resource.text if resource.holds_secret else lock_address(resource) or resource.text
        self._address = f"{address}?unit={unit}" if unit else address
        self._path = (folder or wear_folder()) / f"{file_name(self._address)}.json"
        self._counts = self._read()
        self._told: set[str] = set()
        self._flushed = datetime.now(UTC)
        self._changed = False

    def count(self, name: str, holds: Mapping[str, ScalarValue]) -> int | None:
        """Count one write; how many there were in the budget's time when that is spent, once.

        `holds`: what other attributes are known to be set to.
        """
        budget = self._budgets.get(name)
        if budget is None or _harmless(budget.unless, holds):
            return None
        now = datetime.now(UTC)
        days = self._counts.setdefault(name, {})
        today = now.date().isoformat()
        days[today] = days.get(today, 0) + 1
        self._changed = True
        if (now - self._flushed).total_seconds() > _FLUSH_S:
            self.flush()
        recent = self.recent(name)
        if recent < budget.writes or name in self._told:
            return None
        self._told.add(name)
        return recent

    def recent(self, name: str) -> int:
        """Writes within the budget's time, in whole days."""
        days = max(1, -(-round(self._budgets[name].per_s) // 86_400))
        first = (datetime.now(UTC).date() - timedelta(days=days - 1)).isoformat()
        return sum(count for day, count in self._counts.get(name, {}).items() if day >= first)

    def total(self, name: str) -> int:
        """All writes that are still in the book."""
        return sum(self._counts.get(name, {}).values())

    def flush(self) -> None:
        """Write it down. A folder that takes no file loses the count, never the run."""
        self._flushed = datetime.now(UTC)
        if not self._changed:
            return
        oldest = (self._flushed.date() - timedelta(days=_KEPT_DAYS)).isoformat()
        kept = {
            name: {day: count for day, count in days.items() if day >= oldest or day == "before"}
            | _before(days, oldest)
            for name, days in self._counts.items()
        }
        fresh = self._path.with_suffix(".new")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"address": self._address, "writes": kept}), encoding="utf-8")
            fresh.replace(self._path)
            self._changed = False

    def _read(self) -> dict[str, dict[str, int]]:
        try:
            found: Any = json.loads(self._path.read_text(encoding="utf-8"))["writes"]
            return {str(name): {str(day): int(n) for day, n in days.items()} for name, days in found.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def _before(days: Mapping[str, int], oldest: str) -> dict[str, int]:
    """What is too old to be kept by day, in one number."""
    count = sum(n for day, n in days.items() if day < oldest and day != "before") + days.get("before", 0)
    return {"before": count} if count else {}


def _harmless(unless: Mapping[str, Scalar], holds: Mapping[str, ScalarValue]) -> bool:
    return bool(unless) and all(str(holds.get(name)) == str(value) for name, value in unless.items())
