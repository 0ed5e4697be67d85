"""Instruments: the driver contract, the pool, documents and their catalogue, wires and simulation.

Names are imported when they are first used: checking a document needs neither the pool nor its locks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.instruments._build import build_pool, holders, lock_instruments, unlock_instruments
    from shotlane.instruments._capture import Capture
    from shotlane.instruments._scan import Probe, scan_address, scan_serial_ports
    from shotlane.instruments.adopted._declare import (
        declare_attribute,
        declare_command,
        declare_parameter,
        in_unit,
    )
    from shotlane.instruments.adopted._describe import Described, describe_station
    from shotlane.instruments.adopted.adapters._installed import register_driver, register_maker
    from shotlane.instruments.definition._accept import RefusedValueError, accepted
    from shotlane.instruments.definition._contract import (
        Driver,
        ErrorContext,
        Identity,
        InstrumentError,
        Notify,
        Preparing,
        Reading,
        ShotAware,
    )
    from shotlane.instruments.definition._definition import Definition, Resource
    from shotlane.instruments.definition._hardware_timed import Edges, HardwareTimed, ProgramTable
    from shotlane.instruments.definition._secrets import Secret, mask_known
    from shotlane.instruments.definition._written import written_value
    from shotlane.instruments.documents._catalogue import catalogue_document, catalogue_names, catalogue_text
    from shotlane.instruments.documents._document import check_instrument
    from shotlane.instruments.pool._locks import Holder, InUseError, PortLocks, in_use_by
    from shotlane.instruments.pool._member import Exchange, RoleNotify
    from shotlane.instruments.pool._pool import Pool
    from shotlane.instruments.pool._pool_error import PoolError
    from shotlane.instruments.station._resolve import ResolvedStation, resolve_station

_HOMES = {
    "Capture": "_capture",
    "Definition": "definition._definition",
    "Described": "adopted._describe",
    "Driver": "definition._contract",
    "Edges": "definition._hardware_timed",
    "ErrorContext": "definition._contract",
    "Exchange": "pool._member",
    "HardwareTimed": "definition._hardware_timed",
    "Holder": "pool._locks",
    "Identity": "definition._contract",
    "InUseError": "pool._locks",
    "InstrumentError": "definition._contract",
    "Notify": "definition._contract",
    "Pool": "pool._pool",
    "PoolError": "pool._pool_error",
    "PortLocks": "pool._locks",
    "Preparing": "definition._contract",
    "Probe": "_scan",
    "ProgramTable": "definition._hardware_timed",
    "Reading": "definition._contract",
    "register_driver": "adopted.adapters._installed",
    "register_maker": "adopted.adapters._installed",
    "RefusedValueError": "definition._accept",
    "ResolvedStation": "station._resolve",
    "Resource": "definition._definition",
    "RoleNotify": "pool._member",
    "Secret": "definition._secrets",
    "ShotAware": "definition._contract",
    "accepted": "definition._accept",
    "build_pool": "_build",
    "catalogue_document": "documents._catalogue",
    "catalogue_names": "documents._catalogue",
    "catalogue_text": "documents._catalogue",
    "check_instrument": "documents._document",
    "declare_attribute": "adopted._declare",
    "declare_command": "adopted._declare",
    "declare_parameter": "adopted._declare",
    "describe_station": "adopted._describe",
    "holders": "_build",
    "in_unit": "adopted._declare",
    "in_use_by": "pool._locks",
    "lock_instruments": "_build",
    "mask_known": "definition._secrets",
    "resolve_station": "station._resolve",
    "scan_address": "_scan",
    "scan_serial_ports": "_scan",
    "unlock_instruments": "_build",
    "written_value": "definition._written",
}

__all__ = [
    "Capture",
    "Definition",
    "Described",
    "Driver",
    "Edges",
    "ErrorContext",
    "Exchange",
    "HardwareTimed",
    "Holder",
    "Identity",
    "InUseError",
    "InstrumentError",
    "Notify",
    "Pool",
    "PoolError",
    "PortLocks",
    "Preparing",
    "Probe",
    "ProgramTable",
    "Reading",
    "RefusedValueError",
    "ResolvedStation",
    "Resource",
    "RoleNotify",
    "Secret",
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
    "describe_station",
    "holders",
    "in_unit",
    "in_use_by",
    "lock_instruments",
    "mask_known",
    "register_driver",
    "register_maker",
    "resolve_station",
    "scan_address",
    "scan_serial_ports",
    "unlock_instruments",
    "written_value",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.instruments' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.instruments.{_HOMES[name]}"), name)
