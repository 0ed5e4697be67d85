"""The wiring: the only place that knows every layer.

Names are imported when they are first used: checking needs nothing of execution, a third of a second less.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.api._archive import Archived, archive
    from shotlane.api._by_hand import (
        ByHand,
        ByHandError,
        HandCall,
        by_hand,
        call_from,
        channels_named,
        find_by_name,
        find_file,
        value_from,
    )
    from shotlane.api._check import check
    from shotlane.api._describe import describe
    from shotlane.api._explain import Explanation, UnknownNameError, explain
    from shotlane.api._find import Found, find_documents
    from shotlane.api._in_order import run, start_in_order
    from shotlane.api._open_devices import open_devices
    from shotlane.api._past import ResumeError
    from shotlane.api._plans import prepare_saved, save
    from shotlane.api._prepare import Options, Prepared, parse_overrides, prepare, refuse_unanswered
    from shotlane.api._project import Project, find_project
    from shotlane.api._ready import refuse_unready
    from shotlane.api._record import record
    from shotlane.api._resume import Resumption, go_on, prepare_resumption, resume
    from shotlane.api._run import Run, start
    from shotlane.api._same_plan import shot_ranges
    from shotlane.api._verify import NO_REPLAY, Recompiled, Verification, verify

_HOMES = {
    "Archived": "_archive",
    "archive": "_archive",
    "NO_REPLAY": "_verify",
    "Recompiled": "_verify",
    "Verification": "_verify",
    "verify": "_verify",
    "Explanation": "_explain",
    "Found": "_find",
    "UnknownNameError": "_explain",
    "explain": "_explain",
    "ByHand": "_by_hand",
    "ByHandError": "_by_hand",
    "HandCall": "_by_hand",
    "Options": "_prepare",
    "Prepared": "_prepare",
    "Project": "_project",
    "ResumeError": "_past",
    "Resumption": "_resume",
    "Run": "_run",
    "by_hand": "_by_hand",
    "call_from": "_by_hand",
    "channels_named": "_by_hand",
    "check": "_check",
    "describe": "_describe",
    "find_by_name": "_by_hand",
    "find_file": "_by_hand",
    "find_documents": "_find",
    "find_project": "_project",
    "go_on": "_resume",
    "open_devices": "_open_devices",
    "parse_overrides": "_prepare",
    "prepare": "_prepare",
    "prepare_resumption": "_resume",
    "prepare_saved": "_plans",
    "resume": "_resume",
    "record": "_record",
    "refuse_unanswered": "_prepare",
    "refuse_unready": "_ready",
    "run": "_in_order",
    "save": "_plans",
    "shot_ranges": "_same_plan",
    "start": "_run",
    "start_in_order": "_in_order",
    "value_from": "_by_hand",
}

__all__ = [
    "NO_REPLAY",
    "Archived",
    "ByHand",
    "ByHandError",
    "Explanation",
    "Found",
    "HandCall",
    "Options",
    "Prepared",
    "Project",
    "Recompiled",
    "ResumeError",
    "Resumption",
    "Run",
    "UnknownNameError",
    "Verification",
    "archive",
    "by_hand",
    "call_from",
    "channels_named",
    "check",
    "describe",
    "explain",
    "find_by_name",
    "find_documents",
    "find_file",
    "find_project",
    "go_on",
    "open_devices",
    "parse_overrides",
    "prepare",
    "prepare_resumption",
    "prepare_saved",
    "record",
    "refuse_unanswered",
    "refuse_unready",
    "resume",
    "run",
    "save",
    "shot_ranges",
    "start",
    "start_in_order",
    "value_from",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.api' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.api.{_HOMES[name]}"), name)
