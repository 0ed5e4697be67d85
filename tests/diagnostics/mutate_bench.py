"""Good stations and instrument documents with one mistake put in mechanically, like those of `mutate`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
STATIONS = [REPOSITORY / "stations" / f"{name}.yaml" for name in ("demo", "bench")]
_CATALOGUE = REPOSITORY / "src" / "shotlane" / "instruments" / "catalogue"
INSTRUMENTS = sorted(_CATALOGUE.glob("*.yaml"))


@dataclass(frozen=True, slots=True)
class Slip:
    """What a line that matches becomes, and the code that it must then give, there and nowhere else."""

    name: str
    pattern: str
    new: str
    code: str


IN_STATIONS = (
    Slip("misspell a section", r"^instruments:", "instrumets:", "STA001"),
    Slip("misspell a key of an instrument", r"^    (limits|safe|options|resource):", r"    \1x:", "STA001"),
    Slip("misspell an instrument", r"(?<=instrument: )(\w[\w-]+)$", r"\1x", "STA111"),
    Slip("misspell an attribute with limits", r"(?<=limits: \{)setpoint", "setpont", "STA130"),
    Slip(
        "misspell an attribute with a safe value", r"(?<=safe: \{)(setpoint|flow_setpoint)", r"\1x", "STA130"
    ),
    Slip("misspell an option", r"(?<=options: \{)(\w+)", r"\1x", "STA120"),
    Slip("drop the unit of a limit", r"\[10 degC,", "[10,", "STA131"),
    Slip("give a limit another dimension", r"200 degC\]", "200 V]", "STA131"),
    Slip("swap the limits", r"\[10 degC, 200 degC\]", "[200 degC, 10 degC]", "STA131"),
    Slip(
        "put a safe value beyond the limits",
        r"safe: \{setpoint: 20 degC",
        "safe: {setpoint: 900 degC",
        "STA140",
    ),
    Slip("misspell a unit", r"safe: \{setpoint: 20 degC", "safe: {setpoint: 20 degX", "STA131"),
    Slip("write a list for the limits' mapping", r"limits: \{setpoint: (\[.*\])\}", r"limits: \1", "STA003"),
    Slip("leave an option without value", r"^(    resource:).*$", r"\1", "STA004"),
    Slip("misspell a scheme", r"(?<=resource: )(sim|serial|modbus\+tcp):", r"\1x:", "STA150"),
    Slip("forget the space after a colon", r"^    resource: ", "    resource:", "YAML001"),
    Slip("write a role twice", r"^  balance:$", "  gas:", "YAML002"),
    Slip("begin a role with a digit", r"^  gas:$", "  2gas:", "STA008"),
)
IN_INSTRUMENTS = (
    Slip("misspell a section", r"^attributes:", "atributes:", "INS001"),
    Slip("misspell a key of an attribute", r"^    (access|update|unit|type|safe):", r"    \1x:", "INS001"),
    Slip("misspell a protocol", r"^protocol: (\w+)", r"protocol: \1x", "INS005"),
    Slip("drop the unit of a time", r"^(timeout: \d+) m?s", r"\1", "INS010"),
    Slip("give an update another dimension", r"^(    update: \d+) m?s", r"\1 V", "INS010"),
    Slip("misspell a unit", r"^(    unit: )([A-Z]\w*|degC)$", r"\1\2x", "INS010"),
    Slip("misspell an access", r"^(    access: \w+)", r"\1x", "INS005"),
    Slip("misspell a type", r"^(    type: \w+)", r"\1x", "INS005"),
    Slip("leave a key without value", r"^(    description:) [^>|]*$", r"\1", "INS004"),
    Slip("write a text for a number", r"^(    holding: )\d+$", r"\1many", "INS010"),
    Slip("write a key twice", r"^(    access: \w+)(?:\s+#.*)?$", "\\1\n\\1", "YAML002"),
    Slip("name a reply that is nowhere", r"^(    reply: )frame", r"\1frmae", "INS020"),
    Slip("name a field that is nowhere", r"^(    field: \w+)", r"\1x", "INS020"),
    Slip("forget a brace of a template", r'^(    unit: "\{\w+)\}"', r'\1"', "INS010"),
    Slip("simulate what is nowhere", r"^  (temperature)(: \{lag)", r"  \1x\2", "INS020"),
    Slip("indent with a tab", r"^  (\w+:)$", "\t\\1", "YAML001"),
)


def mutants(path: Path) -> Iterator[tuple[Slip, int, str]]:
    """Every slip that fits a line of the document, with the line and the whole text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for slip in IN_STATIONS if path in STATIONS else IN_INSTRUMENTS:
        for number, line in enumerate(lines, start=1):
            changed = re.sub(slip.pattern, slip.new, line, count=1)
            if changed != line:
                yield slip, number, "\n".join([*lines[: number - 1], changed, *lines[number:]])
