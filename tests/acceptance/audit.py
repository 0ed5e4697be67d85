"""Two books of one run laid side by side: what the store says was exchanged, and what the bench saw.

The store's book is made from its tables alone: readings of one exchange share their stamps and are one entry,
each set and call is one, an event is as many as its `exchanges` says. Both books are sorted by time and
compared per device, entry by entry.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.acceptance.lab import Lab

_READS = {"furnace.temperature": (360, 3), "furnace.setpoint": (2160, 2), "furnace.saving": (2494, 1)}
_WRITES = {"furnace.setpoint": 2160, "furnace.saving": 2494}
_CODES = {"volatile": 59, "eeprom": 106}
_SLACK_NS = 20_000_000  # two processes, one wall clock, a shared machine


@dataclass(frozen=True)
class Entry:
    """One request: when it was under way, and what was sent."""

    device: str
    first_ns: int
    last_ns: int
    kind: str  # read or write
    what: Any  # Modbus: (address, count or words); ASCII: the command
    told_by: str

    def agrees_with(self, request: "Entry") -> bool:
        """Whether both books tell the same; the event of a repeated write does not know the value."""
        known = request.what
        if self.kind == "write" and isinstance(self.what, int):
            known = request.what[0]
        elif self.what is None:
            known = None
        return (self.device, self.kind, self.what) == (request.device, request.kind, known)


def witnessed(requests: list[dict[str, Any]]) -> list[Entry]:
    """The bench's book."""
    return [_seen(request) for request in requests]


def _seen(request: dict[str, Any]) -> Entry:
    at = request["utc_ns"]
    if request["device"] == "gas":
        assert request["address"] == "A"
        kind = "write" if request["command"] else "read"
        return Entry("gas", at, at, kind, request["command"], "bench")
    assert request["unit"] == 1
    if request["function"] in (3, 4):
        return Entry("furnace", at, at, "read", (request["address"], request["count"]), "bench")
    return Entry("furnace", at, at, "write", (request["address"], tuple(request["values"])), "bench")


def stored(lab: Lab, run: int = 1) -> list[Entry]:
    """The store's book."""
    rows = [*_of_samples(lab, run), *_of_polls(lab, run), *_of_actions(lab, run)]
    # A row is stamped before its request, an event is made after it.
    timed = [((entry.first_ns, 1), entry) for entry in rows]
    timed += [((_told_ns(entry, rows), 0), entry) for entry in _of_events(lab, run)]
    return [entry for _, entry in sorted(timed, key=lambda pair: pair[0])]


def _told_ns(event: Entry, rows: list[Entry]) -> int:
    """When an event's request was through: before that of a row whose exchange had to do it first."""
    around = [
        row.first_ns
        for row in rows
        if row.device == event.device and row.first_ns <= event.last_ns <= row.last_ns
    ]
    return min(around, default=event.last_ns)


def assert_one_to_one(lab: Lab, requests: list[dict[str, Any]]) -> int:
    """Compare both books; the number of entries."""
    ours, theirs = stored(lab), witnessed(requests)
    for device in ("furnace", "gas"):
        mine = [entry for entry in ours if entry.device == device]
        seen = [entry for entry in theirs if entry.device == device]
        for number, (row, request) in enumerate(zip(mine, seen, strict=False)):
            where = f"{device}, entry {number}: {row} and {request}"
            assert row.agrees_with(request), where
            assert row.first_ns - _SLACK_NS <= request.first_ns <= row.last_ns + _SLACK_NS, where
        assert len(mine) == len(seen), (
            f"{device}: beyond both: {[*mine, *seen][min(len(mine), len(seen)) :][:3]}"
        )
    return len(ours)


_ORIGIN = "coalesce(a.origin_utc_ns, a.began_utc_ns)"


def _of_samples(lab: Lab, run: int) -> Iterator[Entry]:
    rows = lab.rows(
        f"""SELECT min(s.target_ns + s.late_ns) + {_ORIGIN} AS first,
        max(s.target_ns + s.late_ns + s.took_ns) + {_ORIGIN} AS last,
        group_concat(c.name) AS names, a.shot, a.attempt, group_concat(s.tick) AS ticks
        FROM sample s JOIN attempt a ON a.id = s.attempt
        JOIN channel c ON c.run = a.run AND c.channel = s.channel
        WHERE a.run = ? AND s.late_ns IS NOT NULL AND c.name NOT LIKE 'balance%'
        GROUP BY a.id, substr(c.name, 1, instr(c.name, '.')), s.target_ns + s.late_ns, s.took_ns""",
        run,
    )
    for row in rows:
        told = f"sample {row['names']} shot {row['shot']}.{row['attempt']} tick {row['ticks']}"
        device, _, _ = row["names"].partition(".")
        what: Any = "" if device == "gas" else _READS[row["names"]]
        yield Entry(device, row["first"], row["last"], "read", what, told)


def _of_polls(lab: Lab, run: int) -> Iterator[Entry]:
    """What an interlock asked for while no lane did."""
    rows = lab.rows(
        # Without a receiving time nothing has left: the port was not there, or a read-back before it failed.
        """SELECT p.requested_utc_ns AS first, p.received_utc_ns AS last, c.name
        FROM poll p JOIN channel c ON c.run = p.run AND c.channel = p.channel
        WHERE p.run = ? AND p.received_utc_ns IS NOT NULL""",
        run,
    )
    for row in rows:
        device, _, _ = row["name"].partition(".")
        what: Any = "" if device == "gas" else _READS[row["name"]]
        yield Entry(device, row["first"], row["last"], "read", what, f"poll of {row['name']}")


def _of_actions(lab: Lab, run: int) -> Iterator[Entry]:
    rows = lab.rows(
        f"""SELECT x.requested_ns + {_ORIGIN} AS first, x.received_ns + {_ORIGIN} AS last, x.value,
        x.text, x.number, x.command, c.name, a.shot, a.attempt
        FROM action x JOIN attempt a ON a.id = x.attempt
        LEFT JOIN channel c ON c.run = a.run AND c.channel = x.channel
        WHERE a.run = ? AND x.requested_ns IS NOT NULL""",
        run,
    )
    for row in rows:
        name = row["name"] or row["command"]
        if not name.startswith("balance"):
            told = f"action {row['number']} of shot {row['shot']}.{row['attempt']}"
            yield _write(name, row["value"], row["first"], row["last"], told)


def _write(name: str, value: float, first_ns: int, last_ns: int, told: str) -> Entry:
    device = name.split(".")[0]
    if device == "furnace":
        low, high = _words(value)
        return Entry(device, first_ns, last_ns, "write", (_WRITES[name], (low, high)), told)
    command = ("HC" if value else "C") if name == "gas.shutoff" else f"S{value:.3f}"
    return Entry(device, first_ns, last_ns, "write", command, told)


def _words(value: float) -> tuple[int, int]:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return low, high


def _of_events(lab: Lab, run: int) -> Iterator[Entry]:
    rows = lab.rows("SELECT number, type, at_utc_ns, fields FROM event WHERE run = ?", run)
    for row in rows:
        fields = json.loads(row["fields"] or "{}")
        for _ in range(fields.get("exchanges", 0)):
            yield _of_event(row["type"], row["at_utc_ns"], fields, f"event {row['number']} {row['type']}")


def _of_event(type_: str, at_ns: int, fields: dict[str, Any], told: str) -> Entry:
    role = fields["role"]
    # An event is made when its exchange has ended, which may have taken the whole timeout, and what a line in
    # doubt is listened to after it.
    began_ns = at_ns - 2_400_000_000
    if type_ == "instrument.set-up":
        words = (_CODES[fields["value"]],)
        return Entry(role, began_ns, at_ns, "write", (_WRITES[f"{role}.{fields['attribute']}"], words), told)
    if type_ == "safe-state.written":
        return _write(f"{role}.{fields['attribute']}", fields["value"], began_ns, at_ns, told)
    if type_ == "safe-state.failed":
        return Entry(role, began_ns, at_ns, "write", _WRITES.get(f"{role}.{fields['attribute']}"), told)
    assert type_ in ("exchange.repeated", "exchange.checked"), told
    name = f"{role}.{fields['names'][0]}"
    if fields["operation"] == "write":
        return Entry(role, began_ns, at_ns, "write", _WRITES.get(name), told)
    return Entry(role, began_ns, at_ns, "read", "" if role == "gas" else _READS[name], told)
