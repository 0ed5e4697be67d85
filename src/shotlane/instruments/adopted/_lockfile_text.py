"""A lock as text, and its file. Imported only by `describe`: nothing else writes."""

from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from shotlane.instruments.adopted._lockfile import StationLock

_HEADER = """\
# Written by `shotlane instruments describe`: what the drivers of this station declare.
# Commit it. Do not edit it: say what is missing under `attributes:` in the station.
"""


def lock_text(lock: StationLock) -> str:
    """The lock as YAML; equal locks give equal texts."""
    data = lock.model_dump(exclude_defaults=True, mode="json")
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 100
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = StringIO()
    yaml.dump({"lock": lock.lock, "station": lock.station, **data}, stream)
    return _HEADER + stream.getvalue()


def write_lock(lock: StationLock, path: Path) -> None:
    """Replace the lock file, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(lock_text(lock), encoding="utf-8")
    part.replace(path)
