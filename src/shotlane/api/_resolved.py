"""A sequence and its station as they were understood, for people and for other programs. Holds no secret."""

import json
from typing import Any

from shotlane.api._prepare import Prepared
from shotlane.model import Attribute, Channel, Keep


def resolved_sequence(prepared: Prepared) -> str:
    """The sequence, as JSON."""
    return _json(prepared.sequence.model_dump(mode="json"))


def resolved_station(prepared: Prepared) -> str:
    """The instruments of the station, who is expected there, and its channels, as JSON."""
    table = prepared.station.table
    return _json(
        {
            "station": prepared.station.name,
            "roles": {
                name: {"real": role.real, "commands": list(role.commands), **_instrument(prepared, name)}
                for name, role in table.roles.items()
            },
            "channels": {name: _channel(one) for name, one in table.channels.items()},
        }
    )


def _instrument(prepared: Prepared, role: str) -> dict[str, Any]:
    definition = prepared.station.definitions.get(role)
    if definition is None:
        return {}
    expected = definition.expected
    identity = None if expected is None else expected.identity
    return {
        "instrument": definition.source,
        "resource": definition.resource.text,
        "simulated": definition.simulated,
        "calibrated_until": definition.calibrated_until,
        "expected": None
        if identity is None
        else {name: getattr(identity, name) for name in ("maker", "model", "serial", "firmware")},
    }


def _channel(one: Channel) -> dict[str, Any]:
    item: Attribute = one.attribute
    return {
        "role": one.role,
        "type": item.type.value,
        "unit": None if item.unit is None else item.unit.text,
        "readable": item.readable,
        "writable": item.writable,
        "low": item.low,
        "high": item.high,
        "options": list(item.options),
        "resolution": item.resolution,
        "update_ns": item.update_ns,
        "safe": "keep" if isinstance(item.safe, Keep) else item.safe,
        "description": item.description,
        "is": one.target,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
