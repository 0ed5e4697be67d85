"""What the author of an instrument document wrote. Paths of the model are paths of the document.

Texts may hold `{name}` of an option declared under `options`; the station's values are put in before anything
is decided (`instruments`), and a text that is nothing but `{name}` becomes the option's value itself, so that
`holding: "{register}"` is a number. Keys that belong to a later version stand here too, so that a document
using one is told `not available yet` instead of `unknown key`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from shotlane.model._part import Part
from shotlane.model._sequence import LANGUAGE, Scalar

Address = Annotated[int, Field(ge=0, le=65535)] | str  # text: one `{option}`
WireType = Literal["uint16", "int16", "uint32", "int32", "float32"]
Words = Literal["high_first", "low_first"]


class Register(Part):
    """A place in a Modbus device and how its words are read; addresses are those on the wire, from 0."""

    holding: Address | None = None
    input: Address | None = None
    coil: Address | None = None
    discrete: Address | None = None
    words: Words | None = None  # default: the document's `words`, else high_first


class Valid(Part):
    """A register that says whether a reading means anything: the reading has no value unless it `is` this."""

    holding: Address | None = None
    input: Address | None = None
    type: WireType = "uint16"
    words: Words | None = None
    is_: Annotated[int | list[int], Field(alias="is")]


class Wear(Part):
    """How many writes the device's memory bears in a stretch of time."""

    writes: Annotated[int, Field(ge=1)]
    per: Scalar


class SetText(Part):
    """What an ASCII device is sent to set an attribute: one text with `{value}`, or one for each boolean.

    `{value}` of an option is the option's code.
    """

    send: str | None = None
    true: str | None = None
    false: str | None = None
    reply: str | None = None  # a name under `replies`, a frame written in place (it holds a `{`), or none


class InstrumentAttribute(Register):
    """One quantity of an instrument: what it is, and how the wire speaks of it."""

    description: str = ""
    access: Literal["r", "w", "rw"] = "r"
    # Default: option with `options`, bool for a coil or discrete input, uint16 for a register, else float.
    type: WireType | Literal["float", "int", "bool", "option", "text", "array"] | None = None
    unit: str | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    # Name of each option and its code on the wire; a list for ASCII means that names are sent as they stand.
    options: dict[str, int | float | str] | list[str] | None = None
    resolution: Scalar | None = None
    update: Scalar | None = None
    poll: Scalar | None = None
    safe: Scalar | None = None
    wear: Wear | None = None
    # Modbus: value = number on the wire * scale + offset.
    scale: float | str | None = None
    offset: float | str | None = None
    valid: Valid | None = None
    # ASCII
    query: str | None = None
    reply: str | None = None
    field: str | None = None  # may be left out when the frame has one named field
    set: SetText | None = None
    missing: list[str] | None = None  # texts of the field that mean: answered, but there is no value
    # Later versions
    bit: int | None = None
    bits: Any = None
    bytes: Any = None
    verify: bool | None = None
    calibration: Any = None


class CommandArgument(Part):
    """One argument of a command; `{name}` in its `send` is replaced by the value in this unit."""

    type: Literal["float", "int", "bool", "option", "text"] = "float"
    unit: str | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    options: dict[str, int | float | str] | list[str] | None = None
    required: bool = True
    default: Scalar | None = None
    description: str = ""


class InstrumentCommand(Part):
    """Something a device does on request: a text sent, or a number written to a holding register or coil."""

    description: str = ""
    send: str | None = None
    reply: str | None = None
    field: str | None = None  # the field that the call returns; None: it returns nothing
    holding: Address | None = None
    coil: Address | None = None
    value: int | float | bool | str | None = None
    type: WireType = "uint16"
    words: Words | None = None
    takes: Scalar | None = None
    confirm: bool = False
    parameters: dict[str, CommandArgument] = Field({})


class IdentityPart(Register):
    """A part of the identity that a Modbus device holds in a register."""

    type: WireType = "uint16"


class InstrumentIdentity(Part):
    """Who the device is. Texts are known beforehand; the rest is asked at every opening.

    ASCII: `query` is sent and the fields maker, model, serial, firmware of its `reply` are taken.
    """

    maker: str | IdentityPart | None = None
    model: str | IdentityPart | None = None
    serial: str | IdentityPart | None = None
    firmware: str | IdentityPart | None = None
    query: str | None = None
    reply: str | None = None


class Simulation(Part):
    """How an attribute moves, or what a command does, when the instrument is simulated.

    `lag: NAME` with `tau`: goes to that attribute's value like a first-order system, from `start`.
    `follows: NAME`: equals it. `start` alone: stays there. `noise`: standard deviation added to each reading.
    `set` (commands only): attributes that get a new value; `"{name}"` is that argument of the call.
    """

    lag: str | None = None
    tau: Scalar | None = None
    follows: str | None = None
    start: Scalar | list[float] | None = None
    noise: Scalar | None = None
    set: dict[str, Scalar] | None = None


class InstrumentDocument(Part):
    """A whole instrument document."""

    language: int = LANGUAGE
    instrument: str
    description: str = ""
    source: str | None = None  # the manual that it was written from
    tried: str | None = None  # on which real device it was tried; None: on none yet
    protocol: Literal["modbus", "ascii", "scpi", "binary", "rtu"]
    timeout: Scalar = "1 s"
    tries: Annotated[int, Field(ge=1, le=10)] = 2
    options: dict[str, Scalar] = Field({})  # default of each; `required`: the station must say
    attributes: dict[str, InstrumentAttribute] = Field({})
    commands: dict[str, InstrumentCommand] = Field({})
    setup: dict[str, Scalar] = Field({})  # attribute -> value, sent at every opening and reconnection
    identity: InstrumentIdentity | None = None
    simulate: dict[str, Scalar | Simulation] = Field({})  # a bare value: stays there
    # Modbus
    words: Words = "high_first"
    block: Annotated[int, Field(ge=1, le=125)] = 125  # most registers that one request may ask for
    # ASCII
    write: str = "{command}\n"
    read_end: str | None = None  # default: what `write` ends with
    replies: dict[str, str] = Field(
        {}
    )  # frames: `{name:f}` number, `:d` integer, `:w` word, `:rest`; `?` optional
    encoding: Literal["ascii", "latin-1", "utf-8"] = "ascii"
    # Later versions
    checksum: Any = None
    echo: Any = None
    errors: Any = None
    gap: Any = None
