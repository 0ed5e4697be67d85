"""`shotlane schema`: the JSON Schema of a kind of document, with the lane kinds that are installed."""

import argparse
from typing import Any

from shotlane.cli._output import print_json, tell
from shotlane.model import KindName, LoadedKind, installed_kinds, json_schema, load_kinds, with_kinds


def main(arguments: argparse.Namespace) -> int:
    """Print it."""
    print_json(installed_schema(arguments.kind))
    return 0


def installed_schema(kind: KindName) -> dict[str, Any]:
    """The schema for an editor on this machine; says which lane kinds cannot be used."""
    schema = json_schema(kind)
    if kind != "sequence":
        return schema
    kinds = load_kinds(installed_kinds().values())
    for name, item in kinds.items():
        if not isinstance(item, LoadedKind):
            tell(f"the lane kind '{name}' is left out: {item}")
    return with_kinds(schema, (item for item in kinds.values() if isinstance(item, LoadedKind)))
