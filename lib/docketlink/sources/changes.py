"""Snapshots one after another: how much one differs from the one before it, and the newest row of each key over all of them."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.keys import key_part
from docketlink.columns.text import trimmed

_ROWS = ""  # stands for the rows themselves: a column of one value


def changes(before: DataFrame, now: DataFrame, columns: Sequence[str]) -> DataFrame:
    """``column, rows_before, rows_now, distance``: a row for each of ``columns``, and one with an empty column for the rows alone.

    ``distance`` is the total variation distance of the shares of values, empty ones among them: half the sum of the differences,
    0 when all values keep their shares, 1 when no value or no row is left. Only counts of values are shuffled.
    """
    sides = [_values(frame, columns).withColumn("is_now", F.lit(side)) for side, frame in enumerate((before, now))]
    cell = reduce(DataFrame.unionByName, sides).groupBy("column", "value")
    counted = cell.agg(F.count_if(F.col("is_now") == 0).alias("before"), F.count_if(F.col("is_now") == 1).alias("now"))
    total = counted.groupBy("column").agg(F.sum("before").alias("rows_before"), F.sum("now").alias("rows_now"))
    apart = F.abs(F.try_divide("before", "rows_before") - F.try_divide("now", "rows_now"))
    # as decimals: a sum of doubles follows the order of the rows
    return (
        counted.join(F.broadcast(total), "column", how="inner")
        .groupBy("column", "rows_before", "rows_now")
        .agg(F.coalesce((F.sum(apart.cast("decimal(38,12)")) / 2).cast("double"), F.lit(1.0)).alias("distance"))
    )


def newest_rows(rows: DataFrame, native_key: Sequence[str]) -> DataFrame:
    """Of the rows of one native key that of the newest snapshot; all rows where their place is their key."""
    if {"source_file", "ordinal"} <= {*native_key}:
        return rows
    newest_first = Window.partitionBy(*(key_part(name) for name in native_key)).orderBy(
        F.col("snapshot_date").desc(), "source_file", "ordinal"
    )
    return rows.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")


def _values(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    cells = [F.struct(F.lit(_ROWS).alias("column"), F.lit("").alias("value"))]
    cells += [F.struct(F.lit(c).alias("column"), F.coalesce(trimmed(F.col(f"`{c}`")), F.lit("")).alias("value")) for c in columns]
    return rows.select(F.explode(F.array(*cells)).alias("cell")).select("cell.*")
