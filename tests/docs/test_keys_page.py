"""The page of keys says what the models say."""

from tests.docs.keys_page import PAGE, page_text


def test_the_page_of_keys_is_in_step() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run python -m tests.docs.keys_page"
