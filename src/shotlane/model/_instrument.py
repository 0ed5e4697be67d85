"""What the author of an instrument document wrote. Paths of the model are paths of the document.

Texts may hold `{name}` of an option declared under `options`; the station's values are put in before any
number is decided (`instruments`). Keys that belong to a later version stand here too, so that a document with
one is told `not available yet` instead of `unknown key`.
"""

from typing import Literal

from pydantic import Field

from shotlane.model._calibration import Calibration
from shotlane.model._command_keys import Codes, CommandKeys
from shotlane.model._dialogue import BlockForm, DialogueKeys, SetText
from shotlane.model._modbus_keys import (
    Address,
    Halves,
    IdentityPart,
    ModbusKeys,
    Register,
    RegisterWrites,
    Valid,
    WireType,
)
from shotlane.model._part import LANGUAGE, Part, Scalar
from shotlane.model._simulation import Simulation


class Wear(Part):
    """How much writing the device's memory bears."""

    writes: int = Field(ge=1, description="Number of writes.", examples=[100000])
    per: Scalar = Field(description="In which time.", examples=["1 day"])
    unless: dict[str, Scalar] = Field(
        {},
        description="Attributes with the value at which writing does no harm.",
        examples=[{"saving": "volatile"}],
    )


class InstrumentAttribute(Register, RegisterWrites):
    """One quantity of an instrument: what it is, and how the wire speaks of it."""

    description: str = Field("", description="Free text for people.")
    access: Literal["r", "w", "rw"] = Field(
        "r", description="Whether it can be read (r), set (w), or both (rw)."
    )
    type: WireType | Literal["float", "int", "bool", "option", "text", "array"] | None = Field(
        None,
        description="What it is; default: option with `options`, bool for a coil, uint16 for a register, else"
        " float or what the field of the reply is.",
    )
    unit: str | None = Field(None, description="Unit of the value.", examples=["degC", "cm**3/min"])
    min: Scalar | None = Field(None, description="Lowest value that may be set.", examples=["0 degC"])
    max: Scalar | None = Field(None, description="Highest value that may be set.", examples=["200 degC"])
    options: Codes | None = Field(
        None,
        description="Name of each option and its code on the wire; a list where the names stand on the wire.",
        examples=[{"eeprom": 106, "volatile": 59}],
    )
    resolution: Scalar | None = Field(None, description="Values are rounded to it.", examples=["0.1 K"])
    update: Scalar | None = Field(
        None,
        description="Shortest sensible time between two commands or two fresh readings.",
        examples=["20 ms"],
    )
    poll: Scalar | None = Field(None, description="Period of polling for conditions and interlocks.")
    safe: Scalar | None = Field(
        None, description="Value in the safe state; `keep` leaves it as it is.", examples=["20 degC"]
    )
    wear: Wear | None = Field(None, description="How much writing the device's memory bears.")
    scale: float | str | None = Field(None, description="value = number on the wire * scale + offset.")
    offset: float | str | None = Field(None, description="value = number on the wire * scale + offset.")
    valid: Valid | None = Field(
        None, description="Modbus: a register that says whether a reading means anything."
    )
    query: str | None = Field(
        None, description="The text that asks for it; binary: bytes.", examples=["MEAS:VOLT:DC?", "01 03"]
    )
    scpi: str | None = Field(
        None, description="SCPI: asked as `TEXT?`, set as `TEXT value`.", examples=["SOUR:VOLT"]
    )
    block: BlockForm | None = Field(
        None,
        description="SCPI: the reply is a binary block of such numbers, an array.",
        examples=[{"type": "float32", "byte_order": "low_first"}],
    )
    reply: str | None = Field(
        None, description="Name of a reply of `replies`, or the frame itself.", examples=["{value:f}"]
    )
    field: str | None = Field(
        None, description="The field of the reply; may be left out where there is only one."
    )
    set: SetText | None = Field(None, description="The text that sets it.")
    missing: list[str | int | float] | None = Field(
        None,
        description="What means that there is no value: texts of the field; Modbus: numbers in the register.",
        examples=[["-------"], [32767, -32768]],
    )
    verify: bool | None = Field(
        None,
        description="true: read back after each set, which fails when the device does not hold it; false:"
        " never compare what it reads with what was set; default: only where the device may have restarted.",
    )
    calibration: Calibration | None = Field(
        None, description="How what the device says becomes the value, whose unit is `unit`."
    )
    timed: Literal["hardware", "software"] | None = Field(
        None,
        description="With `time_step`: whether the instrument keeps time for it (default), or the computer.",
    )
    status: bool = Field(False, description="Whether it tells how the instrument is: part of its status.")


class InstrumentCommand(RegisterWrites, CommandKeys):
    """Something a device does on request: a text sent, or a number written to a holding register or coil."""

    send: str | None = Field(None, description="The text, with `{argument}`.", examples=["T"])
    reply: str | None = Field(
        None, description="Name of the reply that the device gives, the frame itself, or none."
    )
    field: str | None = Field(None, description="The field of the reply that the call returns.")
    holding: Address | None = Field(None, description="Modbus: the holding register that is written.")
    coil: Address | None = Field(None, description="Modbus: the coil that is written.")
    value: int | float | bool | str | None = Field(
        None, description="Modbus: the number that is written, or `{argument}`.", examples=[1]
    )
    type: WireType = Field("uint16", description="Modbus: what stands in the register.")
    words: Halves | None = Field(None, description="Modbus: which word of a longer value stands first.")
    byte_order: Halves | None = Field(None, description="Modbus: which byte of a register stands first.")


class InstrumentIdentity(Part):
    """Who the device is: texts are known beforehand, the rest is asked at every opening."""

    maker: str | IdentityPart | None = Field(None, description="Who made it.", examples=["Watlow"])
    model: str | IdentityPart | None = Field(None, description="Which model it is.")
    serial: str | IdentityPart | None = Field(None, description="Its serial number.")
    firmware: str | IdentityPart | None = Field(None, description="Version of its firmware.")
    query: str | None = Field(
        None, description="The text that asks who it is; SCPI: `none` does not ask.", examples=["*IDN?"]
    )
    reply: str | None = Field(
        None, description="The reply with fields maker, model, serial, firmware.", examples=["idn"]
    )


class OptionForm(Part):
    """An option in full: its default, and what it may be."""

    default: Scalar = Field("required", description="Its value unless the station gives one, or `required`.")
    one_of: list[Scalar] = Field([], description="The values it may have.", examples=[["degC", "degF"]])
    example: Scalar | None = Field(None, description="A value, for who must give one.", examples=["50 sccm"])
    description: str = Field("", description="Free text for people.")


class InstrumentDocument(DialogueKeys, ModbusKeys):
    """A whole instrument document: a device declared without Python."""

    language: int = Field(LANGUAGE, ge=1, description="Version of the language of this document.")
    instrument: str = Field(
        description="Name of the instrument, that of the file.", examples=["watlow-ezzone"]
    )
    description: str = Field("", description="Free text for people.")
    source: str | None = Field(None, description="The manual that it was written from.")
    tried: str | None = Field(None, description="On which real device it was tried; nothing: on none yet.")
    protocol: Literal["modbus", "ascii", "scpi", "binary", "simulated", "rtu"] = Field(
        description="How it is spoken to; `simulated` speaks to nobody."
    )
    timeout: Scalar = Field("1 s", description="Longest wait for a reply.", examples=["300 ms"])
    tries: int = Field(2, ge=1, le=10, description="How often a reading or set is tried.")
    options: dict[str, Scalar | OptionForm] = Field(
        {},
        description="What the station may give, with its default, or `required`; put in as `{name}`. In full:"
        " `{default: degC, one_of: [degC, degF]}`.",
        examples=[{"address": "A", "full_scale": "required"}],
    )
    attributes: dict[str, InstrumentAttribute] = Field({}, description="What can be read and set, by name.")
    commands: dict[str, InstrumentCommand] = Field({}, description="What can be called, by name.")
    time_step: Scalar | None = Field(
        None,
        description="Of an instrument that keeps time itself: the step that its edges lie on.",
        examples=["1 us"],
    )
    restartable: bool = Field(
        True, description="With `time_step`: whether it can be given several tables in one shot."
    )
    setup: dict[str, Scalar] = Field(
        {},
        description="Values that are set at every opening and reconnection.",
        examples=[{"saving": "volatile"}],
    )
    identity: InstrumentIdentity | None = Field(None, description="Who the device is.")
    simulate: dict[str, Scalar | Simulation] = Field(
        {}, description="How attributes move and what commands do in a simulation; a bare value stays."
    )

    @property
    def defaults(self) -> dict[str, Scalar]:
        """The options with their defaults, or `required`."""
        return {
            name: written.default if isinstance(written, OptionForm) else written
            for name, written in self.options.items()
        }
