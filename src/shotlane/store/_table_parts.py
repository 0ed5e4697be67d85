"""What tables are made of: keys that the runner makes, times, texts, and what came of an exchange."""

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, SmallInteger, Text

metadata = MetaData()

# SQLite makes a column the row's own key only when it is spelt INTEGER.
KEY = BigInteger().with_variant(Integer, "sqlite")


def key(name: str) -> "Column[int]":
    """Part of a primary key."""
    return Column(name, KEY, primary_key=True, autoincrement=False)


def time(name: str) -> "Column[int]":
    """Nanoseconds that may be unknown."""
    return Column(name, BigInteger)


def text(name: str, *, nullable: bool = True) -> "Column[str]":
    """Text of any length."""
    return Column(name, Text, nullable=nullable)


def answered() -> "tuple[Column[Any], ...]":
    """What came of an exchange: its value, whether it was in time, and what the instrument really said."""
    return (
        Column("value", Double),
        text("text"),
        Column("status", SmallInteger, nullable=False),
        text("raw"),
    )
