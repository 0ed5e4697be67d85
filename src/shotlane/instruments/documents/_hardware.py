"""Instruments that keep time themselves: what a table sets, and the step that its edges lie on."""

from collections.abc import Mapping
from dataclasses import replace

from shotlane.document import Path
from shotlane.instruments.definition._values import ValueReader
from shotlane.model import Attribute, DriverAttribute, InstrumentAttribute, Scalar


def read_time_step(written: Scalar | None, path: Path, values: ValueReader) -> int | None:
    """The step in ns; None for an instrument that the computer times."""
    step_ns = values.duration_ns(path, written)
    if written is not None and step_ns is not None and step_ns < 1:
        values.error(path, "the step is shorter than 1 ns", "write e.g. `1 us`")
        return None
    return step_ns


def with_timing(
    attributes: Mapping[str, Attribute],
    written: Mapping[str, InstrumentAttribute] | Mapping[str, DriverAttribute],
    time_step_ns: int | None,
    at: Path,
    values: ValueReader,
    code: str,
) -> dict[str, Attribute]:
    """The attributes, each knowing who keeps time for it. `at`: where `attributes` stands."""
    if time_step_ns is None:
        for name, item in written.items():
            if item.timed == "hardware":
                message = f"nothing keeps time for {name}"
                help = "write `time_step:` for the instrument, e.g. `1 us`"
                values.error((*at, "attributes", name, "timed"), message, help, code=code)
        return dict(attributes)
    software = {name for name, item in written.items() if item.timed == "software"}
    return {
        name: attribute if name in software else replace(attribute, hardware_timed=True)
        for name, attribute in attributes.items()
    }
