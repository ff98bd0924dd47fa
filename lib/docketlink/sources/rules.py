"""The rules of a source's YAML: as values for the kernels, and over rows in Spark where a rule needs other rows.

Rules over rows shuffle keys and places, never records; the places of rows at fault are broadcast.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.keys import SEPARATOR, key_part
from docketlink.config.rules import Range, Reference
from docketlink.config.source import SourceConfig, TableConfig
from docketlink.sources.kernel_rules import folded
from docketlink.sources.kernel_spec import ValueRule

POSITION = ("source_file", "ordinal")
_OFFSET = re.compile(r"snapshot\s*([+-])\s*(\d+) days?")


def value_rules(source: SourceConfig, table: TableConfig, snapshot_date: date) -> dict[str, ValueRule]:
    """Column to its rule, for columns that have one; bounds that name the snapshot are dates of this one."""
    rules = {}
    for name, column in table.kept_columns().items():
        listed = column.one_of
        values = tuple(sorted({folded(code) for code in source.codes[listed]})) if isinstance(listed, str) else listed or ()
        least, greatest = _bounds(column.range, snapshot_date)
        if column.pattern or least or greatest or values:
            rules[name] = ValueRule(column.pattern or "", least, greatest, values, folded=isinstance(listed, str))
    return rules


def mark_duplicates(parsed: DataFrame, table: TableConfig) -> DataFrame:
    """``parsed`` with a fault on sound rows that repeat a sound row before them, by file and ordinal; that first one stays.

    DUPLICATE_KEY where it is the native key, then DUPLICATE for each unique group, among the rows that stand so far; a group in
    which a value is empty says nothing.
    """
    marked = parsed
    if not set(table.native_key) >= set(POSITION):
        marked = _marked(marked, _repeated(marked.where(is_sound()), table.native_key), "DUPLICATE_KEY", "")
    for group in table.unique:
        filled = marked.where(is_sound()).where(_all_filled(group))
        marked = _marked(marked, _repeated(filled, group), "DUPLICATE", ", ".join(group))
    return marked


def mark_lost(parsed: DataFrame, table: TableConfig, others: Mapping[str, DataFrame]) -> DataFrame:
    """``parsed`` with the fault REFERENCE on sound rows that name a row which is not among the sound rows of its table.

    ``others`` are the parsed rows of the tables referred to, marked before; of its own table a row sees those sound so far. A row
    in which a column of the reference is empty refers to nothing.
    """
    marked = parsed
    for reference in table.references:
        there = others.get(reference.table, parsed).where(is_sound())
        marked = _marked(marked, _lost(marked, reference, there), "REFERENCE", ", ".join(reference.on))
    return marked


def is_sound() -> Column:
    """Whether no fault was found with the row."""
    return F.size("faults") == 0


def _bounds(bounds: Range | None, snapshot_date: date) -> tuple[str, str]:
    return (_bound(bounds.least, snapshot_date), _bound(bounds.greatest, snapshot_date)) if bounds else ("", "")


def _bound(bound: str | None, snapshot_date: date) -> str:
    if bound is None or not bound.startswith("snapshot"):
        return bound or ""
    offset = _OFFSET.fullmatch(bound)
    days = int(offset[2]) * (1 if offset[1] == "+" else -1) if offset else 0
    return (snapshot_date + timedelta(days=days)).isoformat()


def _key(columns: Sequence[str]) -> Column:
    return F.concat_ws(SEPARATOR, *(key_part(name) for name in columns))


def _all_filled(columns: Sequence[str]) -> Column:
    filled = F.lit(True)
    for name in columns:
        filled = filled & (F.coalesce(key_part(name), F.lit("")) != "")
    return filled


def _repeated(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The places of rows that repeat the columns of a row before them."""
    keyed = rows.select(_key(columns).alias("key"), F.struct(*POSITION).alias("position"))
    first = keyed.groupBy("key").agg(F.min("position").alias("first"), F.count(F.lit(1)).alias("rows")).where("rows > 1")
    return keyed.join(first, on="key", how="inner").where(F.col("position") != F.col("first")).select("position.*")


def _lost(rows: DataFrame, reference: Reference, there: DataFrame) -> DataFrame:
    """The places of sound rows whose reference leads nowhere."""
    own = rows.where(is_sound()).where(_all_filled([*reference.on]))
    known = there.select(_key([*reference.on.values()]).alias("key"))
    return own.select(_key([*reference.on]).alias("key"), *POSITION).join(known, on="key", how="left_anti").select(*POSITION)


def _marked(parsed: DataFrame, places: DataFrame, rule: str, column: str) -> DataFrame:
    fault = F.struct(F.lit(rule).alias("rule"), F.lit(column).alias("column"))
    at_fault = places.select(*POSITION, F.lit(True).alias("is_at_fault"))
    return parsed.join(F.broadcast(at_fault), on=list(POSITION), how="left").select(
        *(name for name in parsed.columns if name not in ("faults", "record_text")),
        F.when(F.col("is_at_fault"), F.array(fault)).otherwise(F.col("faults")).alias("faults"),
        "record_text",
    )
