"""The page of all keys, made from the models: `python -m tests.docs.keys_page` writes it."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from shotlane.model import KindName, json_schema

PAGE: Final = Path(__file__).parents[2] / "docs" / "keys.md"
_HEAD: Final = """\
# Every key

All keys of the three documents, made from the models that check them. What they mean together stands in
[The sequence document](language.md) and [Stations and instruments](instruments.md). A default in the second
column holds where the key is not written.
"""
_KINDS: Final[tuple[tuple[KindName, str], ...]] = (
    ("sequence", "The sequence document"),
    ("station", "The station document"),
    ("instrument", "The instrument document"),
)
_LONGEST: Final = 70
_EXAMPLES: Final = re.compile(r"```yaml\n(.*?)\n```", re.DOTALL)


def page_text() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for kind, title in _KINDS for line in _document(kind, title))])


def _document(kind: KindName, title: str) -> Iterator[str]:
    schema = json_schema(kind)
    yield from _section(f"## {title}", schema)
    for name, part in sorted(schema.get("definitions", {}).items()):
        if part.get("properties"):
            yield from _section(f"### {kind}: {name}", part)


def _section(title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (title, "")
    if schema.get("description"):
        yield from (_cell(schema["description"]), "")
    yield from ("| key | default | meaning | for example |", "|---|---|---|---|")
    needed = schema.get("required", ())
    for key, part in schema["properties"].items():
        yield f"| `{key}` | {_default(key, part, needed)} | {_meaning(part)} | {_example(part)} |"
    yield ""


def _default(key: str, part: Mapping[str, Any], needed: Any) -> str:
    if key in needed:
        return "needed"
    default = part.get("default")
    return "" if default in (None, [], {}) else f"`{_flow(default)}`"


def _meaning(part: Mapping[str, Any]) -> str:
    choices = part.get("enum")
    text = _cell(part.get("description", ""))
    return text if not choices else f"{text} One of {', '.join(f'`{_flow(one)}`' for one in choices)}."


def _example(part: Mapping[str, Any]) -> str:
    block = _EXAMPLES.search(part.get("markdownDescription", ""))
    shown = block.group(1).splitlines() if block is not None and len(part["examples"]) > 0 else []
    whole = [text for text in shown if not text.startswith((" ", "-"))]
    return ", ".join(f"`{_cell(text)}`" for text in whole if len(text) <= _LONGEST)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _flow(value: Any) -> str:
    """A short value as it is written in YAML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
