"""Counts of what values are worth: there or not, a placeholder, a value that cannot be, a code that no list knows; runs on executors."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from docketlink.cleaning.codes import spelling
from docketlink.cleaning.dates import parsed_date, without_placeholder
from docketlink.cleaning.postcodes import postcode
from docketlink.cleaning.registers import cro, pnc
from docketlink.cleaning.text import KEY_BLANKS
from docketlink.transforms.kernel_details import birth_judge
from docketlink.transforms.kernel_spec import AreaSpec, BirthSpec, DateSpec, ValueSpec
from docketlink.transforms.kernel_values import Columns, Spread, areas, without_collector

MISSING, PLACEHOLDER, INVALID, UNMAPPED = 1, 2, 4, 8  # bits of a status
BITS = {"missing": MISSING, "placeholder": PLACEHOLDER, "invalid": INVALID, "unmapped": UNMAPPED}
UNKNOWN = "unknown"
Bits = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Cell = tuple[str, str]  # a month or year, and an area
_INVALID = ("FORMAT", "RANGE", "CHECK")


@dataclass(frozen=True)
class QualitySpec:
    """The columns of a table, and by which rules each is judged; ``values`` are of postcodes, PNC ids and CRO numbers."""

    table: str
    columns: tuple[str, ...]
    period: DateSpec | None
    area: AreaSpec | None
    birth: BirthSpec | None = None
    values: tuple[tuple[str, ValueSpec], ...] = ()
    dates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    codes: tuple[tuple[str, frozenset[str]], ...] = ()
    postcode_placeholders: frozenset[str] = field(default_factory=frozenset)
    year: int = 2000


COUNTED = pa.schema(
    [
        ("table", pa.string()),
        ("column", pa.string()),
        ("period", pa.string()),
        ("area_code", pa.string()),
        *((name, pa.int64()) for name in ("rows", *BITS)),
    ]
)


def count_batches(batches: Iterator[pa.RecordBatch], spec: QualitySpec) -> Iterator[pa.RecordBatch]:
    """Rows of ``COUNTED`` that add up over tasks: of every column by year and area, and, where ``column`` is NULL, of records by month.

    What a task holds follows the months, years and areas that it meets, not its rows.
    """
    judges = [_Judge(name, spec) for name in spec.columns]
    formats = spec.period.formats if spec.period else ()
    month = Spread(lambda raw: _month(raw, formats))
    records: Counter[Cell] = Counter()
    cells: dict[Cell, Longs] = {}
    with without_collector():
        for batch in batches:
            columns = Columns(batch)
            months = month(columns.array(spec.period.column)).to_pylist() if spec.period else [UNKNOWN] * columns.rows
            places = [place or UNKNOWN for place in areas(columns, spec.area)]
            by_month, month_of = _numbered(zip(months, places, strict=True))
            records.update(dict(zip(by_month, np.bincount(month_of).tolist(), strict=True)))
            by_year, year_of = _numbered((text.partition("-")[0], place) for text, place in by_month)
            cell = year_of[month_of]
            found = np.stack([_by_cell(judge.of(columns), cell, len(by_year)) for judge in judges], axis=1)
            for key, counts in zip(by_year, found, strict=True):
                cells[key] = cells[key] + counts if key in cells else counts
    yield from _counted(spec, records, cells)


def _numbered(keys: Iterable[Cell]) -> tuple[list[Cell], Longs]:
    """The different keys as they come, and the position of each key among them."""
    number: dict[Cell, int] = {}
    position = np.array([number.setdefault(key, len(number)) for key in keys], np.int64)
    return [*number], position


def _by_cell(status: Bits, cell: Longs, cells: int) -> Longs:
    """Rows, and those with each bit of a status; shape ``(cells, 1 + bits)``."""
    some = [cell, *(cell[(status & bit) != 0] for bit in BITS.values())]
    return np.stack([np.bincount(each, minlength=cells) for each in some], axis=1)


def _counted(spec: QualitySpec, records: Counter[Cell], cells: dict[Cell, Longs]) -> Iterator[pa.RecordBatch]:
    none = np.zeros((len(records), len(BITS)), np.int64)
    by_month = np.column_stack([np.fromiter(records.values(), np.int64, len(records)), none])
    yield _batch(spec.table, [None] * len(records), [*records], by_month)
    if cells:
        keys = [key for key in cells for _ in spec.columns]
        yield _batch(spec.table, [*spec.columns] * len(cells), keys, np.concatenate([*cells.values()]))


def _batch(table: str, columns: Sequence[str | None], keys: Sequence[Cell], counts: Longs) -> pa.RecordBatch:
    texts = ([table] * len(keys), columns, [period for period, _ in keys], [area for _, area in keys])
    return pa.RecordBatch.from_arrays([*(pa.array(text, pa.string()) for text in texts), *map(pa.array, counts.T)], schema=COUNTED)


def _month(raw: str | None, formats: tuple[str, ...]) -> str:
    day = without_placeholder(parsed_date(raw, formats))
    return UNKNOWN if day is None else f"{day.year:04d}-{day.month:02d}"


class _Judge:
    """The status of one column."""

    def __init__(self, name: str, spec: QualitySpec) -> None:
        self._name = name
        self._missing = Spread(lambda raw: 0 if raw and raw.strip(KEY_BLANKS) else MISSING, pa.int32())
        self._births = birth_judge(spec.birth) if spec.birth and spec.birth.column == name else None
        rules: dict[str, Callable[[str], str | None]] = {
            "postcode": lambda raw: postcode(raw, spec.postcode_placeholders).reason,
            "pnc": lambda raw: pnc(raw, spec.year).reason,
            "cro": lambda raw: cro(raw).reason,
        }
        own = [(value, rules[kind]) for kind, value in spec.values if value.column == name]
        own += [(ValueSpec(name), partial(_date_fault, formats=formats)) for column, formats in spec.dates if column == name]
        self._rules = [(value, Spread(partial(_reason_bits, rule=rule), pa.int32())) for value, rule in own]
        lists = [known for column, known in spec.codes if column == name]
        known = lists[0] if lists else None
        self._codes = None if known is None else Spread(lambda raw: _unmapped(raw, known), pa.int32())

    def of(self, columns: Columns) -> Bits:
        """The bits of each row."""
        raw = columns.array(self._name)
        if not pa.types.is_string(raw.type):
            raw = raw.cast(pa.string())
        missing = _bits(self._missing(raw))
        reason: Bits = np.zeros(columns.rows, np.int32)
        if self._births:
            reason = np.array([_told(born.reason) for born in self._births(columns)], np.int32)
        for value, rule in self._rules:
            found = _bits(rule(raw))
            if value.where:
                found = np.where(columns.where(value.where), found, 0)
            reason = np.where(reason == 0, found, reason)
        status: Bits = missing | np.where(missing == 0, reason, 0)
        return status if self._codes is None else status | _bits(self._codes(raw))


def _bits(values: Any) -> Bits:
    found: Bits = values.to_numpy(zero_copy_only=False).astype(np.int32)
    return found


def _told(reason: str | None) -> int:
    """What a reason of cleaning means for the counts."""
    if reason is None:
        return 0
    return PLACEHOLDER if reason.endswith("PLACEHOLDER") else INVALID if reason.rpartition("_")[2] in _INVALID else 0


def _reason_bits(raw: str | None, rule: Callable[[str], str | None]) -> int:
    return _told(rule(raw)) if raw else 0


def _date_fault(raw: str, formats: tuple[str, ...]) -> str | None:
    day = parsed_date(raw, formats)
    return "DATE_FORMAT" if day is None else "DATE_PLACEHOLDER" if without_placeholder(day) is None else None


def _unmapped(raw: str | None, known: frozenset[str]) -> int:
    written = spelling(raw) if raw else None
    return 0 if written is None or written in known else UNMAPPED
