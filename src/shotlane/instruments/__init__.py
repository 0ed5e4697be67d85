"""Instruments: the driver contract, the pool, documents and their catalogue, wires and simulation."""

from shotlane.instruments._build import build_pool
from shotlane.instruments._catalogue import catalogue_names
from shotlane.instruments._contract import (
    Driver,
    ErrorContext,
    Identity,
    InstrumentError,
    Notify,
    Reading,
    ShotAware,
)
from shotlane.instruments._definition import Definition, Resource
from shotlane.instruments._document import check_instrument
from shotlane.instruments._pool import Exchange, Pool, PoolError, RoleNotify
from shotlane.instruments._resolve import ResolvedStation, resolve_station

__all__ = [
    "Definition",
    "Driver",
    "ErrorContext",
    "Exchange",
    "Identity",
    "InstrumentError",
    "Notify",
    "Pool",
    "PoolError",
    "Reading",
    "ResolvedStation",
    "Resource",
    "RoleNotify",
    "ShotAware",
    "build_pool",
    "catalogue_names",
    "check_instrument",
    "resolve_station",
]
