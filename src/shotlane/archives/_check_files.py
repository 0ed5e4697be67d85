"""Whether the crate describes the files that are there, and channels and parameters as `run.json` does."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._checked import Findings
from shotlane.archives._crate import METADATA, measured
from shotlane.archives._error import ArchiveError
from shotlane.archives._reader import BagReader

_Item = Mapping[str, Any]


def check_files(reader: BagReader, found: Findings) -> None:
    """Compare the files of an archive with its crate."""
    described = described_files(reader)
    prefix = f"{PAYLOAD}/"
    there = {
        name.removeprefix(prefix): size
        for name, size in reader.bag.sizes.items()
        if name.startswith(prefix) and name != f"{prefix}{METADATA}"
    }
    for name in sorted(described.keys() - there):
        found.tell(f"the crate describes {name}, which is not there")
    for name in sorted(there.keys() - described):
        found.tell(f"the crate does not describe {name}")
    for name in sorted(there.keys() & described):
        told = described[name].get("contentSize")
        found.same(told, str(there[name]), f"{name} has {there[name]:,} bytes, and {told} by the crate")
    items = _items(reader)
    for identifier, wanted in measured(reader.facts).items():
        told = {name: items.get(identifier, {}).get(name) for name in (*wanted, "unitText")}
        if told != {"unitText": None, **wanted}:
            found.tell(f"the crate describes {wanted['name']} otherwise than run.json")


def described_files(reader: BagReader) -> dict[str, _Item]:
    """What the crate says of each file. Raises `ArchiveError` for one that is damaged."""
    try:
        items = _items(reader)
        return {unquote(part["@id"]): items[part["@id"]] for part in items["./"]["hasPart"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveError(f"'{METADATA}' of '{reader.store}' is damaged") from error


def described_rows(reader: BagReader) -> dict[str, int]:
    """How many rows the crate says that each table has; none by a crate that is damaged."""
    try:
        items = _items(reader)
        return {
            unquote(name): items[item["additionalProperty"]["@id"]]["value"]
            for name, item in items.items()
            if "additionalProperty" in item
        }
    except (ArchiveError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # which `check_files` tells


def _items(reader: BagReader) -> dict[str, _Item]:
    return {item["@id"]: item for item in json.loads(reader.read(METADATA))["@graph"]}
