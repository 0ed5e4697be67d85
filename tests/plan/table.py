"""A small station as the compiler sees it, and a shortcut from YAML text to a plan."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shotlane.diagnostics import Diagnostic, Report
from shotlane.document import read_text
from shotlane.expression import parse_unit
from shotlane.model import (
    Attribute,
    Channel,
    ChannelTable,
    Command,
    CommandParameter,
    Role,
    ValueType,
    load_sequence,
)
from shotlane.plan import CompiledPlan, compile_sequence

MS = 1_000_000
S = 1_000 * MS


def attribute(name: str, type: str = "float", unit: str | None = None, **more: Any) -> Attribute:
    """An attribute that can be read and written unless said otherwise."""
    more.setdefault("writable", True)
    return Attribute(name, ValueType(type), parse_unit(unit) if unit is not None else None, **more)


def build_table(roles: Mapping[str, tuple[str, list[Attribute]]], **commands: list[Command]) -> ChannelTable:
    """A table of roles, each with its port and attributes."""
    channels = [
        Channel(role, item, port, read_cost_ns=2 * MS, write_cost_ns=MS)
        for role, (port, attributes) in roles.items()
        for item in attributes
    ]
    named = {
        role: Role(role, port, False, {item.name: item for item in commands.get(role, [])})
        for role, (port, _) in roles.items()
    }
    return ChannelTable("demo", {channel.name: channel for channel in channels}, named)


def demo_table() -> ChannelTable:
    """A furnace, a gas flow controller and a balance, and a box with one channel of every type."""
    setpoint = attribute("setpoint", unit="degC", low=10.0, high=200.0, safe=20.0, update_ns=20 * MS)
    temperature = attribute("temperature", unit="degC", writable=False, update_ns=20 * MS)
    flow_setpoint = attribute("flow_setpoint", unit="cm**3/min", low=0.0, high=50.0, safe=0.0)
    flow = attribute("flow", unit="cm**3/min", writable=False)
    shutoff = attribute("shutoff", "bool", readable=False, safe=True)
    mass = attribute("mass", unit="g", writable=False)
    box = [
        attribute("level", unit="V", low=-10.0, high=10.0, safe=0.0),
        attribute("slow", unit="V", low=-10.0, high=10.0, safe=0.0, update_ns=100 * MS),
        attribute("fine", unit="V", low=-10.0, high=10.0, safe=0.0, resolution=0.1),
        attribute("count", "int", low=0.0, high=100.0, safe=0),
        attribute("gate", "bool", safe=False),
        attribute("gas", "option", options=("N2", "He", "Ar"), safe="N2"),
        attribute("note", "text", safe=""),
        attribute("open", unit="V"),
    ]
    voltage = CommandParameter("voltage", ValueType.FLOAT, parse_unit("V"), low=0.0, high=5.0)
    gas = CommandParameter("gas", ValueType.OPTION, options=("N2", "He"), required=False)
    return build_table(
        {
            "furnace": ("A", [setpoint, temperature]),
            "gas": ("B", [flow_setpoint, flow, shutoff]),
            "balance": ("C", [mass]),
            "box": ("D", box),
        },
        balance=[Command("tare", takes_ns=3 * S)],
        box=[Command("kick", (voltage, gas))],
    )


def compiled(
    text: str,
    *,
    table: ChannelTable | None = None,
    overrides: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[CompiledPlan | None, Report]:
    """Compile a sequence; its plan and the report."""
    report = Report()
    document = read_text(text, "test.yaml", report)
    assert document is not None
    sequence = load_sequence(document, report)
    assert sequence is not None
    plan = compile_sequence(
        sequence, document, table or demo_table(), report, overrides=overrides, folder=folder
    )
    return plan, report


def plan_of(
    text: str, *, table: ChannelTable | None = None, overrides: Mapping[str, str] | None = None
) -> CompiledPlan:
    """The plan of a sequence that must be sound."""
    plan, report = compiled(text, table=table, overrides=overrides)
    assert plan is not None, [str(item.span) + " " + item.message for item in report]
    return plan


def faults(
    text: str, *, table: ChannelTable | None = None, overrides: Mapping[str, str] | None = None
) -> list[tuple[str, int]]:
    """Code and line of every error, in the order of the text."""
    return [(item.code, line(item)) for item in compiled(text, table=table, overrides=overrides)[1].errors]


def line(item: Diagnostic) -> int:
    """Line of a diagnostic; 0 when it has no place."""
    return item.span.line if item.span is not None else 0


def sets(plan: CompiledPlan, channel: str, shot: int = 1) -> list[tuple[float, float]]:
    """What a channel is sent in a shot: time in ms and value."""
    found = []
    for port in plan.shot(shot).segments[0].ports.values():
        table = port.actions
        for at in range(len(table)):
            if plan.channels[table.channel[at]].name == channel:
                found.append((float(table.target_ns[at]) / MS, float(table.value[at])))
    return found


def sequence(*, steps: str, lanes: str, more: str = "") -> str:
    """A whole document from its parts, which are indented by two spaces."""
    return f"sequence: test\n{more}timeline:\n{steps}lanes:\n{lanes}"
