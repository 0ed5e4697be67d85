"""What a station says of its simulated instruments: faults that they show, and what acts on what."""

from typing import Literal

from pydantic import Field

from shotlane.model._part import Part, Scalar

FaultKind = Literal["timeout", "drop", "garble", "late", "busy", "hang_up", "death", "restart"]


class SimulatedFault(Part):
    """One line of `faults:`: what goes wrong, and which requests it meets."""

    fault: FaultKind = Field(
        description="timeout: the request is lost; drop: it is carried out, and its answer is lost; garble:"
        " the answer is damaged; late: it comes `by` later; busy: the device refuses; hang_up: the"
        " connection is closed; death: it answers no more; restart: what was set is forgotten, and the"
        " connection closed.",
        examples=["timeout"],
    )
    at: Scalar | None = Field(
        None, description="From this time on, counted from the opening.", examples=["5 s"]
    )
    request: int | None = Field(
        None,
        ge=1,
        description="At the request of this number, counted from 1 after the set-up.",
        examples=[3],
    )
    probability: float | None = Field(
        None,
        gt=0,
        le=1,
        description="At each request, by chance; the seed is that of the run.",
        examples=[0.01],
    )
    count: int = Field(1, ge=1, description="How many requests in a row it meets.", examples=[2])
    for_: Scalar | None = Field(
        None,
        alias="for",
        description="With `at`: all requests in this time; of death and restart: how long it is off.",
        examples=["2 s"],
    )
    by: Scalar | None = Field(None, description="How much later a late answer comes.", examples=["200 ms"])
    of: str | list[str] | None = Field(
        None,
        description="Only requests for these attributes and commands.",
        examples=["temperature", ["setpoint", "tare"]],
    )


class Coupling(Part):
    """How an attribute of one simulated instrument follows one of another: source * `gain` + `offset`."""

    lag: str | None = Field(
        None,
        description="The channel to whose value this one goes, like a first-order system; needs `tau`.",
        examples=["supply.voltage"],
    )
    tau: Scalar | None = Field(None, description="Time constant of `lag`.", examples=["20 s"])
    follows: str | None = Field(
        None, description="The channel whose value this one has.", examples=["supply.voltage"]
    )
    gain: Scalar | None = Field(
        None, description="This per that; default: the same in another unit.", examples=["20 K/V"]
    )
    offset: Scalar | None = Field(
        None, description="With `gain`: value where the source is 0.", examples=["25 degC"]
    )
