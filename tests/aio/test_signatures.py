"""Every public name that blocks has a twin that is called alike; a new name without one fails here."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

import shotlane
from shotlane import aio, analysis, sessions
from shotlane.acquisition import Sink
from shotlane.aio import _analysis, _sessions

# What does not block, beside exceptions, enumerations and protocols, which are told by their kind.
DATA = {
    "AcquisitionSummary": "counts",
    "Backoff": "two numbers",
    "DeviceResult": "a value or an error",
    "Diagnostic": "a message and its place",
    "JobStatus": "counts, and how it ended",
    "LoggedEvent": "what happened",
    "MeasuredChannel": "what a channel is called and measures",
    "Polled": "a value with its stamps",
    "PostgresConfig": "an address; the sink connects",
    "Rotation": "when a file is full",
    "Sample": "a reading",
    "Task": "what shall be done",
}
# Functions that only make what blocks: called alike, not awaited, and what they make has a twin.
MAKE = {
    "component": "entered with `async with`",
    "connect": "entered with `async with`",
    "events": "iterated with `async for`",
    "open_devices": "entered with `async with`",
    "record": "entered with `async with`",
    "sink_for": "a sink that is not open yet",
}
# Members of classes with twins that do not block, and are used without `await` in both faces.
STAY = {
    "ChannelStore": {"address": "known", "keys": "known", "uri": "a name"},
    "Component": {
        "attributes": "known",
        "can_submit": "a flag",
        "name": "known",
        "busy": "a look at the queue",
    },
    "ComponentStatus": dict.fromkeys(
        ["can_submit", "faults", "name", "queued", "running", "values"], "known"
    ),
    "DeviceServer": dict.fromkeys(["address", "roles", "token_file"], "known"),
    "Devices": {"close": "waits for nobody", "names": "known", "pool": "it itself is the blocking one"},
    "EventLog": {"tell": "appends to a buffer"},
    "EventStore": {"address": "known"},
    "Experiment": {
        **dict.fromkeys(["project", "store", "submissions"], "known"),
        **dict.fromkeys(
            ["configure_experiment_manager", "configure_shot_retry", "configure_storage", "interrupt"],
            "notes",
        ),
        **dict.fromkeys(
            ["register_device_extension", "register_device_server", "register_time_lane_extension"], "notes"
        ),
        **dict.fromkeys(["procedure", "storage_session"], "entered with `async with`"),
    },
    "Handle": {"role": "known"},
    "Job": dict.fromkeys(["number", "outcome", "status", "task", "units"], "known"),
    "LoadedRun": {
        **dict.fromkeys(["channels", "number", "outcome", "parameter_units", "record"], "known"),
        **dict.fromkeys(["each_array", "pieces"], "iterated with `async for`"),
    },
    "LoadedRuns": {"numbers": "known"},
    "MemorySink": {"files": "names", "samples": "a list", "spool": "a name", "target": "a name"},
    "Recording": {
        "channels": "known",
        "over": "a flag",
        "statistics": "counts",
        "stop": "sets a flag",
        "summary": "counts",
    },
    "RemoteInstrument": dict.fromkeys(["address", "connected", "role"], "known"),
    "RunServer": dict.fromkeys(["address", "serves", "token_file"], "known"),
    "Run": dict.fromkeys(
        ["address", "after", "before", "left_out", "number", "outcome", "result", "store", "worn"], "known"
    ),
    "StationConnection": {
        **dict.fromkeys(["channel_store", "event_log", "event_store"], "what it holds has a twin"),
        **dict.fromkeys(
            [
                "config",
                "instrument_server_address",
                "instrument_server_token_file",
                "instruments",
                "mock",
                "session_id",
            ],
            "known",
        ),
        "record": "entered with `async with`",
    },
    "Store": {"events": "iterated with `async for`"},
    "Submission": {
        **dict.fromkeys(
            ["error", "key", "number", "progress", "run", "sequence", "state", "unwanted"], "known"
        ),
        "interrupt": "sets a flag",
    },
}
SINK = {"files": "names", "spool": "a name", "target": "a name"}
# What is public for other parts of the package alone: of sinks for their own `write`, of runs for export, of
# submissions for who keeps the queue.
INNER = {
    "archived",
    "attend",
    "encode",
    "going",
    "header",
    "place",
    "reader",
    "refusal",
    "refused",
    "unheard",
}


def blocks(name: str) -> bool:
    value = getattr(shotlane, name)
    if not inspect.isclass(value):
        return True
    plain = issubclass(value, BaseException | Enum) or getattr(value, "_is_protocol", False)
    return not plain and name not in DATA


BLOCKING = sorted(filter(blocks, shotlane.__all__))
FUNCTIONS = [name for name in BLOCKING if inspect.isfunction(getattr(shotlane, name))]
# What public functions and properties return, and is imported by nobody.
RETURNED = {
    "ChannelStore": (sessions.ChannelStore, _sessions.ChannelStore),
    "EventLog": (sessions.EventLog, _sessions.EventLog),
    "EventStore": (sessions.EventStore, _sessions.EventStore),
    "Handle": (sessions.Handle, _sessions.Handle),
    "RemoteInstrument": (sessions.RemoteInstrument, _sessions.RemoteInstrument),
    "Store": (analysis.Store, _analysis.Store),
}
CLASSES = [*(name for name in BLOCKING if name not in FUNCTIONS), *RETURNED]


def pair(name: str) -> tuple[Any, Any]:
    """A name of both faces."""
    return RETURNED.get(name) or (getattr(shotlane, name), getattr(aio, name))


def called(function: Callable[..., Any]) -> list[tuple[object, ...]]:
    """How it is called."""
    given = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in given if one.name != "self"]


def members(kind: type) -> set[str]:
    fields = getattr(kind, "__dataclass_fields__", {})
    return {name for name in {*dir(kind), *fields} if not name.startswith("_")}


def test_both_faces_have_the_same_names() -> None:
    assert aio.__all__ == shotlane.__all__
    assert {*DATA, *MAKE} <= {*shotlane.__all__}


@pytest.mark.parametrize("name", sorted(set(shotlane.__all__) - set(BLOCKING)))
def test_what_does_not_block_is_the_same_object(name: str) -> None:
    assert getattr(aio, name) is getattr(shotlane, name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_awaited_and_called_as_its_twin(name: str) -> None:
    sync, twin = pair(name)
    assert twin is not sync
    assert called(twin) == called(sync)
    assert inspect.iscoroutinefunction(twin) == (name not in MAKE)


@pytest.mark.parametrize("name", CLASSES)
def test_what_blocks_of_a_class_is_awaited_and_called_as_its_twin(name: str) -> None:
    sync, twin = pair(name)
    assert twin is not sync
    stay = STAY.get(name) or (SINK if issubclass(sync, Sink) else {})
    for member in sorted(members(sync) - INNER):
        own = inspect.getattr_static(sync, member, None)
        if isinstance(own, property):
            told = inspect.getattr_static(twin, member).fget.__annotations__["return"]
            assert str(told).startswith("collections.abc.Awaitable") == (member not in stay), member
        elif callable(own):
            other = getattr(twin, member)
            assert called(other) == called(own), member
            assert inspect.iscoroutinefunction(other) == (member not in stay), member
        else:
            assert member in stay, member
    assert [member for member in stay if not hasattr(twin, member)] == []


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_entered_or_iterated_is_so_with_async(name: str) -> None:
    sync, twin = pair(name)
    for verb in ("enter", "exit", "next"):
        assert hasattr(sync, f"__{verb}__") == hasattr(twin, f"__a{verb}__")
    if hasattr(twin, "__enter__"):
        with pytest.raises(TypeError, match="async with"):
            twin.__enter__(None)


@pytest.mark.parametrize("name", [name for name in CLASSES if name.endswith("Sink") or name == "Experiment"])
def test_what_a_person_makes_is_made_as_its_twin(name: str) -> None:
    sync, twin = pair(name)
    assert called(twin) == called(sync)


def test_a_name_that_is_nowhere_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"shotlane\.aio"):
        aio.nothing  # noqa: B018  the access is the test
    assert set(dir(aio)) >= set(shotlane.__all__)


def test_importing_is_light() -> None:
    code = """
import shotlane, sys
assert not {"anyio", "shotlane.aio"} & set(sys.modules)
from shotlane import aio
aio.Outcome
assert not {"anyio", "polars", "numpy", "pydantic", "sqlalchemy"} & set(sys.modules)
aio.run
assert not {"polars", "trio"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
