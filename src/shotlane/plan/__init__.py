"""The compiler: all numbers of a sequence decided, at every point of its sweep, before anything is opened.

Names are imported when they are first used: who runs a plan, or makes instruments safe, compiles none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.plan._asked import AskedLabel
    from shotlane.plan._bounded_zip import BoundedZip
    from shotlane.plan._build_live import station_interlocks
    from shotlane.plan._compare import Comparison, Difference, Verdict, compare_plans
    from shotlane.plan._compile import compile_sequence
    from shotlane.plan._compiled import CompiledPlan
    from shotlane.plan._digest import describe_channels
    from shotlane.plan._given_by import GivenBy
    from shotlane.plan._interlocks import StationRules
    from shotlane.plan._live_summary import InterlockSummary, LiveSummary, OpenSummary, ResultSummary
    from shotlane.plan._optimization import AskedPoint, Optimization, Search
    from shotlane.plan._plan import (
        PLAN_FORMAT,
        ActionTable,
        AskEnding,
        Ending,
        Figure,
        Formula,
        InitialValue,
        InterlockPlan,
        LanePlan,
        Plan,
        PlannedCall,
        Points,
        PortPlan,
        ReadingRule,
        ResultPlan,
        RetryPolicy,
        SegmentPlan,
        ShotPlan,
        StepTimes,
        UntilEnding,
        Value,
        decode,
    )
    from shotlane.plan._questions import questions
    from shotlane.plan._saved import PlanFileError, SavedPlan, is_plan_file, load_plan, save_plan
    from shotlane.plan._summary import ChannelSummary, PlanSummary, PortSummary, StepSummary

_HOMES = {
    "PLAN_FORMAT": "_plan",
    "ActionTable": "_plan",
    "AskEnding": "_plan",
    "AskedLabel": "_asked",
    "AskedPoint": "_optimization",
    "BoundedZip": "_bounded_zip",
    "ChannelSummary": "_summary",
    "Comparison": "_compare",
    "CompiledPlan": "_compiled",
    "Difference": "_compare",
    "Ending": "_plan",
    "Figure": "_plan",
    "Formula": "_plan",
    "InitialValue": "_plan",
    "GivenBy": "_given_by",
    "InterlockPlan": "_plan",
    "InterlockSummary": "_live_summary",
    "LanePlan": "_plan",
    "LiveSummary": "_live_summary",
    "OpenSummary": "_live_summary",
    "Optimization": "_optimization",
    "Plan": "_plan",
    "PlanFileError": "_saved",
    "PlanSummary": "_summary",
    "PlannedCall": "_plan",
    "Points": "_plan",
    "PortPlan": "_plan",
    "PortSummary": "_summary",
    "ReadingRule": "_plan",
    "ResultPlan": "_plan",
    "ResultSummary": "_live_summary",
    "RetryPolicy": "_plan",
    "SavedPlan": "_saved",
    "Search": "_optimization",
    "SegmentPlan": "_plan",
    "ShotPlan": "_plan",
    "StationRules": "_interlocks",
    "StepSummary": "_summary",
    "StepTimes": "_plan",
    "UntilEnding": "_plan",
    "Value": "_plan",
    "Verdict": "_compare",
    "compare_plans": "_compare",
    "compile_sequence": "_compile",
    "decode": "_plan",
    "describe_channels": "_digest",
    "is_plan_file": "_saved",
    "load_plan": "_saved",
    "questions": "_questions",
    "save_plan": "_saved",
    "station_interlocks": "_build_live",
}

__all__ = [
    "PLAN_FORMAT",
    "ActionTable",
    "AskEnding",
    "AskedLabel",
    "AskedPoint",
    "BoundedZip",
    "ChannelSummary",
    "Comparison",
    "CompiledPlan",
    "Difference",
    "Ending",
    "Figure",
    "Formula",
    "GivenBy",
    "InitialValue",
    "InterlockPlan",
    "InterlockSummary",
    "LanePlan",
    "LiveSummary",
    "OpenSummary",
    "Optimization",
    "Plan",
    "PlanFileError",
    "PlanSummary",
    "PlannedCall",
    "Points",
    "PortPlan",
    "PortSummary",
    "ReadingRule",
    "ResultPlan",
    "ResultSummary",
    "RetryPolicy",
    "SavedPlan",
    "Search",
    "SegmentPlan",
    "ShotPlan",
    "StationRules",
    "StepSummary",
    "StepTimes",
    "UntilEnding",
    "Value",
    "Verdict",
    "compare_plans",
    "compile_sequence",
    "decode",
    "describe_channels",
    "is_plan_file",
    "load_plan",
    "questions",
    "save_plan",
    "station_interlocks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.plan' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.plan.{_HOMES[name]}"), name)
