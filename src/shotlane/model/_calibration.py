"""How the number that a device says becomes the quantity that is meant; written once for both directions."""

from typing import Annotated

from pydantic import Field

from shotlane.model._part import Part, Scalar

Pair = Annotated[list[Scalar], Field(min_length=2, max_length=2)]


class Calibration(Part):
    """A factor, a table or an expression, with units on both sides."""

    from_: str | None = Field(
        None,
        alias="from",
        description="Unit of what the device says; default: that of the attribute.",
        examples=["V"],
    )
    factor: Scalar | None = Field(
        None, description="value = what the device says * factor + offset.", examples=["100 mbar/V"]
    )
    offset: Scalar | None = Field(
        None, description="value = what the device says * factor + offset.", examples=["0.3 K"]
    )
    table: list[Pair] | None = Field(
        None,
        description="Pairs of what the device says and the value, joined by straight lines; there is no value"
        " outside.",
        examples=[[["0 V", "0 mbar"], ["10 V", "1000 mbar"]]],
    )
    expression: str | None = Field(
        None, description="The value, from `raw`.", examples=["10 ** (raw / (1 V) - 5) * 1 mbar"]
    )
    inverse: str | None = Field(
        None,
        description="What the device is told, from `value`; needed to set what has an `expression`.",
        examples=["(5 + log10(value / (1 mbar))) * 1 V"],
    )
    description: str = Field("", description="Free text for people, such as the certificate's number.")
