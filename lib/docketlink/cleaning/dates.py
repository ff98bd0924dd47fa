"""Dates: patterns tried in order, two-digit years placed by age, placeholders removed, nothing invented."""

import datetime
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from docketlink.cleaning.text import trimmed

Day = datetime.date

PLACEHOLDERS = ("1900-01-01", "1970-01-01", "1899-12-30", "1901-01-01", "9999-12-31")

_TOKEN = re.compile(r"yyyy|yy|MMMM|MMM|MM|M|dd|d|HH|H|mm|ss|S+|X+|'[^']*'|[A-Za-z]|.", re.DOTALL)
_MONTHS = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER")
_SHAPES = {
    "yyyy": "(?P<year>[0-9]{4})",
    "yy": "(?P<short_year>[0-9]{2})",
    "MMMM": "(?P<name>[A-Za-z]+)",
    "MMM": "(?P<name>[A-Za-z]{3})",
    "MM": "(?P<month>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "dd": "(?P<day>[0-9]{2})",
    "d": "(?P<day>[0-9]{1,2})",
    "HH": "(?:[01][0-9]|2[0-3])",
    "H": "(?:[01]?[0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}
_TIME = re.compile(r"[Tt ][0-9]{1,2}:[0-9]{2}.*$", re.DOTALL)
_MONTH_FORMS = (r"[0-9]{4}-(?:0[1-9]|1[0-2])(?:-00)?", r"(?:00/)?(?:0[1-9]|1[0-2])/[0-9]{4}")
_YEAR_FORMS = (r"[0-9]{4}(?:-00-00)?", r"00/00/[0-9]{4}")


class BirthDate(NamedTuple):
    """A date of birth as yyyy-MM-dd or None, and why it is missing or doubtful."""

    value: str | None
    reason: str | None


@cache
def shape(pattern: str) -> re.Pattern[str]:
    """The expression of the texts that can follow a date pattern, with its parts named."""
    parts = []
    for token in _TOKEN.findall(pattern):
        if token in _SHAPES:
            parts.append(_SHAPES[token])
        elif token.startswith("S"):
            parts.append("[0-9]+")
        elif token.startswith("X"):
            parts.append("(?:Z|[+-][0-9]{2}:?(?:[0-9]{2})?)")
        elif token.startswith("'") and len(token) > 1:
            parts.append(re.escape(token[1:-1]))
        else:
            parts.append(".+" if token.isalpha() else re.escape(token))
    return re.compile("".join(parts), re.DOTALL)


def parsed_date(raw: str | None, patterns: Sequence[str], latest: Day | None = None) -> Day | None:
    """The date that the first fitting pattern reads, or None. Patterns without a day give None: a day is never invented.

    ``latest`` is the last date a two-digit year may mean; without it such patterns give None too. A time of day after the date is
    cut off unless a pattern expects it.
    """
    text = trimmed(raw) if raw else None
    if text is None:
        return None
    if ":" in text and not any("H" in p for p in patterns):
        text = _TIME.sub("", text)
    for pattern in patterns:
        if "d" in pattern and (found := shape(pattern).fullmatch(text)) and (day := _day(found.groupdict(), latest)):
            return day
    return None


def _day(part: dict[str, str | None], latest: Day | None) -> Day | None:
    if name := part.get("name"):
        month = next((i for i, known in enumerate(_MONTHS, 1) if known.startswith(name.upper())), 0)
    else:
        month = int(part.get("month") or 1)
    short = part.get("short_year")
    if short is not None and latest is None:
        return None
    try:
        if short is None:
            return Day(int(part.get("year") or 1970), month, int(part.get("day") or 1))
        parsed = Day(2000 + int(short), month, int(part.get("day") or 1))
        # 29 February 2000 has no counterpart in 1900
        return parsed if latest is not None and parsed <= latest else parsed.replace(year=parsed.year - 100)
    except ValueError:
        return None


def without_placeholder(day: Day | None, placeholders: Sequence[str] = PLACEHOLDERS) -> Day | None:
    """The date, or None where it is one that systems write for none."""
    return None if day is None or day.isoformat() in placeholders else day


def precision(raw: str | None, complete: Day | None, patterns: Sequence[str] = ()) -> str:
    """``day`` where the complete date is known, ``month`` or ``year`` where the text holds no more, else ``unknown``.

    Beside ``patterns`` without a day it knows 1990-05, 1990-05-00, 05/1990, 00/05/1990 and 1990, 1990-00-00, 00/00/1990.
    """
    if complete is not None:
        return "day"
    text = trimmed(raw) if raw else None
    if text is None:
        return "unknown"
    partial = [p for p in patterns if "d" not in p]
    if _fits(text, _MONTH_FORMS) or any(shape(p).fullmatch(text) for p in partial if "M" in p):
        return "month"
    return "year" if _fits(text, _YEAR_FORMS) or any(shape(p).fullmatch(text) for p in partial if "M" not in p) else "unknown"


def _fits(text: str, forms: Sequence[str]) -> bool:
    return any(re.fullmatch(form, text) for form in forms)


def birth_date(
    raw: str | None,
    formats: Sequence[str],
    reference: Day,
    *,
    youngest: int = 10,
    oldest: int = 110,
    placeholders: Sequence[str] = PLACEHOLDERS,
) -> BirthDate:
    """The date of birth of a text: ``05/01/80`` is ``1980-01-05``.

    ``reference`` is the date of the event, else of the snapshot: the age there must be ``youngest`` to ``oldest`` years,
    and a two-digit year is the later one that makes the person at least ``youngest``. Reasons DOB_MISSING, DOB_FORMAT,
    DOB_PLACEHOLDER, DOB_RANGE leave no value; DOB_JAN1 keeps it, since many real birthdays hide among the defaults.
    Swapped day and month are left to scoring. Rules: domain.md 5.4.
    """
    if raw is None or trimmed(raw) is None:
        return BirthDate(None, "DOB_MISSING")
    latest = years_before(reference, youngest)
    day = parsed_date(raw, formats, latest)
    if day is None:
        return BirthDate(None, "DOB_FORMAT")
    text = day.isoformat()
    if text in placeholders:
        return BirthDate(None, "DOB_PLACEHOLDER")
    if not years_before(reference, oldest + 1) < day <= latest:  # on the earlier day the person turns oldest + 1
        return BirthDate(None, "DOB_RANGE")
    return BirthDate(text, "DOB_JAN1" if (day.month, day.day) == (1, 1) else None)


@cache
def years_before(day: Day, years: int) -> Day:
    """The same day of the year so many years earlier; 28 February for a 29th that is not there."""
    year = max(day.year - years, 1)
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) and not _is_leap(year) else day.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def reference_date(raw: str | None, snapshot: Day) -> Day:
    """The event's date where the text is a sound one not after the snapshot, else the snapshot's.

    A placeholder or a future date as reference would put true dates of birth out of range.
    """
    event = without_placeholder(parsed_date(raw, ("yyyy-MM-dd", "dd/MM/yyyy")))
    return event if event is not None and event <= snapshot else snapshot


def year_band(date_as_text: str | None, years: int = 5) -> str | None:
    """The band of years that a yyyy-MM-dd date lies in: ``1983-02-01`` in ``1980-1984``."""
    year = date_as_text[:4] if date_as_text else ""
    if not year.isdigit():
        return None
    start = int(year) - int(year) % years
    return f"{start:04d}-{start + years - 1:04d}"
