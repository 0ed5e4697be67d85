"""The compiler: all numbers of a sequence decided, at every point of its sweep, before anything is opened."""

from shotlane.plan._compile import compile_sequence
from shotlane.plan._compiled import CompiledPlan
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
from shotlane.plan._summary import ChannelSummary, PlanSummary, PortSummary, StepSummary

__all__ = [
    "PLAN_FORMAT",
    "ActionTable",
    "ChannelSummary",
    "CompiledPlan",
    "InitialValue",
    "LanePlan",
    "Plan",
    "PlanSummary",
    "PlannedCall",
    "Points",
    "PortPlan",
    "PortSummary",
    "ReadingRule",
    "RetryPolicy",
    "SegmentPlan",
    "ShotPlan",
    "StepSummary",
    "StepTimes",
    "Value",
    "compile_sequence",
    "decode",
]
