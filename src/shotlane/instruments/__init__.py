"""Instruments: the driver contract, the pool, documents and their catalogue, wires and simulation.

Names are imported when they are first used: checking a document needs neither the pool nor its locks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.instruments._accept import RefusedValueError, accepted
    from shotlane.instruments._adopted_declare import (
        declare_attribute,
        declare_command,
        declare_parameter,
        in_unit,
    )
    from shotlane.instruments._build import build_pool, holders, lock_instruments
    from shotlane.instruments._catalogue import catalogue_document, catalogue_names, catalogue_text
    from shotlane.instruments._contract import (
        Driver,
        ErrorContext,
        Identity,
        InstrumentError,
        Notify,
        Preparing,
        Reading,
        ShotAware,
    )
    from shotlane.instruments._definition import Definition, Resource
    from shotlane.instruments._document import check_instrument
    from shotlane.instruments._locks import Holder, InUseError, in_use_by
    from shotlane.instruments._member import Exchange, RoleNotify
    from shotlane.instruments._pool import Pool, PoolError
    from shotlane.instruments._resolve import ResolvedStation, resolve_station
    from shotlane.instruments._scan import Probe, scan_address, scan_serial_ports

_HOMES = {
    "Definition": "_definition",
    "Driver": "_contract",
    "ErrorContext": "_contract",
    "Exchange": "_member",
    "Holder": "_locks",
    "Identity": "_contract",
    "InUseError": "_locks",
    "InstrumentError": "_contract",
    "Notify": "_contract",
    "Pool": "_pool",
    "PoolError": "_pool",
    "Preparing": "_contract",
    "Probe": "_scan",
    "Reading": "_contract",
    "RefusedValueError": "_accept",
    "ResolvedStation": "_resolve",
    "Resource": "_definition",
    "RoleNotify": "_member",
    "ShotAware": "_contract",
    "accepted": "_accept",
    "build_pool": "_build",
    "catalogue_document": "_catalogue",
    "catalogue_names": "_catalogue",
    "catalogue_text": "_catalogue",
    "check_instrument": "_document",
    "declare_attribute": "_adopted_declare",
    "declare_command": "_adopted_declare",
    "declare_parameter": "_adopted_declare",
    "holders": "_build",
    "in_unit": "_adopted_declare",
    "in_use_by": "_locks",
    "lock_instruments": "_build",
    "resolve_station": "_resolve",
    "scan_address": "_scan",
    "scan_serial_ports": "_scan",
}

__all__ = [
    "Definition",
    "Driver",
    "ErrorContext",
    "Exchange",
    "Holder",
    "Identity",
    "InUseError",
    "InstrumentError",
    "Notify",
    "Pool",
    "PoolError",
    "Preparing",
    "Probe",
    "Reading",
    "RefusedValueError",
    "ResolvedStation",
    "Resource",
    "RoleNotify",
    "ShotAware",
    "accepted",
    "build_pool",
    "catalogue_document",
    "catalogue_names",
    "catalogue_text",
    "check_instrument",
    "declare_attribute",
    "declare_command",
    "declare_parameter",
    "holders",
    "in_unit",
    "in_use_by",
    "lock_instruments",
    "resolve_station",
    "scan_address",
    "scan_serial_ports",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.instruments' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.instruments.{_HOMES[name]}"), name)
