"""The compiler: all numbers of a sequence decided, at every point of its sweep, before anything is opened."""

from shotlane.plan._compare import Comparison, Difference, Verdict, compare_plans
from shotlane.plan._compile import compile_sequence
from shotlane.plan._compiled import CompiledPlan
from shotlane.plan._digest import describe_channels
from shotlane.plan._plan import (
    PLAN_FORMAT,
    ActionTable,
    InitialValue,
    LanePlan,
    Plan,
    PlannedCall,
    Points,
    PortPlan,
    ReadingRule,
    RetryPolicy,
    SegmentPlan,
    ShotPlan,
    StepTimes,
    Value,
    decode,
)
from shotlane.plan._saved import PlanFileError, SavedPlan, is_plan_file, load_plan, save_plan
from shotlane.plan._summary import ChannelSummary, PlanSummary, PortSummary, StepSummary

__all__ = [
    "PLAN_FORMAT",
    "ActionTable",
    "ChannelSummary",
    "Comparison",
    "CompiledPlan",
    "Difference",
    "InitialValue",
    "LanePlan",
    "Plan",
    "PlanFileError",
    "PlanSummary",
    "PlannedCall",
    "Points",
    "PortPlan",
    "PortSummary",
    "ReadingRule",
    "RetryPolicy",
    "SavedPlan",
    "SegmentPlan",
    "ShotPlan",
    "StepSummary",
    "StepTimes",
    "Value",
    "Verdict",
    "compare_plans",
    "compile_sequence",
    "decode",
    "describe_channels",
    "is_plan_file",
    "load_plan",
    "save_plan",
]
