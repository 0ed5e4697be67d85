"""The plan: all numbers decided."""

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

__all__ = [
    "PLAN_FORMAT",
    "ActionTable",
    "InitialValue",
    "LanePlan",
    "Plan",
    "PlannedCall",
    "Points",
    "PortPlan",
    "ReadingRule",
    "RetryPolicy",
    "SegmentPlan",
    "ShotPlan",
    "StepTimes",
    "Value",
    "decode",
]
