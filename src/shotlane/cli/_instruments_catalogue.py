"""`shotlane instruments catalogue`: which devices need no document of one's own."""

import argparse
import re
from typing import Any

from shotlane.cli._output import Complaint, print_json, say
from shotlane.cli._text import table
from shotlane.diagnostics import did_you_mean
from shotlane.instruments import catalogue_document, catalogue_names, catalogue_text
from shotlane.model import InstrumentDocument


def main(arguments: argparse.Namespace) -> int:
    """Print a table of all, or the document of one."""
    if arguments.name is not None:
        say(_one(arguments.name).rstrip("\n"))
        return 0
    documents = [catalogue_document(name) for name in catalogue_names()]
    if arguments.json:
        print_json([_as_json(document) for document in documents])
        return 0
    say(table(["instrument", "protocol", "needs", "device"], [_row(document) for document in documents]))
    return 0


def _one(name: str) -> str:
    if name in catalogue_names():
        return catalogue_text(name)
    help = did_you_mean(name, catalogue_names(), what="instruments")
    raise Complaint(f"the catalogue has no instrument '{name}'" + (f"; {help}" if help else ""))


def _row(document: InstrumentDocument) -> list[str]:
    needed = [name for name, value in document.defaults.items() if value == "required"]
    return [document.instrument, document.protocol, ", ".join(needed), device_of(document)]


def device_of(document: InstrumentDocument) -> str:
    """What the device is: the beginning of the description."""
    return re.split(r"\. | \(|; ", document.description.strip())[0].rstrip(".")


def _as_json(document: InstrumentDocument) -> dict[str, Any]:
    return {
        "instrument": document.instrument,
        "description": document.description,
        "protocol": document.protocol,
        "attributes": list(document.attributes),
        "commands": list(document.commands),
        "options": document.defaults,
        "source": document.source,
        "tried": document.tried,
    }
