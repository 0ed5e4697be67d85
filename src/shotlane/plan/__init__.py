"""The compiler: all numbers of a sequence decided, at every point of its sweep, before anything is opened."""

from shotlane.plan._asked import AskedLabel
from shotlane.plan._build_live import station_interlocks
from shotlane.plan._compare import Comparison, Difference, Verdict, compare_plans
from shotlane.plan._compile import compile_sequence
from shotlane.plan._compiled import CompiledPlan
from shotlane.plan._digest import describe_channels
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

__all__ = [
    "PLAN_FORMAT",
    "ActionTable",
    "AskEnding",
    "AskedLabel",
    "AskedPoint",
    "ChannelSummary",
    "Comparison",
    "CompiledPlan",
    "Difference",
    "Ending",
    "Figure",
    "Formula",
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
