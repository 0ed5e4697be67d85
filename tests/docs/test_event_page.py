"""The page of event types says what the registry says."""

from tests.docs.event_page import PAGE, page_text


def test_the_page_is_in_step_with_the_registry() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "python -m tests.docs.event_page"
