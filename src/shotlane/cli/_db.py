"""`shotlane db`: look at the database of a store, bring it up to date, deliver what waits for it."""

import argparse

from shotlane.cli._output import Complaint, print_json, say, store_complaints, tell
from shotlane.cli._text import count
from shotlane.cli._where import data_of, store_of


def main(arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    store = store_of(arguments)
    with store_complaints():
        if arguments.action == "info":
            _info(store, as_json=arguments.json)
        elif arguments.action == "check":
            _check(store)
        elif arguments.action == "upgrade":
            _upgrade(store)
        else:
            _recover(store, arguments.into)
    return 0


def _info(store: str, *, as_json: bool) -> None:
    from shotlane.store import spools, store_info  # late: SQLAlchemy

    info, waiting = store_info(store), spools(store, data_of(store))
    if as_json:
        print_json(
            {
                "store": info.store,
                "schema_version": info.version,
                "needed_version": info.needed,
                "state": info.state,
                "runs": info.runs,
                "size_bytes": info.size_bytes,
                "spools": [str(path) for path in waiting],
            }
        )
        return
    say(f"store   {info.store}")
    say(f"schema  version {info.version}, this shotlane needs {info.needed}: {info.state}")
    say(f"runs    {info.runs:,}")
    if info.size_bytes is not None:
        say(f"size    {info.size_bytes / 1e6:,.1f} MB")
    warn_of_spools(store)


def _check(store: str) -> None:
    from shotlane.store import check_store, store_info  # late: SQLAlchemy

    check_store(store)
    say(f"{store_info(store).store} is up to date")


def _upgrade(store: str) -> None:
    from importlib.metadata import version

    from shotlane.store import store_info, upgrade_store  # late: SQLAlchemy, Alembic

    shown = store_info(store).store
    before, after = upgrade_store(store, version("shotlane"))
    if before == after:
        say(f"{shown} is up to date")
    else:
        say(f"{shown}: schema version {before} -> {after}")


def _recover(store: str, into: str | None) -> None:
    from shotlane.store import recover  # late: SQLAlchemy

    found = recover(store, data_of(store), into=into)
    for one in found:
        if one.left is not None:
            tell(f"{one.path}: {one.left}")
            continue
        torn = f"; the last {one.unreadable:,} bytes were never written whole" if one.unreadable else ""
        say(f"{one.path}: {count(one.rows, 'row')} delivered{torn}")
    if not found:
        say("nothing waits")
    if any(one.left is not None for one in found):
        raise Complaint("not everything could be delivered", 3)


def warn_of_spools(store: str) -> None:
    """Say when records wait that the store does not have yet."""
    from shotlane.store import spools, stranded  # late: SQLAlchemy

    lost = {one.path: one.left for one in stranded(store)}
    for path, why in lost.items():
        tell(f"records that are in no store wait in {path}: {why}")
    waiting = [path for path in spools(store, data_of(store)) if path not in lost]
    if waiting:
        where = f"{waiting[0].parent} ({count(len(waiting), 'file')})"
        told = "`shotlane db recover` delivers them, and so does the next run"
        tell(f"records that are not in the store yet wait in {where}: {told}")
