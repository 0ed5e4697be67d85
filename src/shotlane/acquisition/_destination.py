"""Where samples shall go, as a person writes it: the path of a file, or the address of a database.

The ending of a path says the kind of file. No text that is made here holds a password.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from shotlane.acquisition._parquet_sink import ParquetSink
from shotlane.acquisition._postgres_config import PostgresConfig
from shotlane.acquisition._postgres_sink import PostgresSink
from shotlane.acquisition._rotation import Paths, Rotation
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._sqlite_sink import SqliteSink
from shotlane.acquisition._text_sinks import CsvSink, JsonLinesSink
from shotlane.diagnostics import did_you_mean

_KINDS: Final[dict[str, type[CsvSink | JsonLinesSink | ParquetSink | SqliteSink]]] = {
    ".csv": CsvSink,
    ".jsonl": JsonLinesSink,
    ".ndjson": JsonLinesSink,
    ".parquet": ParquetSink,
    ".db": SqliteSink,
    ".sqlite": SqliteSink,
    ".sqlite3": SqliteSink,
}
_POSTGRES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_FORM: Final = "write sqlite:///PATH or postgresql://USER@HOST/DATABASE"


def sink_for(where: str | Path, *, append: bool = False, rotation: Rotation | None = None) -> Sink:
    """The sink for `out.csv`, `.jsonl`, `.parquet`, `.db`, or the address of a database; not yet open.

    An address may end in `?table=NAME`, and of PostgreSQL in `&schema=NAME`; a table that is missing there is
    made. Raises `ValueError` for what cannot be meant, and `FileExistsError` for a file that is there, unless
    `append`.
    """
    address = urlsplit(where) if isinstance(where, str) and "://" in where else None
    if address is not None and address.scheme in _POSTGRES:
        if rotation is not None:
            raise ValueError("a rotation is for files; a database keeps everything in its table")
        return _postgres(address)
    if address is not None and address.scheme != "sqlite":
        raise ValueError(f"no database is known by '{address.scheme}://'; {_FORM}")
    path, table = (Path(where), None) if address is None else _sqlite(address)
    there = Paths(path, rotation).now
    if there.exists() and not append:
        raise FileExistsError(f"{there} is there already")
    if table is not None:
        return SqliteSink(path, rotation=rotation, table=table)
    return _kind(path)(path, rotation=rotation)


def _kind(path: Path) -> type[CsvSink | JsonLinesSink | ParquetSink | SqliteSink]:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        ending = f"ending '{path.suffix}' is unknown" if path.suffix else "it has no ending"
        raise ValueError(
            f"what kind of file '{path.name}' shall be cannot be told: {ending}; write .csv, .jsonl, .parquet"
            " or .db"
        )
    return kind


def _sqlite(address: SplitResult) -> tuple[Path, str]:
    # As SQLAlchemy has it: three slashes before a relative path, four before an absolute one.
    path, options = address.path[1:], dict(parse_qsl(address.query))
    if address.netloc or not path:
        raise ValueError(f"the address of a SQLite file is sqlite:///PATH; {_FORM}")
    for name in options:
        if name != "table":
            raise ValueError(f"a SQLite file has no option '{name}'; {did_you_mean(name, ['table'])}")
    return Path(path), options.get("table", "samples")


def _postgres(address: SplitResult) -> PostgresSink:
    given = parse_qsl(address.query)
    own = {name: text for name, text in given if name in ("table", "schema")}
    rest = urlencode([(name, text) for name, text in given if name not in own])
    dsn = address._replace(scheme="postgresql", query=rest).geturl()
    config = PostgresConfig(dsn=dsn, create_table=True, **own)  # type: ignore[arg-type]  # texts only
    with suppress(ModuleNotFoundError):  # the sink says so when it is opened
        _ = config.target()  # read here, so that a mistake in it is told before anything is opened
    return PostgresSink(config)
