"""Keys of ASCII, SCPI and binary dialogues: replies, checksums, blocks, as their author wrote them."""

from typing import Annotated, Literal

from pydantic import Field

from shotlane.model._part import Part, Scalar

ByteOrder = Literal["high_first", "low_first"]
NumberType = Literal[
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"
]
FieldType = Literal["f", "d", "x", "sx", "w", "s", "rest", "list"]
ChecksumKind = Literal["sum8", "xor8", "lrc", "crc16", "crc16_xmodem", "crc16_ccitt"]
Fault = Literal["rejected", "refused", "garbled"]
Position = Annotated[int, Field(ge=0, le=65535)]


class ChecksumForm(Part):
    """A checksum in full: what is computed, over what, and how it is written."""

    kind: ChecksumKind = Field(
        description="sum8: sum of the bytes; xor8: all bytes XORed; lrc: sum8 negated; crc16: that of Modbus;"
        " crc16_xmodem, crc16_ccitt: polynomial 0x1021, beginning with 0 and 0xFFFF."
    )
    style: Literal["hex", "decimal", "high_first", "low_first"] | None = Field(
        None,
        description="How it is written: as digits, or as bytes. Default: hex in texts, low_first in binary.",
    )
    skip: int = Field(
        0, ge=0, le=255, description="How many bytes at the beginning of the line do not count.", examples=[1]
    )


class LengthField(Part):
    """A number in a binary reply that says how long it is."""

    at: Position = Field(description="Its place, in bytes from the beginning.", examples=[2])
    type: NumberType = Field("uint8", description="What stands there.")
    plus: int = Field(
        0, ge=-65535, le=65535, description="Bytes of the whole reply that it does not count.", examples=[5]
    )


class BinaryField(Part):
    """One value at a fixed place of a binary reply."""

    at: Position = Field(description="Its place, in bytes from the beginning.", examples=[3])
    type: NumberType | Literal["text"] = Field(description="What stands there.", examples=["float32"])
    count: Annotated[int, Field(ge=1, le=1 << 20)] | Literal["rest"] | None = Field(
        None,
        description="Several numbers, as an array, or the bytes of a text; `rest` means all that is left.",
        examples=[100],
    )
    bit: int | None = Field(
        None, ge=0, le=63, description="Only this bit of the number, 0 being the lowest.", examples=[3]
    )
    byte_order: ByteOrder | None = Field(None, description="Order of its bytes, unless the document's.")


class ReplyForm(Part):
    """A reply in full. ASCII: `frame` or `pattern`, of one line or several; binary: a layout."""

    frame: str | None = Field(
        None, description="ASCII: what the reply looks like.", examples=["{channel:d} {value:f}"]
    )
    pattern: str | None = Field(
        None,
        description="ASCII: a regular expression; its named groups are the fields.",
        examples=[r"(?P<flow>[-+.\d]+)\s*(?P<state>OK|HOLD)"],
    )
    types: dict[str, FieldType] = Field(
        {},
        description="ASCII: types of the named groups of `pattern`; others are texts.",
        examples=[{"flow": "f"}],
    )
    lines: int | None = Field(
        None, ge=1, le=10000, description="ASCII: how many lines the reply has.", examples=[4]
    )
    until: str | None = Field(
        None,
        description="ASCII: the line that ends the reply; it is no part of it.",
        examples=["OK"],
    )
    quiet: bool | None = Field(
        None, description="ASCII: nothing ends the reply: it is whole when nothing more comes for 50 ms."
    )
    start: str | None = Field(
        None, description="Binary: the bytes that it begins with, hexadecimal.", examples=["AA 55"]
    )
    length: Annotated[int, Field(ge=1, le=1 << 20)] | LengthField | None = Field(
        None,
        description="How many bytes it has. Binary: from its start to its end; ASCII: of a reply that nothing"
        " ends.",
        examples=[9],
    )
    end: str | None = Field(
        None, description="Binary: the bytes that it ends with, hexadecimal.", examples=["0D"]
    )
    checksum: bool | None = Field(
        None, description="Binary: whether it has one; default: when the document has one."
    )
    fields: dict[str, BinaryField] = Field(
        {},
        description="Binary: the values in it, by name.",
        examples=[{"flow": {"at": 3, "type": "float32"}}],
    )


class BlockForm(Part):
    """What the numbers of a binary block are."""

    type: NumberType = Field(description="What each number is.", examples=["float32"])
    byte_order: ByteOrder = Field("high_first", description="Order of the bytes of each number.")


class SetText(Part):
    """What a device is sent to set an attribute: one text, or one for each boolean."""

    send: str | None = Field(
        None,
        description="Text with `{value}`, which of an option is its code; binary: `{value:uint16}`.",
        examples=["S{value:.3f}"],
    )
    true: str | None = Field(None, description="Text that switches on.", examples=["HC"])
    false: str | None = Field(None, description="Text that switches off.", examples=["C"])
    reply: str | dict[str, str] | None = Field(
        None,
        description="Name of the frame that the device answers, the frame itself, or none; where they differ,"
        " one for each option, or for true and false.",
        examples=["frame", "none", {"open": "opened", "shut": "closed"}],
    )


class DialogueKeys(Part):
    """Keys of an instrument document that say how an ASCII, SCPI or binary device is spoken to."""

    write: str = Field(
        "{command}\n",
        description="The line written, with its end; binary: bytes, hexadecimal. `{checksum}` stands for the"
        " checksum of what is before it.",
        examples=["{address}{command}\r", "02 {command} {checksum} 03"],
    )
    read: str | None = Field(
        None,
        description="ASCII: the line of each reply, `{reply}` with what stands around it; default: only its"
        " end, which is that of `write`.",
        examples=["{address}{reply}{checksum}\r"],
    )
    read_end: str | None = Field(None, description="ASCII: end of a reply; default: what `write` ends with.")
    replies: dict[str, str | ReplyForm] = Field(
        {},
        description="Replies by name. ASCII: a frame, in which `{name:f}` is a number, `:d` an integer,"
        " `:x` a hexadecimal one, `:sx` one in two's complement, `:w` a word, `:s` a text, perhaps in quotes,"
        " `:list` numbers with commas or blanks between them, `:rest` what is left; with `?` it may be"
        " missing; `_` throws a field away.",
        examples=[{"frame": "{address} {flow:f} {gas:w} {flags:rest?}"}],
    )
    encoding: Literal["ascii", "latin-1", "utf-8"] = Field(
        "ascii", description="ASCII: encoding of the texts."
    )
    checksum: ChecksumKind | ChecksumForm | None = Field(
        None, description="What `{checksum}` in `write` and `read` is.", examples=["sum8"]
    )
    byte_order: ByteOrder = Field(
        "high_first", description="Binary, Modbus: which byte of a number or register stands first."
    )
    echo: bool | str | None = Field(
        None,
        description="Whether the device sends back each line before it answers: `true` for exactly that line,"
        " else the text that comes, with `{command}`.",
        examples=[True, "{command}\r\n"],
    )
    acknowledge: str | None = Field(
        None,
        description="ASCII: the line that the device answers first to each line, as a frame.",
        examples=["\x06"],
    )
    enquiry: str | None = Field(
        None,
        description="ASCII: what is sent then to fetch the reply itself, as it stands.",
        examples=["\x05"],
    )
    errors: dict[str, Fault] = Field(
        {},
        description="Replies that mean that the device refuses, as frames (binary: the bytes that they begin"
        " with), and what they mean: rejected (what was sent is wrong), refused (busy), garbled (it came"
        " damaged).",
        examples=[{"ERR {code:d}": "rejected", "BUSY": "refused"}],
    )
    missing: list[str] | None = Field(
        None,
        description="Texts that mean, in every field, that there is no value.",
        examples=[["-------", "OVER"]],
    )
    ignore: list[str] | None = Field(
        None,
        description="Lines that the device sends unasked, as frames; they are thrown away.",
        examples=[["* {_:rest}"]],
    )
    gap: Scalar | None = Field(
        None, description="Least time between a reply and the next command.", examples=["50 ms"]
    )
    error_queue: bool | str | None = Field(
        None,
        description="SCPI: whether the device is asked for errors after each set and command: `true` for"
        " `SYST:ERR?`, else the text that asks.",
        examples=[True],
    )
