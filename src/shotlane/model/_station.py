"""What the author of a station wrote. Paths of the model are paths of the document; nothing is normalised.

What an instrument takes as `options`, `limits` and `safe` is checked where its document is known
(`instruments`).
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from shotlane.model._calibration import Calibration
from shotlane.model._command_keys import DriverCommand
from shotlane.model._part import LANGUAGE, Part, Scalar
from shotlane.model._rehearsal import Coupling, SimulatedFault
from shotlane.model._sequence import Interlock
from shotlane.model._simulation import Simulation

Limits = Annotated[list[Scalar], Field(min_length=2, max_length=2)]


class DriverAttribute(Part):
    """What a station says of a driver's attribute: it declares where the driver is silent, else tightens."""

    path: str | None = Field(
        None,
        description="What the driver calls it, where this name is the station's own.",
        examples=["ch1.voltage"],
    )
    description: str = Field("", description="Free text for people.")
    access: Literal["r", "w", "rw"] | None = Field(
        None, description="Whether it can be read (r), set (w), or both (rw)."
    )
    type: Literal["float", "int", "bool", "option", "text", "array"] | None = Field(
        None, description="What it is; default: option with `options`, else float."
    )
    unit: str | None = Field(None, description="Unit of the value.", examples=["V", "degC"])
    min: Scalar | None = Field(None, description="Lowest value that may be set.", examples=["0 V"])
    max: Scalar | None = Field(None, description="Highest value that may be set.", examples=["10 V"])
    options: list[str] | None = Field(None, description="The options, by name.", examples=[["dc", "ac"]])
    resolution: Scalar | None = Field(None, description="Values are rounded to it.", examples=["1 mV"])
    update: Scalar | None = Field(
        None,
        description="Shortest sensible time between two commands or two fresh readings.",
        examples=["20 ms"],
    )
    poll: Scalar | None = Field(None, description="Period of polling for conditions and interlocks.")
    safe: Scalar | None = Field(
        None, description="Value in the safe state; `keep` leaves it as it is.", examples=["0 V"]
    )
    timed: Literal["hardware", "software"] | None = Field(
        None,
        description="With `time_step`: whether the instrument keeps time for it (default), or the computer.",
    )
    status: bool | None = Field(
        None, description="Whether it tells how the instrument is: part of its status."
    )


class ExpectedIdentity(Part):
    """Who an instrument must be; `*` and `?` stand for anything."""

    maker: Scalar | None = Field(None, description="Who made it.")
    model: Scalar | None = Field(None, description="Which model it is.")
    serial: Scalar | None = Field(None, description="Its serial number.", examples=["123456"])
    firmware: Scalar | None = Field(None, description="Version of its firmware.", examples=["2.*"])
    mismatch: Literal["refuse", "stamp"] = Field(
        "refuse", description="refuse: it is not opened; stamp: it is used, and the run says so."
    )


class StationInstrument(Part):
    """One role of a station: which instrument fills it, where it is connected, and its bounds here."""

    instrument: str | None = Field(
        None,
        description="Name of an instrument document: one of the catalogue, or a file next to the station.",
        examples=["watlow-ezzone", "alicat-mfc"],
    )
    driver: str | None = Field(
        None,
        description="A driver in Python instead of an instrument document: a class of your own, a driver of"
        " another package, or the name of an installed one.",
        examples=["pymeasure:pymeasure.instruments.keithley.Keithley2000", "mylab.drivers:Camera"],
    )
    resource: str | None = Field(
        None,
        description="Where it is connected: serial://, modbus+tcp://, modbus+serial://, tcp://, sim://.",
        examples=["modbus+tcp://192.168.1.20:502?unit=1", "serial:///dev/ttyUSB0?baudrate=19200", "sim://"],
    )
    description: str = Field(
        "",
        description="Free text for people.",
    )
    options: dict[str, Any] = Field(
        {},
        description="Values for the options of the instrument document, or arguments of a driver.",
    )
    attributes: dict[str, DriverAttribute] = Field(
        {},
        description="What a driver can read and set, where it does not say so itself; else only tightened.",
        examples=[{"voltage": {"unit": "V", "max": "10 V"}}],
    )
    commands: dict[str, DriverCommand] = Field(
        {},
        description="What a driver can be called for, where it does not say so itself.",
        examples=[{"home": {"takes": "10 s"}}],
    )
    setup: dict[str, Scalar] = Field(
        {},
        description="Values of a driver's attributes that are set at every opening and reconnection.",
        examples=[{"range": "10 V"}],
    )
    simulate: dict[str, Scalar | Simulation] = Field(
        {},
        description="How a driver's attributes move and what its commands do in a simulation.",
        examples=[{"voltage": {"start": "1 V", "noise": "1 mV"}}],
    )
    limits: dict[str, Limits] = Field(
        {},
        description="Lowest and highest value of an attribute; they only tighten what the instrument allows.",
        examples=[{"setpoint": ["10 degC", "200 degC"]}],
    )
    safe: dict[str, Scalar] = Field(
        {},
        description="Value of each attribute in the safe state; `keep` leaves it as it is.",
        examples=[{"setpoint": "20 degC"}],
    )
    timeout: Scalar | None = Field(
        None,
        description="Longest wait for a reply; default: the instrument's.",
        examples=["300 ms"],
    )
    tries: int | None = Field(
        None,
        ge=1,
        le=10,
        description="How often a read or set is tried; default: the instrument's.",
    )
    expect: ExpectedIdentity | None = Field(
        None,
        description="Who must answer there; asked at every opening.",
        examples=[{"serial": "123456"}],
    )
    calibrated_until: str | None = Field(
        None,
        description="Day on which its calibration ends; warned about when that is near or over.",
        examples=["2027-03-01"],
    )
    calibration: dict[str, Calibration] = Field(
        {},
        description="By attribute, how what this specimen says becomes the value.",
        examples=[{"temperature": {"offset": "0.3 K"}}],
    )
    faults: list[SimulatedFault] = Field(
        [],
        description="What goes wrong with it while it is simulated.",
        examples=[[{"fault": "timeout", "request": 3}]],
    )
    time_step: Scalar | None = Field(
        None,
        description="Of a driver that keeps time itself: the step that its edges lie on.",
        examples=["1 us"],
    )
    restartable: bool | None = Field(
        None, description="With `time_step`: whether it can be given several tables in one shot (default)."
    )
    triggered_by: str | None = Field(
        None,
        description="Channel whose rising edges trigger this instrument: each takes one frame.",
        examples=["seq.do1"],
    )


class ChannelAlias(Part):
    """A channel in the lab's own words and units."""

    is_: str = Field(
        alias="is",
        description="The channel it stands for.",
        examples=["seq.ao0"],
    )
    unit: str | None = Field(
        None,
        description="Unit of the alias.",
        examples=["MHz"],
    )
    table: list[Limits] | None = Field(
        None,
        description="Pairs of alias value and channel value, joined by straight lines.",
        examples=[[["-40 MHz", "0.4 V"], ["40 MHz", "8.9 V"]]],
    )
    limits: Limits | None = Field(
        None,
        description="Lowest and highest value, in the alias' unit.",
    )
    inverted: bool = Field(
        False,
        description="True and false are exchanged.",
    )
    lead: Scalar | None = Field(
        None,
        description="Set this much earlier than planned, for what takes time to act.",
        examples=["2.3 ms"],
    )
    description: str = Field(
        "",
        description="Free text for people.",
    )


class Station(Part):
    """A whole station document: the instruments of a bench, by role."""

    language: int = Field(
        LANGUAGE,
        ge=1,
        description="Version of the language this document is written in.",
    )
    station: str = Field(
        description="Name of the station.",
        examples=["bench"],
    )
    description: str = Field(
        "",
        description="Free text for people.",
    )
    include: list[str] = Field(
        [],
        description="Files whose parts are merged in; this file wins.",
    )
    instruments: dict[str, StationInstrument] = Field(
        description="The instruments by role; this order is that of the safe state.",
    )
    channels: dict[str, ChannelAlias] = Field(
        {},
        description="Aliases of channels in the lab's own words and units.",
    )
    couple: dict[str, Coupling] = Field(
        {},
        description="Channels of simulated instruments that follow those of others.",
        examples=[{"furnace.temperature": {"lag": "supply.voltage", "tau": "20 s", "gain": "20 K/V"}}],
    )
    interlocks: dict[str, Scalar | Interlock] = Field(
        {},
        description="Conditions that end any run.",
        examples=[{"too_hot": "furnace.temperature > 220 degC"}],
    )
