"""Every column function that has a truth table in tests/data."""

from collections.abc import Callable

from docketlink.columns import text

Truth = Callable[..., None]


def test_words_are_letters_and_digits_with_single_blanks(truth_table: Truth) -> None:
    truth_table("words", text.words)
