"""What a value must be beyond its type: the declared pattern, range and list of values; runs on executors.

As in kernel_checks, expressions over whole columns clear what is surely right; only distinct values that they leave in doubt are
looked at one by one. Empty values keep every rule, and so do values that another rule has set aside already.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.cleaning.text import KEY_BLANKS
from docketlink.sources.kernel_checks import Found, Longs, read_day
from docketlink.sources.kernel_spec import ColumnSpec, ValueRule

_ISO = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_PLAIN_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"
_LAST_DAY = "9999-12-31"
_TURNED = {
    "dd/MM/yyyy": (r"^([0-9]{2})/([0-9]{2})/([0-9]{4})$", r"\3-\2-\1"),
    "dd-MM-yyyy": (r"^([0-9]{2})-([0-9]{2})-([0-9]{4})$", r"\3-\2-\1"),
    "dd.MM.yyyy": (r"^([0-9]{2})\.([0-9]{2})\.([0-9]{4})$", r"\3-\2-\1"),
    "timestamp": (r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9].*$", r"\1"),
    "yyyyMMdd": (r"^([0-9]{4})([0-9]{2})([0-9]{2})$", r"\1-\2-\3"),
}
_MARKS = re.compile("[\u0300-\u036f]")


def check_rule(column: ColumnSpec, text: Any, found: Sequence[Found]) -> list[Found]:
    """Rows whose value breaks the rule of the column: PATTERN, RANGE, CODE. ``found`` are those with which fault was found before."""
    rule = column.rule
    if rule is None:
        return []
    trimmed = pc.utf8_trim(text, characters=KEY_BLANKS)
    trimmed = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    broken = []
    if rule.pattern:
        broken.append(Found(_rows_not(pc.match_substring_regex(trimmed, f"^(?:{rule.pattern})$")), "PATTERN", column.name))
    if rule.least or rule.greatest:
        of_other_type = [f.rows for f in found if f.rule == "TYPE"]
        outside = _out_of_range(column, rule, trimmed)
        broken.append(Found(np.setdiff1d(outside, np.concatenate([np.array([], np.int64), *of_other_type])), "RANGE", column.name))
    if rule.one_of:
        broken.append(Found(_of_no_list(rule, trimmed), "CODE", column.name))
    return [f for f in broken if len(f.rows)]


def folded(value: str) -> str:
    """The value as a list of codes compares it: capitals without accents, single blanks."""
    return " ".join(_MARKS.sub("", unicodedata.normalize("NFKD", value)).upper().split())


def _rows_not(sure: Any) -> Longs:
    """Rows that are FALSE; those without a value are NULL and none of them."""
    rows: Longs = np.flatnonzero(pc.fill_null(pc.invert(sure), False).to_numpy(zero_copy_only=False))
    return rows


def _judged(trimmed: Any, doubtful: Longs, is_right: Callable[[str], bool]) -> Longs:
    """Those of the doubtful rows whose value is not right; each distinct value is looked at once."""
    if not len(doubtful):
        return doubtful
    coded = trimmed.take(pa.array(doubtful)).dictionary_encode()
    wrong = np.array([not is_right(value) for value in coded.dictionary.to_pylist()], bool)
    rows: Longs = doubtful[wrong[coded.indices.to_numpy()]]
    return rows


def _of_no_list(rule: ValueRule, trimmed: Any) -> Longs:
    doubtful = _rows_not(_among(trimmed, rule.one_of))
    if not rule.folded:
        return doubtful
    known = {folded(value) for value in rule.one_of}
    return _judged(trimmed, doubtful, lambda value: folded(value) in known)


def _among(trimmed: Any, values: Sequence[str]) -> Any:
    """Whether each value is among ``values``; NULL for none."""
    return pc.if_else(pc.is_null(trimmed), pa.scalar(None, pa.bool_()), pc.is_in(trimmed, value_set=pa.array(values, pa.string())))


def _out_of_range(column: ColumnSpec, rule: ValueRule, trimmed: Any) -> Longs:
    if column.type in ("digits", "decimal"):
        return _numbers_out_of_range(rule, trimmed)
    least, greatest = rule.least, rule.greatest or _LAST_DAY
    day = _as_iso(trimmed, "timestamp" if column.type == "timestamp" else column.formats[0])
    sure = pc.and_(pc.match_substring_regex(day, _ISO), pc.and_(pc.greater_equal(day, least), pc.less_equal(day, greatest)))

    def is_right(value: str) -> bool:
        read = read_day(value, column.type, column.formats)
        return read is None or least <= read.isoformat() <= greatest

    return _judged(trimmed, _rows_not(sure), is_right)


def _numbers_out_of_range(rule: ValueRule, trimmed: Any) -> Longs:
    least, greatest = float(rule.least or "-inf"), float(rule.greatest or "inf")
    plain = pc.match_substring_regex(trimmed, _PLAIN_NUMBER)
    number = pc.if_else(plain, trimmed, pa.scalar(None, pa.string())).cast(pa.float64())
    inside = pc.fill_null(pc.and_(pc.greater_equal(number, least), pc.less_equal(number, greatest)), False)
    sure = pc.if_else(pc.is_null(trimmed), pa.scalar(None, pa.bool_()), inside)
    return _judged(trimmed, _rows_not(sure), lambda value: _inside(value, least, greatest))


def _inside(value: str, least: float, greatest: float) -> bool:
    try:
        return least <= float(value) <= greatest
    except ValueError:
        return True  # of another type: not for this rule to say


def _as_iso(trimmed: Any, date_format: str) -> Any:
    """Dates of a fixed width turned to yyyy-MM-dd, so that text compares as dates do; others as they are."""
    turned = _TURNED.get(date_format)
    return trimmed if turned is None else pc.replace_substring_regex(trimmed, turned[0], turned[1])
