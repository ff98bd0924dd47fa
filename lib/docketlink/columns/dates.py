"""Dates: patterns tried in order, two-digit years placed by age, placeholders removed, nothing invented."""

import re
from collections.abc import Callable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.cleaning.dates import PLACEHOLDERS
from docketlink.columns.text import let, trimmed

_TOKEN = re.compile(r"yyyy|yy|MMMM|MMM|MM|M|dd|d|HH|mm|ss|S+|'[^']*'|[A-Za-z]|.", re.DOTALL)
_SHAPES = {
    "yyyy": r"\d{4}",
    "yy": r"\d{2}",
    "MMMM": "[A-Za-z]+",
    "MMM": "[A-Za-z]{3}",
    "MM": r"\d{2}",
    "M": r"\d{1,2}",
    "dd": r"\d{2}",
    "d": r"\d{1,2}",
    "HH": r"\d{2}",
    "mm": r"\d{2}",
    "ss": r"\d{2}",
}


def shape(pattern: str) -> str:
    r"""The regular expression of texts that can follow a date pattern: ``dd/MM/yyyy`` gives ``^\d{2}/\d{2}/\d{4}$``.

    Looking first is cheap, a failed parse is an exception inside the executor, and a parser alone is too kind to
    surplus digits. Letters without a shape match anything.
    """
    parts = []
    for token in _TOKEN.findall(pattern):
        if token in _SHAPES:
            parts.append(_SHAPES[token])
        elif token.startswith("S"):
            parts.append(r"\d+")
        elif token.startswith("'") and len(token) > 1:
            parts.append(re.escape(token[1:-1]))
        else:
            parts.append(".+" if token.isalpha() else re.escape(token))
    return f"^{''.join(parts)}$"


def _has_two_digit_year(pattern: str) -> bool:
    return "yy" in pattern and "yyyy" not in pattern


def _without_time(raw: Column, patterns: Sequence[str]) -> Column:
    """The trimmed text; a time of day after the date is cut off unless a pattern expects it."""
    text = trimmed(raw)
    return text if any("H" in p for p in patterns) else F.regexp_replace(text, r"[Tt ]\d{1,2}:\d{2}.*$", "")


def _placed_by(latest: Column) -> Callable[[Column], Column]:
    """Places a date read with a two-digit year as 20YY: a century earlier where it lies after ``latest``.

    29 February 2000 has no counterpart in 1900 and is NULL then.
    """

    def placed(parsed: Column) -> Column:
        earlier = F.add_months(parsed, -1200)
        return F.when(parsed <= latest, parsed).when(F.dayofmonth(earlier) == F.dayofmonth(parsed), earlier)

    return placed


def parsed_date(raw: Column, patterns: Sequence[str], latest: Column | None = None) -> Column:
    """The date that the first fitting pattern reads, or NULL. Patterns without a day give NULL: a day is never invented.

    ``latest`` is the last date a two-digit year may mean (``2080`` otherwise); without it such patterns give NULL too.
    """
    return let(_without_time(raw, patterns), lambda text: _first_reading(text, patterns, latest))


def _first_reading(text: Column, patterns: Sequence[str], latest: Column | None) -> Column:
    readings = []
    for pattern in patterns:
        two_digits = _has_two_digit_year(pattern)
        if "d" not in pattern or (two_digits and latest is None):
            continue
        read = F.when(text.rlike(shape(pattern)), F.try_to_date(text, pattern))
        readings.append(let(read, _placed_by(latest)) if two_digits and latest is not None else read)
    return F.coalesce(*readings) if readings else F.lit(None).cast("date")


def date_text(date: Column) -> Column:
    """A date as yyyy-MM-dd."""
    return F.date_format(date, "yyyy-MM-dd")


def without_placeholder(date: Column, placeholders: Sequence[str] = PLACEHOLDERS) -> Column:
    """The date, or NULL where it is one that systems write for none."""
    return F.when(~date_text(date).isin(*placeholders), date) if placeholders else date
