"""The rules of a source's YAML: as values for the kernels, and over rows in Spark where a rule needs other rows.

Rules over rows shuffle keys, never records, and look first for keys at fault, of which there are few; those, and the places of the
rows that have them, are broadcast.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.cleaning.text import SEPARATOR
from docketlink.columns.keys import key_part
from docketlink.config.rules import Range, Reference
from docketlink.config.source import SourceConfig
from docketlink.config.table import TableConfig
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


@dataclass(frozen=True)
class Unique:
    """Columns whose values no two rows of a table share."""

    columns: tuple[str, ...]
    rule: str
    named: str  # the column that the fault names


def unique_groups(table: TableConfig) -> list[Unique]:
    """What is unique in a table, in the order of judgement: the native key, unless it is the row's place, then the declared groups."""
    key = [] if set(table.native_key) >= set(POSITION) else [Unique(tuple(table.native_key), "DUPLICATE_KEY", "")]
    return key + [Unique(tuple(group), "DUPLICATE", ", ".join(group)) for group in table.unique]


def repeated_keys(sound: DataFrame, unique: Unique) -> DataFrame:
    """``key`` of what stands in more than one of the rows; a group in which a value is empty says nothing."""
    counted = _keyed(sound, unique).groupBy("key").agg(F.count(F.lit(1)).alias("rows"))
    return counted.where("rows > 1").select("key")


def repeats(standing: DataFrame, unique: Unique, keys: DataFrame) -> DataFrame:
    """The places of the rows that repeat a row before them, by file and ordinal, as faults; ``keys`` are those that may be repeated."""
    suspect = _keyed(standing, unique).join(F.broadcast(keys), "key", how="left_semi")
    placed = suspect.select("key", F.struct(*POSITION).alias("position"))
    first = placed.groupBy("key").agg(F.min("position").alias("first"))
    later = placed.join(first, on="key", how="inner").where(F.col("position") != F.col("first")).select("position.*")
    return _faults(later, unique.rule, unique.named)


def lost_keys(own: DataFrame, reference: Reference, there: DataFrame) -> DataFrame:
    """``key`` of what rows refer to and no row of ``there`` has. A row in which a column of the reference is empty refers to nothing."""
    named = _named(own, reference).select("key", F.lit(False).alias("is_there"))
    known = there.select(_key([*reference.on.values()]).alias("key"), F.lit(True).alias("is_there"))
    found = named.unionAll(known).groupBy("key").agg(F.max("is_there").alias("is_there"))
    return found.where(~F.col("is_there")).select("key")


def keys_gone(reference: Reference, there: DataFrame, places: DataFrame) -> DataFrame:
    """``key`` of what only rows at ``places`` of the table referred to have, which do not stand any more."""
    key = _key([*reference.on.values()]).alias("key")
    gone = there.join(F.broadcast(places.select(*POSITION)), [*POSITION], how="left_semi").select(key).distinct()
    still = without(there, places).select(key).join(F.broadcast(gone), "key", how="left_semi")
    return gone.join(F.broadcast(still), "key", how="left_anti")


def lost(standing: DataFrame, reference: Reference, keys: DataFrame) -> DataFrame:
    """The places of the rows that refer to one of the ``keys``, which no row has, as faults."""
    places = _named(standing, reference).join(F.broadcast(keys), "key", how="left_semi").select(*POSITION)
    return _faults(places, "REFERENCE", ", ".join(reference.on))


def without(rows: DataFrame, places: DataFrame | None) -> DataFrame:
    """The rows that lie elsewhere."""
    return rows if places is None else rows.join(F.broadcast(places.select(*POSITION)), [*POSITION], how="left_anti")


def at_fault(rows: DataFrame, places: DataFrame) -> DataFrame:
    """The rows at the places, with ``faults`` and ``record_text`` as rows have them whose values are at fault."""
    fault = F.array(F.struct("rule", "column")).alias("faults")
    marked = rows.join(F.broadcast(places.select(*POSITION, fault)), [*POSITION], how="inner")
    return marked.select(*rows.columns, "faults", F.lit(None).cast("string").alias("record_text"))


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


def _keyed(rows: DataFrame, unique: Unique) -> DataFrame:
    filled = rows if unique.rule == "DUPLICATE_KEY" else rows.where(_all_filled(unique.columns))
    return filled.select(_key(unique.columns).alias("key"), *POSITION)


def _named(rows: DataFrame, reference: Reference) -> DataFrame:
    return rows.where(_all_filled([*reference.on])).select(_key([*reference.on]).alias("key"), *POSITION)


def _faults(places: DataFrame, rule: str, column: str) -> DataFrame:
    return places.select(*POSITION, F.lit(rule).alias("rule"), F.lit(column).alias("column"))
