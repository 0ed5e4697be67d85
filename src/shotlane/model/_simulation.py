"""How an instrument behaves when it is simulated, as its author wrote it."""

from pydantic import Field

from shotlane.model._part import Part, Scalar


class Simulation(Part):
    """How an attribute moves, or what a command does. Without a line an attribute keeps what was written."""

    lag: str | None = Field(
        None,
        description="The attribute whose value this one goes to, like a first-order system; needs `tau`.",
        examples=["setpoint"],
    )
    tau: Scalar | None = Field(None, description="Time constant of `lag`.", examples=["10 s"])
    follows: str | None = Field(
        None, description="The attribute whose value this one has.", examples=["setpoint"]
    )
    unless: str | None = Field(
        None,
        description="With `lag` or `follows`: a boolean attribute; while it is on, the goal is 0.",
        examples=["shutoff"],
    )
    start: Scalar | list[float] | None = Field(
        None,
        description="Value at the beginning; without `lag` and `follows` it stays there.",
        examples=["25 degC"],
    )
    noise: Scalar | None = Field(
        None,
        description="Standard deviation of what is added to each reading.",
        examples=["0.05 K"],
    )
    set: dict[str, Scalar] | None = Field(
        None,
        description="Of a command: the attributes that get a new value; `{name}` is that argument.",
        examples=[{"mass": "0 g"}],
    )
