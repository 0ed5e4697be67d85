"""A run compiled again from the texts that it keeps, whatever lies on the disk today."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shotlane.api._origin import names_of, texts_of
from shotlane.api._past import Past
from shotlane.api._prepare import Options, Prepared, prepare_document
from shotlane.diagnostics import Report
from shotlane.document import given_texts, read_file
from shotlane.project import Project, sequence_path


def compile_texts(
    past: Past,
    report: Report,
    project: Project,
    options: Options | None = None,
    texts: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Prepared | None:
    """The run as it was; None when the report has errors. Warnings of then are not told again.

    `options`: others than those of then. `texts`: others than its own, by file. `names`: what of those
    is called as then, by file.
    """
    path = sequence_path(past.origin)
    told = Report()
    if texts is None:
        given, called = texts_of(past.origin, past.documents), names_of(past.origin)
    else:
        given, called = dict(texts), dict(names or {})
    with given_texts(given, called):
        prepared = compile_file(past, path, project, told, options)
    if prepared is None:
        for diagnostic in told:
            report.add(diagnostic)
        return None
    if texts is not None:
        return prepared
    # Under the names of then, whatever folder this is.
    files = {name: Path(file) for name, file in past.origin["files"].items()}
    before, after = (_with_files(one, files) for one in (prepared.before, prepared.after))
    return replace(prepared, documents=past.documents, files=files, before=before, after=after)


def _with_files(beside: Prepared | None, files: Mapping[str, Path]) -> Prepared | None:
    """What runs beside it, which knows the files of its own texts."""
    if beside is None:
        return None
    return replace(beside, files={name: files[name] for name in beside.documents if name in files})


def compile_file(
    past: Past, path: Path, project: Project, report: Report, options: Options | None = None
) -> Prepared | None:
    """A sequence with what the run was asked for beside it."""
    document = read_file(path, report, name=past.origin["sequence"])
    if document is None:
        return None
    return prepare_document(path, document, report, options or options_of(past), project)


def options_of(past: Past) -> Options:
    """What the run was asked for beside its file."""
    origin, environment = past.origin, past.record.environment
    return Options(
        origin["station"],
        environment["overrides"],
        origin["mock"],
        origin["virtual_time"],
        origin["confirmed"],
        origin.get("retry"),
    )
