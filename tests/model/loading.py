"""Loads a text as one kind of document and keeps what was told."""

from shotlane.diagnostics import Report
from shotlane.document import Document, read_text
from shotlane.model import Sequence, Station, load_sequence, load_station

GOOD = """\
language: 1
sequence: furnace-ramp
station: demo
tags: [commissioning]
parameters:
  T_soak: 60 degC
  laser: {power: 5 mW}
labels: {gas: He}
timeline:
  - heat: 1 s
  - settle: {until: furnace.temperature > T_soak, for: 1 s, timeout: 5 s}
  - load: {ask: Insert the sample., timeout: 5 min}
  - soak: 2 s
lanes:
  furnace.setpoint:
    set:
      heat: ramp()
      settle..soak: T_soak
      otherwise: [{at: 0 s, value: 25 degC}, {at: end, value: T_soak}]
    every: 20 ms
    initial: 25 degC
    read: {soak: {at: [start, end]}}
  furnace.temperature: {record: 50 Hz, max_missing: 5 %, required: true}
  gas.shutoff: {set: {heat..soak: false, otherwise: true}}
  gas.flow: {record: {heat: 20 Hz}, read: [soak], on_late: record, phase: auto}
  balance:
    call:
      heat: tare()
      soak: {do: tare(), at: end}
      settle: [tare(), {do: zero(), at: 1 s}]
results:
  T_mean: mean(furnace.temperature, soak)
  overshoot: {value: max(furnace.temperature) - T_soak, high: 2 K}
interlocks:
  too_hot: {when: furnace.temperature > 200 degC, for: 10 s}
sweep:
  - T_soak: [40 degC, 60 degC]
  - gas: [He, Ar]
  - repeat: 3
order: {shuffle: 1}
cadence: 10 s
retry: {attempts: 3, on: [timeout, my-driver], delay: 0.2 s, backoff: 2, then: skip}
guard: off
"""

STATION = """\
station: bench
instruments:
  furnace:
    instrument: watlow-ezzone
    resource: sim://
    limits: {setpoint: [10 degC, 200 degC]}
    safe: {setpoint: 20 degC, mode: keep}
    options: {address: 1, name: A, nothing: null}
    tries: 2
"""


def sequence_of(text: str) -> tuple[Sequence | None, Document, Report]:
    report = Report()
    document = read_text(text, "x.yaml", report)
    assert document is not None
    return load_sequence(document, report), document, report


def station_of(text: str) -> tuple[Station | None, Document, Report]:
    report = Report()
    document = read_text(text, "x.yaml", report)
    assert document is not None
    return load_station(document, report), document, report


def told(report: Report) -> list[tuple[str, str]]:
    """Code and place of every message."""
    return [(item.code, str(item.span).removeprefix("x.yaml:")) for item in report]
