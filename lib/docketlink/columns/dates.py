"""Dates: patterns tried in order, two-digit years placed by age, placeholders removed, nothing invented."""

import re
from collections.abc import Callable, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.text import let, trimmed

PLACEHOLDERS = ("1900-01-01", "1970-01-01", "1899-12-30", "1901-01-01", "9999-12-31")
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


def precision(raw: Column, complete: Column, patterns: Sequence[str] = ()) -> Column:
    """``day`` where the complete date is known, ``month`` or ``year`` where the text holds no more, else ``unknown``.

    Beside ``patterns`` without a day it knows 1990-05, 1990-05-00, 05/1990, 00/05/1990 and 1990, 1990-00-00, 00/00/1990.
    """
    text = trimmed(raw)
    month = [r"^\d{4}-(0[1-9]|1[0-2])(-00)?$", r"^(00/)?(0[1-9]|1[0-2])/\d{4}$"]
    year = [r"^\d{4}(-00-00)?$", r"^00/00/\d{4}$"]
    month += [shape(p) for p in patterns if "d" not in p and "M" in p]
    year += [shape(p) for p in patterns if "d" not in p and "M" not in p]
    return (
        F.when(complete.isNotNull(), F.lit("day"))
        .when(text.rlike("|".join(month)), F.lit("month"))
        .when(text.rlike("|".join(year)), F.lit("year"))
        .otherwise(F.lit("unknown"))
    )


def birth_date(
    raw: Column,
    formats: Sequence[str],
    reference: Column,
    *,
    youngest: int = 10,
    oldest: int = 110,
    placeholders: Sequence[str] = PLACEHOLDERS,
) -> Column:
    """``value, reason`` of a date of birth: ``05/01/80`` is ``1980-01-05``.

    ``reference`` is the date of the event, else of the snapshot: the age there must be ``youngest`` to ``oldest`` years,
    and a two-digit year is the later one that makes the person at least ``youngest``. Reasons DOB_MISSING, DOB_FORMAT,
    DOB_PLACEHOLDER, DOB_RANGE leave no value; DOB_JAN1 keeps it, since many real birthdays hide among the defaults.
    Swapped day and month are left to scoring. Rules: domain.md 5.4.
    """
    latest = F.add_months(reference, -12 * youngest)
    earliest = F.add_months(reference, -12 * (oldest + 1))  # on this day the person turns oldest + 1
    missing = trimmed(raw).isNull()

    def judged(date: Column) -> Column:
        blanked = (
            F.when(missing, F.lit("DOB_MISSING"))
            .when(date.isNull(), F.lit("DOB_FORMAT"))
            .when(date_text(date).isin(*placeholders) if placeholders else F.lit(False), F.lit("DOB_PLACEHOLDER"))
            .when(~date.between(F.date_add(earliest, 1), latest), F.lit("DOB_RANGE"))
        )
        doubtful = F.when((F.month(date) == 1) & (F.dayofmonth(date) == 1), F.lit("DOB_JAN1"))
        return F.struct(F.when(blanked.isNull(), date_text(date)).alias("value"), F.coalesce(blanked, doubtful).alias("reason"))

    return let(parsed_date(raw, formats, latest), judged)


def birth_date_canonical(raw: Column, formats: Sequence[str], reference: Column, **limits: int) -> Column:
    """The date of birth as yyyy-MM-dd, or NULL."""
    return birth_date(raw, formats, reference, youngest=limits.get("youngest", 10), oldest=limits.get("oldest", 110)).getField("value")


def birth_date_reason(raw: Column, formats: Sequence[str], reference: Column, **limits: int) -> Column:
    """Why a date of birth is missing or doubtful, or NULL."""
    return birth_date(raw, formats, reference, youngest=limits.get("youngest", 10), oldest=limits.get("oldest", 110)).getField("reason")


def reference_date(raw: Column | None, snapshot: Column) -> Column:
    """The event's date where the text is a sound one not after the snapshot, else the snapshot's.

    A placeholder or a future date as reference would put true dates of birth out of range.
    """
    if raw is None:
        return snapshot
    event = without_placeholder(parsed_date(raw, ("yyyy-MM-dd", "dd/MM/yyyy")))
    return F.when(event <= snapshot, event).otherwise(snapshot)


def year_band(date_as_text: Column, years: int = 5) -> Column:
    """The band of years that a yyyy-MM-dd date lies in: ``1983-02-01`` in ``1980-1984``."""
    year = F.substring(date_as_text, 1, 4).try_cast("int")
    start = year - F.pmod(year, F.lit(years))
    return F.concat(F.lpad(start.cast("string"), 4, "0"), F.lit("-"), F.lpad((start + (years - 1)).cast("string"), 4, "0"))
