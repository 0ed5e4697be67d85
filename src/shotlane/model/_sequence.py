"""What the author of a sequence wrote. Paths of the model are paths of the document; nothing is normalised.

Values that may hold an expression stay as they were written; the compiler parses them. Keys that are not
available yet stand here too, so that they are refused as such and not as unknown.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema
from pydantic.config import JsonDict

from shotlane.model._axis import SWEEP_ITEM
from shotlane.model._lane import Lane
from shotlane.model._part import LANGUAGE, Part, Scalar


class UntilStep(Part):
    """An open-ended step: it ends when its condition has held."""

    until: Scalar = Field(
        description="The condition that ends the step.",
        examples=["abs(furnace.temperature - T_soak) < 1 K"],
    )
    for_: Scalar | None = Field(
        None,
        alias="for",
        description="How long it must hold without a break.",
        examples=["10 s"],
    )
    timeout: Scalar | None = Field(
        None,
        description="Longest time to wait.",
        examples=["5 min"],
    )
    on_timeout: Literal["fail", "continue"] = Field(
        "fail",
        description="`fail` ends the attempt as failed, `continue` goes on with the next step.",
    )


class AskStep(Part):
    """A step that waits for a person."""

    ask: str = Field(
        description="What the person is asked to do.",
        examples=["Insert the sample."],
    )
    timeout: Scalar | None = Field(
        None,
        description="Longest time to wait.",
        examples=["30 min"],
    )


class Ask(Part):
    """A question put to a person once, at the start of a run."""

    prompt: str = Field(
        description="The question.",
        examples=["Serial number of the unit?"],
    )
    pattern: str | None = Field(
        None,
        description="Regular expression that the answer must match.",
        examples=["[A-Z]{2}[0-9]+"],
    )


class Result(Part):
    """A figure computed from the samples of a shot, with limits that make a verdict."""

    value: Scalar | None = Field(
        None,
        description="Expression over the samples.",
        examples=["mean(furnace.temperature, soak)"],
    )
    python: str | None = Field(
        None,
        description="A Python function of the samples instead.",
        examples=["analysis.py:atom_number"],
    )
    unit: str | None = Field(
        None,
        description="Unit of the figure.",
        examples=["K"],
    )
    low: Scalar | None = Field(
        None,
        description="Lowest value that passes.",
    )
    high: Scalar | None = Field(
        None,
        description="Highest value that passes.",
    )
    equals: Scalar | None = Field(
        None,
        description="The only value that passes.",
    )
    on_fail: Literal["continue", "stop"] = Field(
        "continue",
        description="`stop` ends the sweep when the verdict is false.",
    )


class Interlock(Part):
    """A condition that ends a run."""

    when: Scalar = Field(
        description="The condition.",
        examples=["furnace.temperature > 200 degC"],
    )
    for_: Scalar | None = Field(
        None,
        alias="for",
        description="How long it must hold to count.",
        examples=["10 s"],
    )
    blind: Scalar | None = Field(
        None,
        description="How long its channels may give no valid reading; default 5 s.",
        examples=["5 s"],
    )


class Retry(Part):
    """What happens after a fault of a shot."""

    attempts: int = Field(
        1,
        ge=1,
        description="How often a shot is tried, the first try included.",
    )
    on: list[str] = Field(
        ["timeout", "disconnected", "garbled"],
        description="Retried after: timeout, disconnected, garbled, refused, rejected, missed, late,"
        " no-value, verdict, result, or a driver's own.",
        examples=[["timeout", "disconnected", "garbled"]],
    )
    delay: Scalar = Field(
        "0 s",
        description="Wait before the first retry.",
        examples=["0.2 s"],
    )
    backoff: float = Field(
        1.0,
        ge=1,
        allow_inf_nan=False,
        description="The delay grows by this factor each time.",
    )
    budget: int | None = Field(
        None,
        ge=0,
        description="Most retries in a run.",
    )
    wait: Scalar = Field(
        "0 s",
        description="How long an instrument that does not answer is waited for, safe, before `then` applies.",
        examples=["1 h"],
    )
    then: Literal["abort", "skip", "pause"] = Field(
        "abort",
        description="After the last attempt: end the run, go on with the next shot, or wait for a person.",
    )


_PARAMETERS = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [{"type": ["boolean", "number", "string"]}, {"type": "object"}],
    },
}
_ORDER = {
    "anyOf": [
        {"enum": ["as_written", "snake"]},
        {
            "type": "object",
            "properties": {"shuffle": {"type": "integer", "description": "Seed of the shuffle."}},
            "required": ["shuffle"],
            "additionalProperties": False,
        },
    ],
}


def _one_step_each(schema: JsonDict) -> None:
    items = schema["items"]
    assert isinstance(items, dict)
    items.update(minProperties=1, maxProperties=1)


class Sequence(Part):
    """A whole sequence: what the instruments do over time in one shot, and what varies between shots."""

    language: int = Field(
        LANGUAGE,
        ge=1,
        description="Version of the language this document is written in.",
    )
    sequence: str = Field(
        description="Name of the sequence.",
        examples=["furnace-ramp"],
    )
    description: str = Field(
        "",
        description="Free text for people; it is stored with every run.",
    )
    station: str | None = Field(
        None,
        description="Name of the station it runs on, unless another is given.",
        examples=["demo"],
    )
    tags: list[str] = Field(
        [],
        description="Words to find runs by.",
        examples=[["commissioning"]],
    )
    include: list[str] = Field(
        [],
        description="Files whose parts are merged in; this file wins.",
        examples=[["common/furnace.yaml"]],
    )
    seed: int = Field(
        0,
        ge=0,
        description="Seed of simulated noise and of random sweeps.",
    )
    parameters: Annotated[dict[str, Any], WithJsonSchema(_PARAMETERS)] = Field(
        {},
        description="Named values: expressions with units, also of each other. Nesting makes dotted names.",
        examples=[{"T_soak": "60 degC", "rate": "40 K/s", "heat_time": "(T_soak - 25 degC) / rate"}],
    )
    labels: dict[str, Scalar] = Field(
        {},
        description="Named texts, swept like parameters.",
        examples=[{"gas": "He"}],
    )
    ask: dict[str, Ask] = Field(
        {},
        description="Labels that a person is asked for once, at the start of a run.",
    )
    timeline: list[dict[str, Scalar | UntilStep | AskStep]] = Field(
        json_schema_extra=_one_step_each,
        description="The steps of every shot, in order from t = 0: one `- name: duration` each.",
        examples=[[{"baseline": "0.2 s"}, {"heat": "(T_soak - T_base) / rate"}, {"soak": "soak_time"}]],
    )
    lanes: dict[str, Lane] = Field(
        {},
        description="What each channel (`role.attribute`) does over the timeline; a role alone for `call`.",
        examples=[{"furnace.temperature": {"record": "50 Hz"}}],
    )
    results: dict[str, Scalar | Result] = Field(
        {},
        description="Figures computed from the samples of each shot.",
        examples=[{"T_mean": "mean(furnace.temperature, soak)"}],
    )
    interlocks: dict[str, Scalar | Interlock] = Field(
        {},
        description="Conditions that end the run.",
        examples=[{"too_hot": "furnace.temperature > 200 degC"}],
    )
    sweep: Annotated[list[dict[str, Any]], WithJsonSchema({"type": "array", "items": SWEEP_ITEM})] = Field(
        [],
        description="What varies from shot to shot, outermost axis first.",
        examples=[[{"T_soak": ["40 degC", "60 degC"]}, {"flow": {"linspace": ["10 sccm", "30 sccm", 3]}}]],
    )
    order: Annotated[Scalar | dict[str, Scalar] | None, WithJsonSchema(_ORDER)] = Field(
        None,
        description="Order of the shots: as_written, snake, or {shuffle: SEED}.",
    )
    cadence: Scalar | None = Field(
        None,
        description="Time from the start of one shot to the next.",
        examples=["10 s"],
    )
    retry: Retry | None = Field(
        None,
        description="What happens after a fault of a shot.",
    )
    on_fail: Literal["continue", "stop"] = Field(
        "continue",
        description="`stop` ends the sweep at the first failed shot.",
    )
    between: Literal["hold", "safe"] = Field(
        "hold",
        description="Between shots, values hold or the safe state is applied.",
    )
    guard: bool | Literal["on", "off"] | None = Field(
        None,
        description="`off`: no guard process that makes the instruments safe should the runner be killed.",
    )
    before: str | None = Field(
        None,
        description="A sequence to run once before.",
        examples=["purge.yaml"],
    )
    after: str | None = Field(
        None,
        description="A sequence to run once after, but not after an abort.",
    )
