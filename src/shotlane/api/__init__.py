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
    from shotlane.api._component import component
    from shotlane.api._connect import connect
    from shotlane.api._describe import describe
    from shotlane.api._device_server import DeviceServer
    from shotlane.api._experiment import Experiment, How
    from shotlane.api._explain import Explanation, UnknownNameError, explain
    from shotlane.api._find import Found, find_documents
    from shotlane.api._find_station import resolve_document
    from shotlane.api._given_parameters import given_parameters
    from shotlane.api._import import import_run
    from shotlane.api._in_order import run, start_in_order
    from shotlane.api._note import Noted, note
    from shotlane.api._open_devices import open_devices
    from shotlane.api._past import NothingLeftError, ResumeError
    from shotlane.api._plans import prepare_saved, save
    from shotlane.api._prepare import (
        Options,
        Prepared,
        parse_overrides,
        prepare,
        prepare_document,
        refuse_unanswered,
    )
    from shotlane.api._ready import refuse_unready
    from shotlane.api._record import record, record_station
    from shotlane.api._records import Records
    from shotlane.api._remote_manager import RemoteManager
    from shotlane.api._replay import Replayed
    from shotlane.api._rerun import Rerun, check_rerun, prepare_rerun, rerun
    from shotlane.api._resume import Resumption, check_resumption, go_on, prepare_resumption, resume
    from shotlane.api._run import STORE_WAIT_S, Run, start
    from shotlane.api._run_diff import RunDifference, diff_runs, run_named
    from shotlane.api._run_server import RunServer
    from shotlane.api._same_plan import shot_ranges
    from shotlane.api._sent import ManagerError
    from shotlane.api._signals import tell_of_signals
    from shotlane.api._submission import InterruptedEarlyError, RunFailedError, State, Submission
    from shotlane.api._verify import Recompiled, Verification, verify
    from shotlane.api._watch import LiveLane, WatchedRun, going
    from shotlane.api._watch_steps import Steps

_HOMES = {
    "STORE_WAIT_S": "_run",
    "Archived": "_archive",
    "ByHand": "_by_hand",
    "ByHandError": "_by_hand",
    "DeviceServer": "_device_server",
    "Experiment": "_experiment",
    "Explanation": "_explain",
    "Found": "_find",
    "HandCall": "_by_hand",
    "How": "_experiment",
    "InterruptedEarlyError": "_submission",
    "LiveLane": "_watch",
    "ManagerError": "_sent",
    "Noted": "_note",
    "NothingLeftError": "_past",
    "Options": "_prepare",
    "Prepared": "_prepare",
    "Recompiled": "_verify",
    "Records": "_records",
    "RemoteManager": "_remote_manager",
    "Replayed": "_replay",
    "Rerun": "_rerun",
    "ResumeError": "_past",
    "Resumption": "_resume",
    "Run": "_run",
    "RunDifference": "_run_diff",
    "RunFailedError": "_submission",
    "RunServer": "_run_server",
    "State": "_submission",
    "Steps": "_watch_steps",
    "Submission": "_submission",
    "UnknownNameError": "_explain",
    "Verification": "_verify",
    "WatchedRun": "_watch",
    "archive": "_archive",
    "by_hand": "_by_hand",
    "call_from": "_by_hand",
    "channels_named": "_by_hand",
    "check": "_check",
    "check_rerun": "_rerun",
    "check_resumption": "_resume",
    "component": "_component",
    "connect": "_connect",
    "describe": "_describe",
    "diff_runs": "_run_diff",
    "explain": "_explain",
    "find_by_name": "_by_hand",
    "find_documents": "_find",
    "find_file": "_by_hand",
    "given_parameters": "_given_parameters",
    "go_on": "_resume",
    "going": "_watch",
    "import_run": "_import",
    "note": "_note",
    "open_devices": "_open_devices",
    "parse_overrides": "_prepare",
    "prepare": "_prepare",
    "prepare_document": "_prepare",
    "prepare_rerun": "_rerun",
    "prepare_resumption": "_resume",
    "prepare_saved": "_plans",
    "record": "_record",
    "record_station": "_record",
    "refuse_unanswered": "_prepare",
    "refuse_unready": "_ready",
    "rerun": "_rerun",
    "resolve_document": "_find_station",
    "resume": "_resume",
    "run": "_in_order",
    "run_named": "_run_diff",
    "save": "_plans",
    "shot_ranges": "_same_plan",
    "start": "_run",
    "start_in_order": "_in_order",
    "tell_of_signals": "_signals",
    "value_from": "_by_hand",
    "verify": "_verify",
}

__all__ = [
    "STORE_WAIT_S",
    "Archived",
    "ByHand",
    "ByHandError",
    "DeviceServer",
    "Experiment",
    "Explanation",
    "Found",
    "HandCall",
    "How",
    "InterruptedEarlyError",
    "LiveLane",
    "ManagerError",
    "Noted",
    "NothingLeftError",
    "Options",
    "Prepared",
    "Recompiled",
    "Records",
    "RemoteManager",
    "Replayed",
    "Rerun",
    "ResumeError",
    "Resumption",
    "Run",
    "RunDifference",
    "RunFailedError",
    "RunServer",
    "State",
    "Steps",
    "Submission",
    "UnknownNameError",
    "Verification",
    "WatchedRun",
    "archive",
    "by_hand",
    "call_from",
    "channels_named",
    "check",
    "check_rerun",
    "check_resumption",
    "component",
    "connect",
    "describe",
    "diff_runs",
    "explain",
    "find_by_name",
    "find_documents",
    "find_file",
    "given_parameters",
    "go_on",
    "going",
    "import_run",
    "note",
    "open_devices",
    "parse_overrides",
    "prepare",
    "prepare_document",
    "prepare_rerun",
    "prepare_resumption",
    "prepare_saved",
    "record",
    "record_station",
    "refuse_unanswered",
    "refuse_unready",
    "rerun",
    "resolve_document",
    "resume",
    "run",
    "run_named",
    "save",
    "shot_ranges",
    "start",
    "start_in_order",
    "tell_of_signals",
    "value_from",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.api' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.api.{_HOMES[name]}"), name)
