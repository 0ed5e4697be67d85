"""The keys of an instrument document that say where a quantity stands in a Modbus device."""

from typing import Annotated, Literal

from pydantic import Field

from shotlane.model._part import Part, Scalar

Address = Annotated[int, Field(ge=0, le=65535)] | str  # a text is one `{option}`
WireType = Literal[
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float16",
    "float32",
    "float64",
    "bcd16",
    "bcd32",
]
Halves = Literal["high_first", "low_first"]
Writes = Literal["auto", "single", "multiple", "mask"]
BitNumber = Annotated[int, Field(ge=0, le=63)]
_WRITES = (
    "Which functions set it: auto (5 for a coil, 6 for one register, 16 for several), single (5 and 6),"
    " multiple (15 and 16), mask (22: some bits of a register)."
)


class Register(Part):
    """A place in a Modbus device; addresses are those on the wire, from 0."""

    holding: Address | None = Field(None, description="Address of a holding register.", examples=[2160])
    input: Address | None = Field(None, description="Address of an input register.", examples=[100])
    coil: Address | None = Field(None, description="Address of a coil.", examples=[0])
    discrete: Address | None = Field(None, description="Address of a discrete input.", examples=[0])
    words: Halves | None = Field(
        None, description="Modbus: which word of a longer value stands first, unless the document's."
    )
    byte_order: Halves | None = Field(
        None, description="Modbus: which byte of a register stands first, unless the document's."
    )
    bit: BitNumber | None = Field(
        None,
        description="Modbus: one bit of the register, counted from the lowest, which is 0.",
        examples=[3],
    )
    bits: Annotated[list[BitNumber], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Modbus: lowest and highest bit of a number in the register.", examples=[[4, 7]]
    )
    length: Annotated[int, Field(ge=1, le=125)] | None = Field(
        None, description="Modbus: number of registers of a text.", examples=[8]
    )


class Valid(Register):
    """A register or input that says whether a reading means anything; if not, the reading has no value."""

    type: WireType = Field("uint16", description="What stands in that register.")
    is_: int | list[int] = Field(
        alias="is", description="The number, or numbers, that mean valid.", examples=[61]
    )


class IdentityPart(Register):
    """A part of the identity that a Modbus device holds in a register."""

    type: WireType | Literal["text"] = Field("uint16", description="What stands in the register.")


class ModbusKeys(Part):
    """What holds for every register of a device, unless it says otherwise."""

    words: Halves = Field("high_first", description="Modbus: which word of a longer value stands first.")
    max_registers: int = Field(
        125,
        ge=1,
        le=125,
        description="Modbus: most registers that one request may ask for.",
        examples=[32],
    )
    turnaround: Scalar | None = Field(
        None,
        description="How long the device takes before it answers, for the load of its port; default 2 ms.",
        examples=["5 ms"],
    )
    writes: Writes = Field("auto", description=f"Modbus: {_WRITES[0].lower()}{_WRITES[1:]}")


class RegisterWrites(Part):
    """How a single attribute or command is written."""

    writes: Writes | None = Field(None, description=f"Modbus: {_WRITES[0].lower()}{_WRITES[1:]}")
