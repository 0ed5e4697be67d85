"""A password of a database is shown nowhere, whatever marks are in it and however it is written."""

import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import URL

import shotlane
from shotlane.acquisition import PostgresConfig
from shotlane.api._git import without_secrets
from shotlane.cli import main
from shotlane.store import StoreError
from shotlane.store._address import parse_address
from shotlane.store._error import scrub

# Its ends are found whatever becomes of the middle.
MARKS = "ab09@/%:?#&=+ '\"\\;,$*[]{}()<>~é☃"
PASSWORDS = st.text(MARKS, max_size=12).map(lambda middle: f"s3sa{middle}me7x")
# As somebody types it who does not know what is to be encoded.
TYPED = st.text(MARKS.replace(" ", ""), max_size=12).map(lambda middle: f"s3sa{middle}me7x")


def url_with(password: str) -> str:
    url = URL.create("postgresql+psycopg", "lab", password, "db.example", 5432, "records")
    return url.render_as_string(hide_password=False)


def shows(text: str) -> bool:
    return "s3sa" in text or "me7x" in text


@given(password=PASSWORDS)
def test_an_address_does_not_show_it(password: str) -> None:
    addresses = [
        parse_address(url_with(password)),
        parse_address(f"postgresql://lab@db.example/records?password={quote_plus(password)}"),
        parse_address(f"postgresql://lab@db.example/records?sslpassword={quote_plus(password)}&password=x"),
    ]
    for address in addresses:
        assert not shows(address.shown + repr(address) + str(address))
        assert password in address.secrets


@given(password=PASSWORDS)
@example(password="s3sa\\'me7x")
def test_a_text_of_a_driver_does_not_show_it(password: str) -> None:
    conninfo = pytest.importorskip("psycopg.conninfo")
    texts = [
        f"cannot connect: {url_with(password)}",
        f"invalid dsn: {conninfo.make_conninfo(host='h', password=password)}",
        f"bad parameters: {{'password': {password!r}}}",
        f"bad parameters: {json.dumps({'password': password})}",
        f"bad query: ?password={quote_plus(password)}&user={quote(password, safe='')}",
    ]
    secrets = parse_address(url_with(password)).secrets
    assert [text for text in texts if shows(scrub(text, secrets))] == []


@given(password=PASSWORDS, typed=TYPED)
def test_texts_of_the_project_do_not_show_it(password: str, typed: str) -> None:
    for url in (url_with(password), f"postgresql://lab:{typed}@db.example/records"):
        for text in (f"+store: {url}  # ours\n", f'url = "{url}"\n', json.dumps({"store": url})):
            told = without_secrets(text)
            assert not shows(told)
            assert ("://lab:***@db.example" in told) or "\\" in text
    query = f"store: postgresql://db.example/records?password={quote_plus(password)}&user=lab"
    assert without_secrets(query) == "store: postgresql://db.example/records?password=***&user=lab"


@pytest.mark.parametrize(
    "text",
    [
        "see http://localhost:8080/users/@me",
        "https://registry.example:4873/@scope/package/-/package-1.0.tgz",
        '{"broker": "tcp://10.0.0.1:1883", "mail": "ada@example.org"}',
        '{"broker":"tcp://10.0.0.1:1883","mail":"ada@example.org"}',
        "x @ git+ssh://git@example.com/x.git@v1",
    ],
)
def test_what_is_no_password_is_left_alone(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("typed", ["s3@me", "s3@me/7x", "s3/@me", "s3@?me"])
def test_an_address_whose_password_is_cut_is_refused_without_repeating_it(typed: str) -> None:
    url = f"postgresql://lab:{typed}@db.example/records"
    with pytest.raises(StoreError, match=r"more than one @.*%40") as caught:
        parse_address(url)
    assert "s3" not in str(caught.value)
    pytest.importorskip("psycopg")
    with pytest.raises(ValueError, match="more than one @") as refused:
        PostgresConfig(dsn=url).target()
    assert "s3" not in str(refused.value)


SLIPS = [
    "postgresql:/lab:s3sa/me7x@db.example:5432/records",
    "postgresql//lab:s3same7x@db.example/records",
    "postgresql:lab:s3same7x@db.example",
    "postgresql+psycopg:/lab:s3same7x@db.example/records",
    "//lab:s3same7x@db.example/records",
    "lab:s3same7x@db.example:5432/records",
    "lab:s3same7x@127.0.0.1:5432",
    "lab@db.example/records",
]


@pytest.mark.parametrize("slip", SLIPS)
def test_what_is_nearly_the_address_of_a_server_becomes_no_file(slip: str) -> None:
    with pytest.raises(
        StoreError, match=r"neither a file's nor a server's.*postgresql://USER@HOST"
    ) as caught:
        parse_address(slip)
    assert not shows(str(caught.value))
    assert parse_address(f"./{slip}").sqlite
    assert parse_address(Path(slip)).sqlite


@pytest.mark.parametrize(
    "name", ["runs.db", "~/runs.db", "data/a:b@c.db", "postgres.db", "C:\\lab\\a@b.db", "x@y.db"]
)
def test_names_of_files_are_taken(name: str) -> None:
    assert parse_address(name).sqlite


@given(password=PASSWORDS, typed=TYPED)
def test_an_address_in_a_wrong_place_is_told_without_it(password: str, typed: str) -> None:
    for url in (url_with(password), f"postgresql://lab:{typed}@db.example/records"):
        for call in (shotlane.load, lambda url: shotlane.load(url, "3"), shotlane.verify):
            with pytest.raises(shotlane.ArchiveError) as caught:
                call(url)
            assert not shows(f"{caught.value} {caught.value.message} {caught.value.help}")


@pytest.mark.parametrize(
    "words",
    [
        ["show", "URL"],
        ["check", "URL"],
        ["archive", "URL", "x"],
        ["verify", "URL"],
        ["resume", "URL"],
        ["events", "URL"],
        ["db", "info", "URL"],
        ["run", "URL"],
        ["run", "x", "-s", "URL"],
        ["run", "x", "-p", "URL"],
    ],
)
@pytest.mark.parametrize("slashes", ["://", ":/"])
def test_the_command_line_does_not_repeat_it(
    words: list[str],
    slashes: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"postgresql{slashes}lab:s3same7x@db.example/records"
    with suppress(SystemExit):
        assert main([url if word == "URL" else word for word in words]) != 0
    told = capsys.readouterr()
    assert not shows(told.out + told.err)
