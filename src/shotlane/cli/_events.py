"""`shotlane events`: what happened in a run or session, and what happens while another process is at it."""

import argparse
import os
import select
import stat
import sys
import threading
from typing import TYPE_CHECKING

from shotlane.cli._event_lines import EventLines, json_line
from shotlane.cli._output import Complaint, print_line, store_complaints, tell
from shotlane.cli._where import store_of
from shotlane.diagnostics import nearest
from shotlane.records import EVENT_TYPES

if TYPE_CHECKING:
    from shotlane.analysis import EventStream

# Sessions are numbered by the millisecond of their start, far beyond any run.
_FIRST_SESSION = 1 << 40


def main(arguments: argparse.Namespace) -> int:
    """Print them."""
    _warn_of_types(arguments.types)
    store = store_of(arguments)
    try:
        with store_complaints(), _events(arguments, store) as events:
            if arguments.follow:
                events.on_trouble(lambda why: tell(f"shotlane: {why}; waiting for it"))
                _end_with_reader(events)
            printed = _print(arguments, events)
        if arguments.roles and not printed and not arguments.follow:
            _tell_roles(arguments, store)
        _tell_end(arguments, store)
    except KeyboardInterrupt:
        pass  # the way to leave
    return 0


def _events(arguments: argparse.Namespace, store: str) -> "EventStream":
    from shotlane.analysis import events  # late: SQLAlchemy

    target, since = arguments.target, arguments.since
    if target is None and arguments.follow:
        since = since or "0 s"
    run, session = (None, target) if (target or 0) >= _FIRST_SESSION else (target, None)
    if target is None and since is None:
        run = _newest(store)
    try:
        return events(
            run,
            session=session,
            type=arguments.types,
            role=arguments.roles,
            since=since,
            follow=arguments.follow,
            store=store,
        )
    except ValueError as error:
        raise Complaint(str(error)) from error


def _newest(store: str) -> int:
    from shotlane.store import open_reader  # late: SQLAlchemy

    with open_reader(store) as reader:
        return reader.newest()


def _print(arguments: argparse.Namespace, events: "EventStream") -> bool:
    """Print them; whether there were any."""
    printed = False
    lines = EventLines(everywhere=arguments.target is None and (arguments.follow or bool(arguments.since)))
    for event in events:
        text = json_line(event) if arguments.json else "\n".join(lines.lines(event))
        print_line(text, now=arguments.follow)
        printed = True
    sys.stdout.flush()
    return printed


def _tell_roles(arguments: argparse.Namespace, store: str) -> None:
    """Say of which roles there are events, where there are none of those that are asked for."""
    everyone = argparse.Namespace(**{**vars(arguments), "roles": []})
    with store_complaints(), _events(everyone, store) as events:
        roles = sorted({str(event.fields["role"]) for event in events if "role" in event.fields})
    asked = " or ".join(f"'{role}'" for role in arguments.roles)
    tell(f"shotlane: no such event is of {asked}; roles here: {', '.join(roles) or 'none'}")


def _warn_of_types(types: list[str]) -> None:
    """A type may be that of a newer shotlane, so it is no mistake."""
    known = {*EVENT_TYPES, *(one.subject for one in EVENT_TYPES.values())}
    for type_ in types:
        name = type_.removesuffix("*").removesuffix(".")
        if name not in known:
            near = nearest(name, known)
            meant = f"; did you mean '{near}'?" if near else ""
            tell(f"shotlane: this version knows no events of type '{name}'{meant}")


def _end_with_reader(events: "EventStream") -> None:
    """Let it end when whoever reads our output has gone, also while nothing happens."""
    try:
        output = sys.stdout.fileno()
        if not stat.S_ISFIFO(os.fstat(output).st_mode) or not hasattr(select, "poll"):
            return
    except (OSError, ValueError):  # what stands for it has no number
        return
    threading.Thread(target=_wait_for_end, args=(output, events), daemon=True).start()


def _wait_for_end(output: int, events: "EventStream") -> None:
    poll = select.poll()
    poll.register(output, 0)  # an error is told unasked
    poll.poll()
    events.stop()


def _tell_end(arguments: argparse.Namespace, store: str) -> None:
    """Say how a run ended that could not say so itself."""
    from shotlane.store import open_reader  # late: SQLAlchemy

    run = arguments.target
    if arguments.follow and run is not None and run < _FIRST_SESSION:
        with store_complaints(), open_reader(store) as reader:
            summary = reader.run(run).summary
        if summary.died:
            tell(f"shotlane: run {run} is {summary.state}")
