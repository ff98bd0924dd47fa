"""What a source promises of its values and rows beyond type and key; rows that break a promise are set aside."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from docketlink.config.base import Frozen

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SNAPSHOT_DAY = re.compile(r"snapshot(?:\s*[+-]\s*\d+ days?)?")
_TYPES_WITH_RANGE = ("digits", "decimal", "date", "timestamp")


def _known_to_re2(pattern: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        raise ValueError(f"'{pattern}' is no regular expression of RE2, which knows no look-around and no back-references") from None
    return pattern


def _as_written(bound: object) -> object:
    """YAML makes numbers and dates of what is not quoted."""
    return str(bound) if isinstance(bound, int | float | date) and not isinstance(bound, bool) else bound


Pattern = Annotated[str, AfterValidator(_known_to_re2)]
Bound = Annotated[str, BeforeValidator(_as_written)]


class Range(Frozen):
    """The least and the greatest value that a column may hold, both included."""

    least: Bound | None = Field(default=None, description="A number; or a date: yyyy-MM-dd, snapshot, snapshot - 30 days.")
    greatest: Bound | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.least is None and self.greatest is None:
            raise ValueError("a range needs least or greatest")
        return self

    def faults(self, kind: str) -> Iterator[str]:
        """What is wrong with the range of a column of this type."""
        if kind not in _TYPES_WITH_RANGE:
            yield f"has a range, which needs one of the types {', '.join(_TYPES_WITH_RANGE)}"
            return
        for bound in filter(None, (self.least, self.greatest)):
            if kind in ("digits", "decimal"):
                if not _NUMBER.fullmatch(bound):
                    yield f"has the range bound '{bound}', which is no number"
            elif not _SNAPSHOT_DAY.fullmatch(bound) and not _is_day(bound):
                yield f"has the range bound '{bound}', which is neither yyyy-MM-dd nor 'snapshot', 'snapshot + 30 days'"


class Reference(Frozen):
    """A row of another table that must be there: each ``on`` pair is own column to column of ``table``."""

    table: str
    on: dict[str, str] = Field(min_length=1)


class _Column(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def range(self) -> Range | None: ...
    @property
    def one_of(self) -> tuple[str, ...] | str | None: ...


class _Table(Protocol):
    @property
    def native_key(self) -> tuple[str, ...]: ...
    @property
    def unique(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def references(self) -> tuple[Reference, ...]: ...
    @property
    def columns(self) -> Mapping[str, _Column]: ...
    def kept_columns(self) -> Mapping[str, _Column]: ...


def rule_faults(tables: Mapping[str, _Table], codes: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the rules of a source: names that lead nowhere, ranges without order, references in circles."""
    for name, table in tables.items():
        kept = table.kept_columns()
        for column_name, column in table.columns.items():
            where = f"table {name}: column '{column_name}'"
            yield from (f"{where} {fault}" for fault in (column.range.faults(column.type) if column.range else ()))
            if isinstance(column.one_of, str) and column.one_of not in codes:
                yield f"{where} has one_of '{column.one_of}', which codes does not list; a single value is written ['{column.one_of}']"
        for group in table.unique:
            yield from (f"table {name}: unique names '{c}', a column that it does not keep" for c in group if c not in kept)
        for reference in table.references:
            yield from (f"table {name}: references names '{c}', a column that it does not keep" for c in reference.on if c not in kept)
            target = tables.get(reference.table)
            if target is None:
                yield f"table {name} refers to '{reference.table}', which is not a table of this source"
            else:
                known = target.kept_columns()
                yield from (f"table {reference.table} keeps no column '{c}'" for c in reference.on.values() if c not in known)
    if circle := _circle(tables):
        yield f"references lead in a circle: {' to '.join(circle)}"


def reference_order(tables: Mapping[str, _Table]) -> list[str]:
    """The tables, each after those that it refers to; a table may refer to itself."""
    done: list[str] = []
    while waiting := [name for name in tables if name not in done]:
        ready = [name for name in waiting if {r.table for r in tables[name].references} - {name} <= {*done}]
        done += ready or waiting  # a circle never gets here: the configuration refuses it
    return done


def _circle(tables: Mapping[str, _Table]) -> list[str]:
    for start in tables:
        paths = [[start]]
        while paths:
            path = paths.pop()
            for target in {r.table for r in tables[path[-1]].references if r.table in tables and r.table != path[-1]}:
                if target == start:
                    return [*path, start]
                if target not in path:
                    paths.append([*path, target])
    return []


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
