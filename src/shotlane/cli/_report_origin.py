"""Where a run came from: instruments, programs, and the documents as they were run."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._curves import unit_text
from shotlane.cli._report_parts import Cell, Column, folded, note, section, table
from shotlane.cli._shot_columns import columns_of
from shotlane.cli._text import value

_FEW_VALUES = 12


def origin(run: LoadedRun) -> str:
    """Instruments, versions and digests."""
    return "\n".join((_instruments(run), _environment(run)))


def asked(run: LoadedRun, shots: pl.DataFrame) -> str:
    """The sweep in a few words, and the documents as they were run."""
    columns = columns_of(run, shots)
    swept = [_swept(run, shots, name) for name in columns.swept]
    fixed = [f"{name} = {value(item, _unit(run, name))}" for name, item in columns.fixed.items()]
    lines = [f"<p><b>Swept:</b> {escape('; '.join(swept))}</p>"] if swept else []
    summary = run.record.summary
    which = "all shots" if summary.shots_committed >= (summary.shots_planned or 0) else "the shots so far"
    lines += [f"<p><b>The same in {which}:</b> {escape(', '.join(fixed))}</p>"] if fixed else []
    documents = [folded(name, f"<pre>{escape(text)}</pre>") for name, text in run.documents().items()]
    return section("What was asked", *lines, *documents)


def _unit(run: LoadedRun, name: str) -> str:
    unit = run.parameter_units.get(name)
    return unit_text(unit) if unit else ""


def _swept(run: LoadedRun, shots: pl.DataFrame, name: str) -> str:
    """A parameter with its values, or the first and the last of many."""
    values = shots[name].drop_nulls().unique(maintain_order=True).to_list()
    few = values if len(values) <= _FEW_VALUES else [values[0], "...", values[-1]]
    words = ", ".join(value(each) for each in few)
    unit = _unit(run, name)
    more = f" ({len(values)} values)" if len(values) > _FEW_VALUES else ""
    return f"{name} {words}{f' {unit}' if unit else ''}{more}"


def _instruments(run: LoadedRun) -> str:
    events = run.events().filter(pl.col("type").is_in(["instrument.opened", "instrument.identified"]))
    known: dict[str, dict[str, Any]] = {}
    for kind, text in events.select("type", "fields").iter_rows():
        fields = json.loads(text or "{}")
        one = known.setdefault(str(fields.get("role", "")), {})
        one.update(fields if kind == "instrument.opened" else {"identity": fields.get("identity")})
    if not known:
        return section("Instruments", note("None was opened."))
    rows = [
        [
            role,
            Cell(str(one.get("resource") or ""), "long"),
            one.get("driver"),
            Cell(_told(one.get("identity")), "long"),
        ]
        for role, one in known.items()
    ]
    return section(
        "Instruments", table([Column(name) for name in ("role", "resource", "driver", "identity")], rows)
    )


def _told(identity: Any) -> str:
    if isinstance(identity, Mapping):
        return ", ".join(f"{name} {item}" for name, item in identity.items() if item not in (None, ""))
    return "" if identity is None else str(identity)


def _environment(run: LoadedRun) -> str:
    known = dict(_flat(run.record.environment))
    rows = [[name, Cell(text, "long")] for name, text in known.items()]
    first = [f"{name} {known[name]}" for name in ("shotlane", "python", "platform") if name in known]
    commit = known.get("git.commit")
    if commit:
        changed = ", with changes that were not committed" if known.get("git.dirty") == "true" else ""
        first.append(f"commit {commit}{changed}")
    return section(
        "Made with",
        f"<p>{escape(', '.join(first))}</p>" if first else "",
        f"<p>digest of the plan <code>{escape(run.record.plan_digest or 'unknown')}</code></p>",
        folded("everything that is known", table([Column("what"), Column("")], rows)) if rows else "",
    )


def _flat(mapping: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Names with dots and what they say; of files only what they were called."""
    for name, item in mapping.items():
        if isinstance(item, Mapping) and name != "files":
            yield from _flat(item, f"{above}{name}.")
        elif item not in (None, "", {}, []) and name != "files":
            yield (
                above + name,
                item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str),
            )
