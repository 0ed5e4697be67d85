"""The page of the catalogue says what the documents say."""

from tests.docs.catalogue_page import PAGE, page_text


def test_the_page_of_the_catalogue_is_in_step() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run python -m tests.docs.catalogue_page"
