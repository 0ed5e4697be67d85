"""What one channel or instrument does over the timeline, as its author wrote it."""

from typing import Literal

from pydantic import Field

from shotlane.model._part import Part, Scalar


class Point(Part):
    """A value at an offset from the start of its cell."""

    at: Scalar = Field(
        description="Time since the cell began; `end - 0.1 s` counts from its end.",
        examples=["1 s"],
    )
    value: Scalar = Field(
        description="Value at that time.",
        examples=["25 degC"],
    )


class ReadAt(Part):
    """Places in a step at which a channel is read."""

    at: Scalar | list[Scalar] = Field(
        "start",
        description="start, end, an offset such as `0.5 s` or `end - 1 s`, or a list.",
        examples=["end"],
    )


class CallAt(Part):
    """A command and the place in its step at which it is sent."""

    do: str = Field(
        description="The command with its arguments.",
        examples=["tare()"],
    )
    at: Scalar = Field(
        "start",
        description="start, end, or an offset.",
        examples=["end"],
    )


class Lane(Part):
    """What one channel (or, for `call`, one instrument) does over the timeline."""

    set: Scalar | dict[str, Scalar | list[Point]] | None = Field(
        None,
        description="What is sent: one value, or cells by step, by span `first..last`, or `otherwise`.",
        examples=[{"heat": "ramp()", "settle..soak": "T_soak", "otherwise": "25 degC"}],
    )
    record: Scalar | dict[str, Scalar] | None = Field(
        None,
        description="Readings at a rate or a period, over the shot or per step.",
        examples=["50 Hz", "10 s", {"soak": "1 Hz"}],
    )
    read: list[str] | dict[str, ReadAt] | None = Field(
        None,
        description="Single readings in steps.",
        examples=[{"soak": {"at": "end"}}, ["baseline"]],
    )
    call: dict[str, str | CallAt | list[str | CallAt]] | None = Field(
        None,
        description="Commands of an instrument, by step.",
        examples=[{"baseline": "tare()"}],
    )
    initial: Scalar | None = Field(
        None,
        description="Value written before the shot begins; `keep` inherits what there is.",
    )
    every: Scalar | None = Field(
        None,
        description="How often a changing value is sent.",
        examples=["20 ms"],
    )
    tolerance: Scalar | None = Field(
        None,
        description="A start later than this is late.",
        examples=["10 ms"],
    )
    required: bool = Field(
        False,
        description="One lost reading is a fault of the shot.",
    )
    max_missing: Scalar | None = Field(
        None,
        description="Part of the readings that may be lost; default 10 percent.",
        examples=["5 percent"],
    )
    on_late: Literal["record", "fail"] | None = Field(
        None,
        description="`record` marks what is late and goes on; `fail` makes it a fault of the shot.",
    )
    phase: Scalar | None = Field(
        None,
        description="Offset of the ticks; `auto` staggers ports that share ticks.",
        examples=["auto"],
    )
    description: str = Field(
        "",
        description="Free text for people.",
    )
