"""Good documents with one mistake put in mechanically: the kinds of slips that people make.

A mutation changes one line of a sequence and says which code that line must give. Those marked `leaf` hide
nothing of the rest of the document, so several at once must give exactly as many messages.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SEQUENCES = sorted((Path(__file__).parents[2] / "sequences").glob("*.yaml"))


@dataclass(frozen=True)
class Mutant:
    """One slip: line (from 1), what the line becomes, the code expected there."""

    slip: str
    line: int
    new: str
    code: str
    leaf: bool


Slip = Callable[[str, "Where"], tuple[str, str] | None]


@dataclass(frozen=True)
class Where:
    """Where a line stands: its top-level key, and the key of the lane or item and of the part above it."""

    section: str
    lane: str
    part: str


def _sub(pattern: str, new: str, line: str) -> str | None:
    changed = re.sub(pattern, new, line, count=1)
    return None if changed == line else changed


def _slip(sections: str, pattern: str, new: str, code: str, parts: str = "") -> Slip:
    """A slip that replaces a pattern in lines of these sections (and, if given, of these parts of a lane)."""

    def slip(line: str, where: Where) -> tuple[str, str] | None:
        if where.section not in sections.split() or (parts and where.part not in parts.split()):
            return None
        changed = _sub(pattern, new, line)
        return None if changed is None else (changed, code)

    return slip


_CELL = r"(?<=: )(-?[\d.]+) (?:cm\*\*3/min|degC)$"
_STEP = r"^(      )([a-z_]+)(?=: )"
LEAVES: dict[str, Slip] = {
    "drop the unit of a duration": _slip("timeline", r"(?<=: )([\d.]+) s$", r"\1", "EXP040"),
    "give a duration another dimension": _slip("timeline", r"(?<=: )([\d.]+) s$", r"\1 K", "EXP040"),
    "drop the unit of a cell": _slip("lanes", _CELL, r"\1", "EXP040", "set"),
    "give a cell another dimension": _slip("lanes", _CELL, r"\1 kg", "EXP040", "set"),
    "drop the unit of a rate": _slip("lanes", r"(?<=: )(\d+) (?:Hz|s|min)$", r"\1", "EXP040", "record"),
    "misspell a unit": _slip("lanes", r" (Hz|cm\*\*3/min)$", r" \1x", "EXP010"),
    "misspell a step": _slip("lanes", _STEP, r"\1\2x", "SEQ213", "record read call"),
    "misspell an option of a lane": _slip(
        "lanes", r"^(    )(required|initial|every)(?=:)", r"\1\2y", "SEQ101"
    ),
    "leave an option without value": _slip("lanes", r"^(    required:) .*$", r"\1", "SEQ104"),
    "use an unknown name": _slip("lanes", r"\b(flow|T_soak|T_base|T_room|T_dry)\b", r"\1_q", "EXP020", "set"),
    "break a parenthesis": _slip("timeline parameters", r"\)", r"", "EXP001"),
    "forget an operator": _slip("parameters", r"(?<=\d) \* ", r" ", "EXP010"),
    "write a foreign operator": _slip("parameters", r" (?:\*|/) ", r" % ", "EXP002"),
    "misspell a command": _slip("lanes", r"tare\(\)", r"tarre()", "SEQ222"),
    "misspell a choice": _slip("retry", r"(?<=then: )(\w+)", r"\1x", "SEQ105"),
    "misspell a key of retry": _slip("retry", r"^  (attempts)(?=:)", r"  \1x", "SEQ101"),
    "misspell a function": _slip("lanes", r"\b(sin|exp)\(", r"\1x(", "EXP021"),
    "write a text for a number": _slip("retry", r"(?<=attempts: )(\d+)", r"two", "SEQ103"),
    "leave the limits": _slip("sweep", r"80 degC\]", r"800 degC]", "SEQ401-elsewhere"),
}
WHOLES: dict[str, Slip] = {
    "misspell a role": _slip("lanes", r"^  (furnace|gas|meter)(?=\.\w+:)", r"  \1x", "SEQ210"),
    "misspell a section": _slip(
        "lanes sweep timeline retry parameters labels", r"^(\w+)(?=:$)", r"\1x", "SEQ101"
    ),
    "misspell the station": _slip("station", r"demo", r"dmeo", "RUN003"),
    "misspell a swept name": _slip("sweep", r"^(  - )(T_soak|flow|gas_name|purge)(?=:)", r"\1\2_q", "SEQ301"),
    "indent with a tab": _slip("timeline", r"^  - ", "\t- ", "YAML001"),
    "write a second colon": _slip("description", r": (\w+)", r": \1: more", "YAML001"),
    "tag a value": _slip("parameters", r": (?=\d)", r": !number ", "YAML003"),
    "use an alias that is nowhere": _slip("parameters", r": \d.*$", r": *nowhere", "YAML005"),
    "give a parameter an unknown unit": _slip("parameters", r"(degC|cm\*\*3/min|K/s| s)$", r"\1q", "EXP010"),
    "write a list for a parameter": _slip("parameters", r": (\d[^#]*\S)$", r": [\1]", "SEQ208"),
    "leave a parameter without value": _slip("parameters", r"^(  \w+:) .*$", r"\1", "SEQ104"),
    "name a parameter by a word of the language": _slip(
        "parameters", r"^  (rate|purge|period|flow)(?=:)", r"  duration", ""
    ),
}


def _bare(line: str) -> str:
    """A line without its comment, which would get in the way of the patterns."""
    return re.sub(r"\s+#(?! yaml).*$", "", line)


def places(text: str) -> Iterator[tuple[int, str, Where]]:
    """Every line with where it stands."""
    section = lane = part = ""
    for number, line in enumerate(text.split("\n"), start=1):
        top, inner, deep = (re.match(rf"^ {{{depth}}}([\w.]+):", line) for depth in (0, 2, 4))
        if top is not None:
            section, lane, part = top[1], "", ""
        elif inner is not None:
            lane, part = inner[1], ""
        elif deep is not None:
            part = deep[1]
        if line.strip() and not line.strip().startswith("#"):
            yield number, line, Where(section, lane, part)


def mutants(path: Path, *, leaves_only: bool = False) -> list[Mutant]:
    """Every single slip that can be put into a sequence."""
    found = []
    for number, line, where in places(path.read_text(encoding="utf-8")):
        for slips, leaf in ((LEAVES, True), ({} if leaves_only else WHOLES, False)):
            for name, slip in slips.items():
                made = slip(_bare(line), where)
                if made is not None and made[1] and not made[1].endswith("elsewhere"):
                    found.append(Mutant(name, number, made[0], made[1], leaf))
        if where.section == "parameters" and where.lane and not leaves_only:
            found.append(Mutant("write a key twice", number, f"{line}\n{line}", "YAML002+1", leaf=False))
    return found


def mutated(text: str, chosen: list[Mutant]) -> str:
    """The text with these slips, each marked with what it must give."""
    lines = text.split("\n")
    for mutant in chosen:
        code, _, below = mutant.code.partition("+")
        lines[mutant.line - 1] = mutant.new + ("" if "\t" in mutant.new else f"  # expect: {code}")
        if "\t" in mutant.new:
            lines[mutant.line - 2] += f"  # expect-next: {code}"
        assert below in ("", "1")
    return "\n".join(lines)
