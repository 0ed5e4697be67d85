"""What is said of a command, whoever runs it: an instrument's document or a driver in Python."""

from typing import Literal

from pydantic import Field

from shotlane.model._part import Part, Scalar

Codes = dict[str, int | float | str] | list[str]


class CommandArgument(Part):
    """One argument of a command; `{name}` in its text is replaced by the value in this unit."""

    type: Literal["float", "int", "bool", "option", "text"] = Field("float", description="What it is.")
    unit: str | None = Field(None, description="Unit of the value.", examples=["s"])
    min: Scalar | None = Field(None, description="Lowest value.")
    max: Scalar | None = Field(None, description="Highest value.")
    options: Codes | None = Field(None, description="Name of each option and its code on the wire.")
    required: bool = Field(True, description="Whether every call must give it.")
    description: str = Field("", description="Free text for people.")


class CommandKeys(Part):
    """Something an instrument does on request."""

    description: str = Field("", description="Free text for people.")
    takes: Scalar | None = Field(
        None, description="How long the answer may take beyond the timeout.", examples=["3 s"]
    )
    confirm: bool = Field(False, description="Whether a person must confirm it.")
    parameters: dict[str, CommandArgument] = Field({}, description="The arguments, by name.")


class DriverCommand(CommandKeys):
    """What a station says of a driver's command: it declares where the driver is silent, else adds."""

    path: str | None = Field(
        None,
        description="What the driver calls it, where this name is the station's own.",
        examples=["ch1.reset"],
    )
