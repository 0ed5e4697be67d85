from pathlib import Path

import pytest

from shotlane.store import StoreError, default_store_url, open_reader
from shotlane.store._address import parse_address


def test_a_path_means_the_sqlite_file_there(tmp_path: Path) -> None:
    for store in (tmp_path / "lab.db", str(tmp_path / "lab.db"), f"sqlite:///{tmp_path}/lab.db"):
        address = parse_address(store)
        assert address.sqlite
        assert address.file == tmp_path / "lab.db"
        assert address.shown == str(tmp_path / "lab.db")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgres_means_psycopg(scheme: str) -> None:
    assert parse_address(f"{scheme}://lab@host/db").url.drivername == "postgresql+psycopg"


def test_a_password_is_never_shown() -> None:
    for url in ("postgresql://lab:s3cr3t@host/db", "postgresql://lab@host/db?password=s3cr3t"):
        address = parse_address(url)
        assert "s3cr3t" not in repr(address) + str(address) + address.shown
        assert address.secrets == ("s3cr3t",)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="a store needs a file"):
        parse_address(url)


def test_another_database_is_refused() -> None:
    with pytest.raises(StoreError, match="a store cannot live in `mysql`"):
        parse_address("mysql://host/db")


def test_an_unreadable_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(StoreError) as caught:
        open_reader("postgresql://lab:s3cr3t@host:port:9/db")
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_default_store_lies_in_the_data_folder_of_the_project(tmp_path: Path) -> None:
    url = default_store_url(tmp_path, create=False)
    assert not (tmp_path / "data").exists()
    assert default_store_url(tmp_path) == url == f"sqlite:///{tmp_path}/data/shotlane.db"
    assert (tmp_path / "data").is_dir()


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        default_store_url(tmp_path)
