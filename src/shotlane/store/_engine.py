"""Engines of SQLAlchemy as each side needs them. A writer never waits for ever: every wait has an end."""

import logging
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from shotlane.store._address import Address
from shotlane.store._error import StoreError
from shotlane.store._sqlite import WAIT_S, check_place, connect_reader, connect_writer
from shotlane.store._watch import STALL


def writer_engine(address: Address, wait_s: float = WAIT_S) -> Engine:
    """Engine whose connections write durably; a lock is waited for at most `wait_s`."""
    if not address.sqlite:
        return _postgres(address, wait_s)
    check_place(address)
    engine = create_engine("sqlite://", poolclass=NullPool, creator=lambda: connect_writer(address, wait_s))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def reader_engine(address: Address, wait_s: float = WAIT_S) -> Engine:
    """Engine whose connections cannot write and hold no snapshot between statements."""
    if not address.sqlite:
        return _postgres(address, wait_s).execution_options(isolation_level="AUTOCOMMIT")
    if not address.file.is_file():
        raise StoreError(f"there is no store {address.shown}", "the first run makes it")
    return create_engine("sqlite://", poolclass=NullPool, creator=lambda: connect_reader(address, wait_s))


def _postgres(address: Address, wait_s: float) -> Engine:
    given = address.url.query
    options: dict[str, Any] = {
        "application_name": "shotlane",
        "connect_timeout": max(2, int(wait_s)),
        "options": f"-c lock_timeout={int(wait_s * 1e3)} -c statement_timeout={int(wait_s * STALL * 1e3)}",
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "tcp_user_timeout": int(wait_s * 3e3),
    }
    wanted = {name: value for name, value in options.items() if name not in given}
    try:
        engine = create_engine(address.url, poolclass=NullPool, connect_args=wanted, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise StoreError(f"no driver for {address.shown}", 'pip install "shotlane[postgres]"') from error
    event.listen(engine, "connect", _prepare_postgres)
    # What it tells of a connection that broke goes to the log of who keeps one, and not between our lines.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    # A server set up to acknowledge before the disk has it would break what a commit means here.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()
