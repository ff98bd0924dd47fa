"""Plain text: ASCII capitals, single blanks, no accents. Everything that compares text starts here."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.cleaning.text import DOUBLE_LETTERS, SPACED_TABLE


def spaced(text: Column) -> Column:
    """ASCII capitals without accents, apostrophes gone, every other mark a blank but the underscore.

    Marks share the table of the accents, so that ordinary text, which is ASCII by then, meets no regular expression.
    """
    return let(
        F.translate(text, *SPACED_TABLE),
        lambda t: F.when(_is_ascii(t), t).otherwise(F.regexp_replace(_spelt_out(t), "[^A-Z0-9_ ]", " ")),
    )


def _is_ascii(text: Column) -> Column:
    return F.octet_length(text) == F.char_length(text)


def _spelt_out(text: Column) -> Column:
    for letter, pair in DOUBLE_LETTERS.items():
        text = F.replace(text, F.lit(letter), F.lit(pair))
    return text


def squeezed(text: Column) -> Column:
    """The text with single blanks and none outside; NULL when nothing is left."""
    return or_null(replaced_where("  ", F.trim(text), " {2,}", " "))


def replaced_where(needle: str, text: Column, pattern: str, replacement: str) -> Column:
    """``regexp_replace`` only where the text holds ``needle``: a search costs a tenth of a regular expression."""
    return let(text, lambda t: F.when(t.contains(needle), F.regexp_replace(t, pattern, replacement)).otherwise(t))


def words(text: Column) -> Column:
    """Letters and digits in capitals, everything else a single blank: ``words("12, St. Mary's")`` is ``12 ST MARYS``."""
    return squeezed(F.translate(spaced(text), "_", " "))


def trimmed(text: Column) -> Column:
    """The text as received without outer blanks; NULL when blank."""
    return or_null(F.trim(F.translate(text, "\t\n\r\u00a0", "    ")))


def or_null(text: Column) -> Column:
    """The text, or NULL when it is empty."""
    return F.nullif(text, F.lit(""))


def let(value: Column, body: Callable[[Column], Column]) -> Column:
    """``body(value)`` with ``value`` computed once, however often the body uses it.

    Spark writes an expression out wherever it is used: five uses within five uses make a plan of megabytes.
    """
    return F.get(F.transform(F.array(value), body), F.lit(0))
