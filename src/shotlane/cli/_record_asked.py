"""What was asked of `shotlane record`, checked before anything is opened."""

import argparse

from shotlane.acquisition import RecordOptions, Rotation, Sink, sink_for
from shotlane.cli._output import Complaint
from shotlane.expression import parse_literal, parse_unit

_BITS_OF_A_BYTE = 8


def options_of(arguments: argparse.Namespace) -> RecordOptions:
    """When to read. Raises `Complaint`."""
    value, dimension = _quantity("--rate", arguments.rate, "10Hz", ("Hz", "s"))
    if dimension not in (parse_unit("Hz").dimension, parse_unit("s").dimension):
        raise Complaint(f"--rate {arguments.rate}: that is neither a rate nor a period; {_like('10Hz')}")
    key = "period" if dimension == parse_unit("s").dimension else "rate_hz"
    try:
        return RecordOptions(**{key: value}, duration=_length(arguments.length), timing=arguments.timing)  # type: ignore[arg-type]  # one of two numbers
    except ValueError as error:
        told = str(error).replace("rate_hz", "--rate").replace("period must", "--rate must")
        raise Complaint(told.replace("a duration of", "--for of").replace("duration", "--for")) from error


def _length(written: str | None) -> float | None:
    if written is None:
        return None
    value, dimension = _quantity("--for", written, "1h", ("s", "min", "h"))
    if dimension != parse_unit("s").dimension:
        raise Complaint(f"--for {written}: that is no length of time; {_like('1h')}")
    return value


def _quantity(option: str, written: str, example: str, units: tuple[str, ...]) -> tuple[float, object]:
    found = parse_literal(written)
    if found is None:
        raise Complaint(f"{option} {written}: that is no number with a unit; {_like(example)}")
    if not found[1].text:
        told = " or ".join(f"{written}{unit}" for unit in units)
        raise Complaint(f"{option} {written}: the unit is missing; write {told}")
    return found[0], found[1].dimension


def _like(example: str) -> str:
    return f"write e.g. {example}"


def sink_of(arguments: argparse.Namespace) -> Sink | None:
    """Where to. Raises `Complaint`."""
    rotation = _rotation(arguments.rotate)
    if arguments.to is None:
        for option in ("append", "rotate"):
            if getattr(arguments, option):
                raise Complaint(f"--{option} goes with --to, which says where the samples go")
        return None
    try:
        return sink_for(arguments.to, append=arguments.append, rotation=rotation)
    except FileExistsError as error:
        raise Complaint(f"{error}; --append adds to it, another name leaves it") from error
    except ValueError as error:
        raise Complaint(f"--to: {error}") from error


def _rotation(written: str | None) -> Rotation | None:
    if written is None:
        return None
    value, dimension = _quantity("--rotate", written, "100MB or 1d", ("MB", "d"))
    try:
        if dimension == parse_unit("s").dimension:
            return Rotation(max_age_s=value)
        if dimension == parse_unit("byte").dimension:
            return Rotation(max_bytes=round(value / _BITS_OF_A_BYTE))
    except ValueError as error:
        raise Complaint(f"--rotate {written}: a limit must be above 0") from error
    raise Complaint(f"--rotate {written}: that is neither a size nor an age; {_like('100MB or 1d')}")
