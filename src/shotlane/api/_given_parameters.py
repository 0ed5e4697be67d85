"""Parameters that a program gives with a sequence, as texts."""

from collections.abc import Mapping
from os import PathLike


def given_parameters(sequence: object, parameters: Mapping[str, object] | None) -> dict[str, str]:
    """The values as they would be typed, by name. Raises `TypeError` for arguments in the wrong order."""
    if not isinstance(sequence, str | PathLike) or not (parameters is None or hasattr(parameters, "items")):
        raise TypeError(
            "the sequence comes first, then its parameters: ('furnace-ramp', {'T_soak': '50 degC'})"
        )
    return {name: str(value) for name, value in (parameters or {}).items()}
