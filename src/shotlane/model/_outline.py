"""What a model knows at a place of a document: which keys, and what is said of them.

Places are walked over annotations; where an annotation has alternatives, all of them are followed.
"""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from shotlane.document import Path
from shotlane.model._part import Part


def parts_at(model: type[Part], path: Path) -> list[type[Part]]:
    """The models that may describe the mapping at a path."""
    annotations: list[Any] = [model]
    for step in path:
        annotations = [inner for outer in annotations for inner in _step(outer, step)]
    return [item for outer in annotations for item in _alternatives(outer) if _is_part(item)]


def keys_of(part: type[Part]) -> dict[str, FieldInfo]:
    """Fields by the key they are written under."""
    return {field.alias or name: field for name, field in part.model_fields.items()}


def known_keys(model: type[Part], path: Path, part: str | None = None) -> dict[str, str]:
    """Keys that can stand in the mapping at a path, with descriptions; only those of `part` if named."""
    found = parts_at(model, path)
    chosen = [item for item in found if item.__name__ == part] or found
    return {key: field.description or "" for item in chosen for key, field in keys_of(item).items()}


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Part)


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for inner in get_args(annotation):
            yield from _alternatives(inner)
    elif annotation is not NoneType:
        yield annotation


def _step(annotation: Any, step: str | int) -> Iterator[Any]:
    for inner in _alternatives(annotation):
        if _is_part(inner):
            field = keys_of(inner).get(str(step))
            if field is not None:
                yield field.annotation
        elif get_origin(inner) is dict and isinstance(step, str):
            yield get_args(inner)[1]
        elif get_origin(inner) is list and isinstance(step, int):
            yield get_args(inner)[0]
