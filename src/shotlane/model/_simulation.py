"""How an instrument behaves when it is simulated, as its author wrote it."""

from pydantic import Field

from shotlane.model._part import Part, Scalar


class Waveform(Part):
    """An array that an attribute shows: a sine wave and a peak, on top of each other.

    With `rows` it is an image, whose peak is round.
    """

    points: int = Field(100, ge=1, le=1_000_000, description="How many numbers it has.", examples=[100])
    sine: Scalar | None = Field(None, description="Amplitude of a sine wave.", examples=["1 V"])
    cycles: float = Field(1.0, description="How many periods of the sine wave there are.", examples=[3])
    peak: Scalar | None = Field(None, description="Height of a Gaussian peak in the middle.")
    width: float = Field(
        0.1, gt=0, description="Standard deviation of the peak, as part of the whole.", examples=[0.1]
    )
    offset: Scalar | None = Field(None, description="What is added everywhere.", examples=["0.5 V"])
    rows: int | None = Field(
        None, ge=1, le=10_000, description="Of an image: how many rows of `points` it has.", examples=[48]
    )
    times: str | None = Field(
        None,
        description="An attribute whose number the sine wave and the peak are multiplied by at each instant.",
        examples=["atoms"],
    )


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
    waveform: Waveform | None = Field(
        None,
        description="Of an array: what it looks like.",
        examples=[{"sine": "1 V", "points": 100}],
    )
    set: dict[str, Scalar] | None = Field(
        None,
        description="Of a command: the attributes that get a new value; `{name}` is that argument.",
        examples=[{"mass": "0 g"}],
    )
