"""The Python file of a result: read and looked at, so that a misspelt function is found before a run."""

import ast
from pathlib import PurePosixPath

from shotlane.diagnostics import Span, did_you_mean
from shotlane.document import Path
from shotlane.plan._data_file import DataFileError
from shotlane.plan._term import Compiler

CODE = "SEQ232"


def python_source(compiler: Compiler, path: Path, written: str) -> str | None:
    """Text of the file of `file.py:function`; None when it does not hold that function, which is reported."""
    file, _, name = written.rpartition(":")
    span = compiler.document.span(path)
    if PurePosixPath(file).suffix != ".py" or not name.isidentifier():
        help = "write `python: analysis.py:atom_number`"
        compiler.report.error(CODE, f"'{written}' is no function of a Python file", span, help=help)
        return None
    try:
        source = compiler.files.text(file)
    except DataFileError as error:
        help = "the path counts from the folder of the sequence"
        compiler.report.error(CODE, str(error), span, help=help)
        return None
    return source if _has_function(compiler, span, file, name, source) else None


def _has_function(compiler: Compiler, span: Span, file: str, name: str, source: str) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        what = error.msg if isinstance(error, SyntaxError) else "it cannot be read"
        compiler.report.error(CODE, f"'{file}' is not Python{where}: {what}", span)
        return False
    functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
    others = {name for item in tree.body for name in _bound_names(item)}
    if name in functions:
        return _takes_one(compiler, span, functions[name])
    if name in others:
        return True  # a class with a call, or a function that was imported or made
    help = did_you_mean(name, functions, what=f"functions of '{file}'")
    compiler.report.error(CODE, f"'{file}' has no function '{name}'", span, help=help)
    return False


def _bound_names(item: ast.stmt) -> list[str]:
    """Names that a statement at the top of a file binds, but for functions."""
    match item:
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.partition(".")[0] for alias in item.names]
        case ast.Assign():
            return [target.id for target in item.targets if isinstance(target, ast.Name)]
        case ast.ClassDef():
            return [item.name]
    return []


def _takes_one(compiler: Compiler, span: Span, function: ast.FunctionDef) -> bool:
    """Whether a function can be called with the shot alone."""
    given = function.args
    places = len(given.posonlyargs) + len(given.args)
    needed = places - len(given.defaults)
    keywords = sum(default is None for default in given.kw_defaults)
    if needed <= 1 and (places >= 1 or given.vararg is not None) and not keywords:
        return True
    message = f"{function.name}() cannot be called with one value, the readings of the shot"
    compiler.report.error(CODE, message, span, help=f"write it as `def {function.name}(shot):`")
    return False
