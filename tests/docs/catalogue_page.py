"""The page of the catalogue, made from its documents: `python -m tests.docs.catalogue_page` writes it."""

from pathlib import Path
from typing import Final

from shotlane.instruments import catalogue_document, catalogue_names
from shotlane.model import InstrumentAttribute, InstrumentDocument

PAGE: Final = Path(__file__).parents[2] / "docs" / "catalogue.md"
_HEAD: Final = """\
# The catalogue

Devices that need no document of your own: write their name behind `instrument:` in a station, or print the
document with `shotlane instruments catalogue NAME`, save it next to the station and change it.

Each says what it was written from, and what of that was not opened but written from memory. In the test
suite each is read, set, called and simulated, and a dialogue on a real wire compares every byte sent and
every value read with what the source says ([tests/instruments/dialogues](../tests/instruments/dialogues)).
That is not the same as having been tried on the device: whoever tries one writes `tried:` into its
document.

`rw` can be read and set, `w` only set; what stands behind the arrow is the value in the safe state. An
option in bold must be given by the station; `{name}` stands for its value.
"""


def page_text() -> str:
    """The whole page."""
    documents = [catalogue_document(name) for name in catalogue_names()]
    rows = [
        f"| [`{one.instrument}`](#{one.instrument}) | {one.protocol} | {_tried(one)} |" for one in documents
    ]
    table = "\n".join(["| instrument | protocol | tried on |", "|---|---|---|", *rows])
    return "\n".join([_HEAD, table, "", *map(_section, documents)])


def _section(document: InstrumentDocument) -> str:
    lines = [f"## {document.instrument}", "", document.description.strip(), "", "| | |", "|---|---|"]
    lines.append(f"| attributes | {', '.join(_attribute(*item) for item in document.attributes.items())} |")
    if document.commands:
        lines.append(f"| commands | {', '.join(f'`{name}`' for name in document.commands)} |")
    if document.defaults:
        lines.append(f"| options | {', '.join(_option(*item) for item in document.defaults.items())} |")
    lines += [f"| source | {document.source} |", f"| tried on | {_tried(document)} |", ""]
    return "\n".join(lines)


def _attribute(name: str, one: InstrumentAttribute) -> str:
    facts = [one.access if one.access != "r" else "", one.unit or ""]
    shown = " ".join(fact for fact in facts if fact)
    safe = {True: "on", False: "off"}.get(one.safe, one.safe) if isinstance(one.safe, bool) else one.safe
    arrow = f" → {safe}" if safe not in (None, "keep") else ""
    return f"`{name}`" + (f" ({shown}{arrow})" if shown or arrow else "")


def _option(name: str, value: object) -> str:
    return f"**`{name}`**" if value == "required" else f"`{name}` ({value})" if value != "" else f"`{name}`"


def _tried(document: InstrumentDocument) -> str:
    return document.tried or "nothing yet"


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
