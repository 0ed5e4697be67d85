"""Stores for what the command line reads."""

from tests.store.fixtures import postgres_server, postgres_url, sqlite_url

__all__ = ["postgres_server", "postgres_url", "sqlite_url"]
