"""Pages of the documentation as what can be run.

A fenced block is run by its language: `console` (`$ command` and its output), `python`, `pycon` (doctest) and
`yaml`; others are for reading. An HTML comment on the line before says what a yaml block is:
`<!-- file: PATH -->` a whole document, checked and, if it is a sequence, run in virtual time;
`<!-- wrong: PATH -->` a whole document whose mistakes are the point. Without one it is a part of a sequence.
Before a block in another language `<!-- file: PATH -->` makes it a file.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_FENCE = re.compile(
    r"^(?:<!-- (?P<kind>file|wrong): (?P<path>\S+) -->\n)?```(?P<language>\w+)\n", re.MULTILINE
)
_NEEDS = re.compile(r"^<!-- needs: (.+) -->$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `kind` and `path`: of the comment before it."""

    language: str
    text: str
    place: str
    kind: str | None
    path: str | None


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    at = 0
    while (found := _FENCE.search(text, at)) is not None:
        end = text.index("\n```", found.end() - 1) + 1
        line = text.count("\n", 0, found.end()) + 1
        place = f"{page.name}:{line}"
        yield Block(found["language"], text[found.end() : end], place, found["kind"], found["path"])
        at = end + 3


def links(page: Path) -> list[str]:
    """Targets of the links of a page that lead to files."""
    return [target for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]


def needs(page: Path) -> list[str]:
    """Modules that must be installed for what a page shows: `<!-- needs: MODULE ... -->`."""
    return [name for found in _NEEDS.findall(page.read_text(encoding="utf-8")) for name in found.split()]


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output that the page shows."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield command, output


def matches(shown: str, real: str) -> bool:
    """Whether the real output is what is shown; `...` stands for anything, alone on a line for any lines."""
    pieces = []
    for line in shown.strip().splitlines():
        if line.strip() == "...":
            pieces.append(r"(?:.*\n)*?")
        else:
            # Blanks beside dots are alignment.
            parts = re.split(r" *\.\.\. *", line.rstrip())
            pieces.append(".*?".join(re.escape(part) for part in parts) + r"\n")
    lines = "".join(f"{line.rstrip()}\n" for line in real.strip().splitlines())
    return re.fullmatch("".join(pieces), lines) is not None


_WHOLE: dict[str, Any] = {
    "sequence": "part",
    "station": "demo",
    "parameters": {
        "T_base": "25 degC",
        "T_soak": "60 degC",
        "rate": "40 K/s",
        "soak_time": "0.5 s",
        "flow": "20 cm**3/min",
    },
    "labels": {},
    "timeline": [
        {"baseline": "0.2 s"},
        {"heat": "(T_soak - T_base) / rate"},
        {"soak": "soak_time"},
        {"cool": "1 s"},
    ],
    "lanes": {"furnace.temperature": {"record": "2 Hz"}},
}
_ADDED_TO = ("parameters", "labels", "lanes")


def completed(part: str) -> str:
    """A part of a sequence with all that it lacks."""
    written: dict[str, Any] = YAML(typ="safe", pure=True).load(part)
    added = {key: {**_WHOLE[key], **written[key]} for key in _ADDED_TO if key in written}
    return json.dumps({**_WHOLE, **written, **added}, indent=2)
