"""Instruments: the driver contract, the pool, documents and their catalogue, wires and simulation."""

from shotlane.instruments._adopted_declare import (
    declare_attribute,
    declare_command,
    declare_parameter,
    in_unit,
)
from shotlane.instruments._build import build_pool, lock_instruments
from shotlane.instruments._catalogue import catalogue_names
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
    "Reading",
    "ResolvedStation",
    "Resource",
    "RoleNotify",
    "ShotAware",
    "build_pool",
    "catalogue_names",
    "check_instrument",
    "in_use_by",
    "lock_instruments",
    "declare_attribute",
    "declare_command",
    "declare_parameter",
    "in_unit",
    "resolve_station",
]
