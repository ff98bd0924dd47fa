"""What a value must be: text that decodes, no control characters, the declared type, filled where required; runs on executors.

Regular expressions see whole columns; only values that they leave in doubt (a 29 February, a 31st) are looked at one by one.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.cleaning.text import KEY_BLANKS
from docketlink.sources.kernel_spec import ColumnSpec

Longs = npt.NDArray[np.int64]

# RE2 syntax. A carriage return is part of a line end or a control character.
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?:[^\n]|$)"
_DIGITS = r"^\s*[0-9]+\s*$"
_DECIMAL = r"^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*$"
_TIMESTAMP_FORMATS = tuple(
    f"yyyy-MM-dd{separator}HH:mm{rest}" for separator in ("'T'", " ") for rest in ("", ":ss", ":ssX", ":ss.S", ":ss.SX")
)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TOKEN = re.compile(r"yyyy|yy|MMM|MM|M|dd|d|HH|H|mm|ss|S+|X+|'[^']*'|[^A-Za-z']")
_PARTS = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<year>[0-9]{2})",
    "MMM": rf"(?P<month>(?i:{_MONTHS}))",
    "MM": r"(?P<month>0[1-9]|1[0-2])",
    "M": r"(?P<month>0?[1-9]|1[0-2])",
    "dd": r"(?P<day>0[1-9]|[12][0-9]|3[01])",
    "d": r"(?P<day>0?[1-9]|[12][0-9]|3[01])",
    "HH": "(?:[01][0-9]|2[0-3])",
    "H": "(?:[01]?[0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}
_SURE = {"yyyy": "[1-9][0-9]{3}", "dd": "(?:0[1-9]|1[0-9]|2[0-8])", "d": "(?:0?[1-9]|1[0-9]|2[0-8])"}


@dataclass(frozen=True)
class Found:
    """Rows of a batch at which a rule found fault with a column."""

    rows: Longs
    rule: str
    column: str


def check_column(column: ColumnSpec, values: Any) -> tuple[Any, list[Found]]:
    """The column as text, undecodable values NULL, and what is wrong with it. ``values`` is a binary or string array."""
    text, undecodable = _decoded(values)
    found = [Found(undecodable, "ENCODING", column.name)]
    if _may_hold_control(text):
        found.append(Found(_rows(pc.match_substring_regex(text, _CONTROL)), "CONTROL_CHARACTER", column.name))
    if column.type != "text":
        found.append(Found(_of_other_type(column, text), "TYPE", column.name))
    if column.required:
        missing = _rows(pc.invert(_filled(text)))
        found.append(Found(np.setdiff1d(missing, undecodable), "REQUIRED", column.name))
    return text, [f for f in found if len(f.rows)]


def _rows(mask: Any) -> Longs:
    rows: Longs = np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))
    return rows


def _filled(text: Any) -> Any:
    return pc.fill_null(pc.greater(pc.binary_length(pc.utf8_trim(text, characters=KEY_BLANKS)), 0), False)


def _decoded(values: Any) -> tuple[Any, Longs]:
    try:
        text = values.cast(pa.string())
        if text.type == values.type:  # then the cast has looked at nothing
            text.validate(full=True)
    except pa.ArrowInvalid:
        pieces = values.cast(pa.binary()).to_pylist()
        bad = [i for i, piece in enumerate(pieces) if piece is not None and not _decodes(piece)]
        for i in bad:
            pieces[i] = None
        return pa.array(pieces, pa.binary()).cast(pa.string()), np.array(bad, np.int64)
    return text, np.array([], np.int64)


def _decodes(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _may_hold_control(text: Any) -> bool:
    """Whether the bytes hold anything below a space but tabs and line feeds; spares most columns the search."""
    buffer = text.buffers()[2]
    if buffer is None or not buffer.size:
        return False
    byte = np.frombuffer(buffer, np.uint8)
    low = byte[byte < 32]
    return bool(((low != 9) & (low != 10)).any())


def _of_other_type(column: ColumnSpec, text: Any) -> Longs:
    patterns, is_valid = _type_rule(column.type, column.formats)
    doubtful = _rows(pc.invert(pc.match_substring_regex(text, patterns)))
    if len(doubtful):
        doubtful = doubtful[_filled(text.take(pa.array(doubtful))).to_numpy(zero_copy_only=False)]
    if is_valid is None or not len(doubtful):
        return doubtful
    coded = text.take(pa.array(doubtful)).dictionary_encode()
    wrong = np.array([not is_valid(value) for value in coded.dictionary.to_pylist()], bool)
    rows: Longs = doubtful[wrong[coded.indices.to_numpy()]]
    return rows


@cache
def _type_rule(kind: str, formats: tuple[str, ...]) -> tuple[str, Callable[[str], bool] | None]:
    """A pattern of values that are surely right, and the judge of the others; None where the pattern decides."""
    if kind == "digits":
        return _DIGITS, None
    if kind == "decimal":
        return _DECIMAL, None
    every = formats + (_TIMESTAMP_FORMATS if kind == "timestamp" else ())
    surely = "|".join(_pattern(each, _SURE) for each in every)
    exact = _exact_patterns(kind, formats)
    return rf"^\s*(?:{re.sub(r'[(][?]P<[a-z]+>', '(?:', surely)})\s*$", lambda value: _is_date(value.strip(), exact)


def _pattern(date_format: str, sure: dict[str, str]) -> str:
    parts, position = [], 0
    while position < len(date_format):
        token = _TOKEN.match(date_format, position)
        if token is None:
            raise ValueError(f"date pattern '{date_format}' has a letter that is not supported")
        parts.append(_part(token.group(), sure))
        position = token.end()
    return "".join(parts)


def _part(token: str, sure: dict[str, str]) -> str:
    if token in sure:
        return sure[token]
    if token in _PARTS:
        return _PARTS[token]
    if token.startswith("S"):
        return "[0-9]{1,9}"
    if token.startswith("X"):
        return "(?:Z|[+-][0-9]{2}:?[0-9]{2})"
    return re.escape(token.strip("'") if len(token) > 1 else token)


def _is_date(value: str, patterns: list[re.Pattern[str]]) -> bool:
    return any(match and _day_of(match) for match in (pattern.fullmatch(value) for pattern in patterns))


def read_day(value: str, kind: str, formats: tuple[str, ...]) -> datetime.date | None:
    """The day that the first fitting format reads, or None; None as well for a year of two digits, whose century nobody wrote."""
    for pattern in _exact_patterns(kind, formats):
        match = pattern.fullmatch(value.strip())
        if match and (day := _day_of(match)):
            return day if len(match.groupdict().get("year", "")) == 4 else None
    return None


@cache
def _exact_patterns(kind: str, formats: tuple[str, ...]) -> list[re.Pattern[str]]:
    every = formats + (_TIMESTAMP_FORMATS if kind == "timestamp" else ())
    return [re.compile(_pattern(each, {}), re.ASCII) for each in every]


def _day_of(match: re.Match[str]) -> datetime.date | None:
    part = {"day": "1", "month": "1", "year": "2000", **match.groupdict()}
    month = part["month"]
    number = int(month) if month.isdigit() else _MONTHS.lower().split("|").index(month.lower()) + 1
    year = int(part["year"]) + (2000 if len(part["year"]) == 2 else 0)  # of 1900 and 2000, 2000 has a 29 February
    try:
        return datetime.date(year, number, int(part["day"]))
    except ValueError:
        return None
