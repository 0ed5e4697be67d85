"""What the author of a sequence wrote. Paths of the model are paths of the document; nothing is normalised.

Values that may hold an expression stay as they were written; the compiler parses them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LANGUAGE = 1

Scalar = bool | int | float | str


class Part(BaseModel):
    """Base of everything a document is made of: frozen, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class UntilStep(Part):
    """An open-ended step: it ends when its condition has held."""

    until: Scalar
    for_: Annotated[Scalar | None, Field(alias="for")] = None
    timeout: Scalar | None = None
    on_timeout: Literal["fail", "continue"] = "fail"


class AskStep(Part):
    """A step that waits for a person."""

    ask: str
    timeout: Scalar | None = None


class Point(Part):
    """A value at an offset from the start of its cell."""

    at: Scalar
    value: Scalar


class ReadAt(Part):
    """Places in a step at which a channel is read."""

    at: Scalar | list[Scalar] = "start"


class CallAt(Part):
    """A command and the place in its step at which it is sent."""

    do: str
    at: Scalar = "start"


class Lane(Part):
    """What one channel (or, for `call`, one instrument) does over the timeline."""

    set: Scalar | dict[str, Scalar | list[Point]] | None = None
    record: Scalar | dict[str, Scalar] | None = None
    read: list[str] | dict[str, ReadAt] | None = None
    call: dict[str, str | CallAt | list[str | CallAt]] | None = None
    initial: Scalar | None = None
    every: Scalar | None = None
    tolerance: Scalar | None = None
    required: bool = False
    max_missing: Scalar | None = None
    on_late: Literal["record", "fail"] | None = None
    phase: Scalar | None = None
    description: str = ""


class Ask(Part):
    """A question put to a person once, at the start of a run."""

    prompt: str
    pattern: str | None = None


class Result(Part):
    """A figure computed from the samples of a shot, with limits that make a verdict."""

    value: Scalar | None = None
    python: str | None = None
    unit: str | None = None
    low: Scalar | None = None
    high: Scalar | None = None
    equals: Scalar | None = None
    on_fail: Literal["continue", "stop"] = "continue"


class Interlock(Part):
    """A condition that ends a run."""

    when: Scalar
    for_: Annotated[Scalar | None, Field(alias="for")] = None
    blind: Scalar | None = None


class Retry(Part):
    """What happens after a fault of a shot."""

    attempts: Annotated[int, Field(ge=1)] = 1
    on: list[str] = ["timeout", "disconnected", "garbled"]
    delay: Scalar = "0 s"
    backoff: Annotated[float, Field(ge=1)] = 1.0
    budget: Annotated[int, Field(ge=0)] | None = None
    then: Literal["abort", "skip", "pause"] = "abort"


class Sequence(Part):
    """A whole sequence document."""

    language: int = LANGUAGE
    sequence: str
    description: str = ""
    station: str | None = None
    tags: list[str] = []
    include: list[str] = []
    seed: Annotated[int, Field(ge=0)] = 0
    parameters: dict[str, Any] = {}  # scalars, or nested mappings of scalars
    labels: dict[str, Scalar] = {}
    ask: dict[str, Ask] = {}
    timeline: list[dict[str, Scalar | UntilStep | AskStep]]
    lanes: dict[str, Lane] = {}
    results: dict[str, Scalar | Result] = {}
    interlocks: dict[str, Scalar | Interlock] = {}
    sweep: list[dict[str, Any]] = []  # shapes of the items: see the plan's sweep
    order: Scalar | dict[str, Scalar] | None = None
    cadence: Scalar | None = None
    retry: Retry | None = None
    on_fail: Literal["continue", "stop"] = "continue"
    between: Literal["hold", "safe"] = "hold"
    guard: bool | Literal["on", "off"] | None = None
    before: str | None = None
    after: str | None = None
