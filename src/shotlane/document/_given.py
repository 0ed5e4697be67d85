"""Texts in place of files: what a run was made from, whatever lies on the disk today.

While texts are given there is no other file: what is not among them does not exist, so that no document of
today is mixed into a run of yesterday. They count for the thread that gave them.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path as FilePath
from types import MappingProxyType

_GIVEN: ContextVar[Mapping[str, str] | None] = ContextVar("given", default=None)
_NAMES: ContextVar[Mapping[str, str]] = ContextVar("names", default=MappingProxyType({}))


@contextmanager
def given_texts(texts: Mapping[str, str], names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Let these be all files there are. Keys are absolute paths; of the catalogue `catalogue/NAME.yaml`.

    `names`: what messages and records call a file, by its absolute path; of the others it is the path.
    """
    named = {key if key.startswith("catalogue/") else os.path.realpath(key): texts[key] for key in texts}
    called = {os.path.realpath(key): name for key, name in (names or {}).items()}
    tokens = _GIVEN.set(named), _NAMES.set(called)
    try:
        yield
    finally:
        _GIVEN.reset(tokens[0])
        _NAMES.reset(tokens[1])


def are_given() -> bool:
    """Whether texts stand for files now."""
    return _GIVEN.get() is not None


def given_text(path: FilePath) -> str | None:
    """The text that stands for a file; None when there is no such."""
    texts = _GIVEN.get()
    if texts is None:
        return None
    try:
        return texts.get(os.path.realpath(path))
    except ValueError:  # a NUL in the path
        return None


def given_name(path: FilePath) -> str | None:
    """What a file is called whose text is given; None when nothing is said of it."""
    try:
        return _NAMES.get().get(os.path.realpath(path))
    except ValueError:  # a NUL in the path
        return None


def given_in_catalogue(name: str) -> str | None:
    """The text that stands for one of the catalogue, `catalogue/NAME.yaml`; None when there is no such."""
    texts = _GIVEN.get()
    return None if texts is None else texts.get(name)
