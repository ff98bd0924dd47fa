"""What a source's columns hold, by year and area: nothing, placeholders, values that cannot be, codes that no list knows."""

from collections.abc import Mapping
from datetime import date
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.columns.places import year
from docketlink.config.event import EventCode
from docketlink.config.record import Coded
from docketlink.config.source import SourceConfig
from docketlink.contracts.measures import RECONCILIATION, SOURCE_QUALITY
from docketlink.transforms.arrow import through
from docketlink.transforms.kernel_quality import BITS, COUNTED, count_batches
from docketlink.transforms.nodes import Raw
from docketlink.transforms.specs import quality_spec

_COUNTS = ("rows", *BITS, "set_aside")


def cell_counts(raw: Raw, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``table, column, period, area_code, rows, missing, placeholder, invalid, unmapped``: counts that add up, in one pass over each table.

    Of each column by year and area; where ``column`` is NULL, of the records themselves by month and area. ``raw`` are the tables of one
    snapshot. Dates, dates of birth, postcodes and register numbers are judged by the rules that standardising applies; columns that
    only arrive are counted as missing or not. Both tables below are made of it.
    """
    return reduce(DataFrame.unionAll, [_of_table(frame, name, source, snapshot_date) for name, frame in raw.items()])


def source_quality(counts: DataFrame, rejected: DataFrame, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``quality.source_quality`` of one source and snapshot, of its ``cell_counts`` and its rows of raw.rejected_row."""
    measured = counts.where(F.col("column").isNotNull()).withColumnRenamed("period", "year").withColumn("set_aside", F.lit(0).cast("long"))
    total = measured.unionByName(_set_aside(rejected)).groupBy("table", "column", "year", "area_code")
    summed = total.agg(*(F.sum(name).alias(name) for name in _COUNTS))
    return SOURCE_QUALITY.conform(
        summed.select(F.lit(source.source).alias("source"), F.lit(snapshot_date).alias("snapshot_date"), *summed.columns)
    )


def reconciliation(counts: DataFrame, rejected: DataFrame, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``quality.reconciliation`` of one source and snapshot: accepted records of its ``cell_counts``, others of ``rejected``, each once."""
    none = F.lit(0).cast("long")
    record_counts = counts.where(F.col("column").isNull())
    accepted = record_counts.select(
        "table", F.col("period").alias("month"), "area_code", F.col("rows").alias("accepted"), none.alias("set_aside")
    )
    record = rejected.select("table", "source_file", "ordinal", "month", "area_code").distinct()
    aside = record.groupBy("table", "month", "area_code").agg(none.alias("accepted"), F.count(F.lit(1)).alias("set_aside"))
    total = accepted.unionByName(aside).groupBy("table", "month", "area_code")
    summed = total.agg(F.sum("accepted").alias("accepted"), F.sum("set_aside").alias("set_aside"))
    return RECONCILIATION.conform(
        summed.select(
            F.lit(source.source).alias("source"),
            F.lit(snapshot_date).alias("snapshot_date"),
            (F.col("accepted") + F.col("set_aside")).alias("received"),
            *summed.columns,
        )
    )


def _of_table(rows: DataFrame, table: str, source: SourceConfig, snapshot_date: date) -> DataFrame:
    spec = quality_spec(source, table, snapshot_date, known_codes(table, source))
    return through(rows.select(*spec.columns), partial(count_batches, spec=spec), COUNTED)


def _set_aside(rejected: DataFrame) -> DataFrame:
    none = F.lit(0).cast("long")
    record = rejected.select("table", "column", "source_file", "ordinal", year(F.col("month")).alias("year"), "area_code").distinct()
    cell = record.groupBy("table", "column", "year", "area_code")
    return cell.agg(*(none.alias(name) for name in _COUNTS[:-1]), F.count(F.lit(1)).alias("set_aside"))


def known_codes(table: str, source: SourceConfig) -> Mapping[str, Mapping[str, str]]:
    """Coded column to the codes that any of its lists knows: a list for types of events may name but a few of them."""
    coded = [c for c in (source.record.sex, source.attributes.ethnicity) if c] if table == source.record.table else []
    for event in (event for event in source.events if event.table == table):
        coded += [c for c in (event.type, event.outcome) if isinstance(c, Coded) and not (isinstance(c, EventCode) and c.through)]
    known: dict[str, dict[str, str]] = {}
    for each in coded:
        if each.codes:
            known.setdefault(each.column, {}).update(dict.fromkeys(source.codes[each.codes], "known"))
    return known
