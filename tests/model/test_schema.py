"""JSON Schemas: in step with the models, and good enough to check with."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator
from tests.model.loading import GOOD, STATION, told

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.model import KindName, check_schema_only, json_schema, write_schemas

COMMITTED = Path(__file__).parents[2] / "schemas"
KINDS: tuple[KindName, ...] = get_args(KindName)


@pytest.mark.parametrize("kind", KINDS)
def test_committed_schemas_are_in_step_with_the_models(kind: KindName, tmp_path: Path) -> None:
    write_schemas(tmp_path)
    name = f"{kind}.schema.json"
    # As data: versions of the generator differ in how they write 1.
    fresh, committed = (json.loads((folder / name).read_text("utf-8")) for folder in (tmp_path, COMMITTED))
    assert committed == fresh, "run shotlane.model.write_schemas('schemas')"


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_valid(kind: KindName) -> None:
    Draft7Validator.check_schema(json_schema(kind))


def _undescribed(schema: Any, path: str) -> list[str]:
    found = []
    for name, item in schema.get("properties", {}).items():
        if "description" not in item and "$ref" not in item:
            found.append(f"{path}.{name}")
        found += _undescribed(item, f"{path}.{name}")
    for name, item in schema.get("definitions", {}).items():
        found += _undescribed(item, name)
    return found


@pytest.mark.parametrize("kind", ["sequence", "station"])
def test_every_key_is_described(kind: KindName) -> None:
    assert _undescribed(json_schema(kind), kind) == []


def check(text: str, kind: KindName) -> Report:
    report = Report()
    document = read_text(text, "x.yaml", report)
    assert document is not None
    check_schema_only(document, kind, report)
    return report


def test_good_documents_pass() -> None:
    assert told(check(GOOD, "sequence")) == []
    assert told(check(STATION.replace(", nothing: null", ""), "station")) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("every:", "evry:", "SEQ101"),
        ("timeline:", "timelin:", "SEQ101"),
        ("- heat: 1 s", "- heat: [1 s]", "SEQ103"),
        ("until: f", "untl: f", "SEQ101"),
        ("tags: [commissioning]", "tags: commissioning", "SEQ103"),
        ("attempts: 3", "attempts: 0", "SEQ105"),
        ("then: skip", "then: skp", "SEQ105"),
        ("{at: 0 s, value: 25 degC}", "{at: 0 s}", "SEQ102"),
        ("do: tare()", "du: tare()", "SEQ101"),
        ("every: 20 ms", "every:", "SEQ104"),
        ("- soak: 2 s", "- {}", "SEQ105"),
        ("- repeat: 3", "- repeat: three", "SEQ103"),
        ("T_soak: [40 degC, 60 degC]", "T_soak: {linspac: [1, 2, 3]}", "SEQ101"),
    ],
)
def test_one_mistake_is_one_message_without_any_model(old: str, new: str, code: str) -> None:
    assert old in GOOD
    report = check(GOOD.replace(old, new, 1), "sequence")
    assert [item.code for item in report] == [code], list(report)
    line = GOOD[: GOOD.index(old)].count("\n") + 1
    assert [item.span.line for item in report if item.span] == [line]


def test_schema_check_and_loader_agree_on_the_kind_of_document() -> None:
    assert told(check(STATION, "sequence")) == [("SEQ106", "2:1")]


def test_schemas_have_stable_names() -> None:
    for kind in KINDS:
        text = json.loads((COMMITTED / f"{kind}.schema.json").read_text(encoding="utf-8"))
        assert text["$id"].endswith(f"/schemas/{kind}.schema.json")
