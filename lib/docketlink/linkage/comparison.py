"""What moved between two versions of the spine: people and pairs, at each threshold."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.spine import PERSON_COLUMNS


def compare_spines(before: DataFrame, after: DataFrame) -> DataFrame:
    """A row per ``threshold`` with counts of two versions of PERSON_SPINE.

    ================================ =====================================================================================
    records_before, records_after    records; ``records_moved`` of those in both have another person id
    people_before, people_after      people; ``people_same`` have the same records in both, whatever their id
    linked_before, linked_after      records whose person has another one
    largest_before, largest_after    records of the largest person
    pairs_before, pairs_after        pairs of records that are one person; ``pairs_kept`` are one person in both
    ================================ =====================================================================================

    People are held against each other by their records, so a renamed person has not moved. Counts only: nothing here is of one person.
    """
    return reduce(DataFrame.unionByName, [_at(threshold, column, before, after) for threshold, column in PERSON_COLUMNS.items()])


def _at(threshold: str, column: str, before: DataFrame, after: DataFrame) -> DataFrame:
    was = before.select("record_id", F.col(column).alias("was"))
    now = after.select("record_id", F.col(column).alias("now"))
    shared = was.join(now, "record_id", how="full").groupBy("was", "now").agg(F.count(F.lit(1)).alias("n"))
    of_was = shared.groupBy("was").agg(F.sum("n").alias("size_was")).dropna(subset=["was"])
    of_now = shared.groupBy("now").agg(F.sum("n").alias("size_now")).dropna(subset=["now"])
    met = shared.join(of_was, "was", how="inner").join(of_now, "now", how="inner")
    same = (F.col("n") == F.col("size_was")) & (F.col("n") == F.col("size_now"))
    between = met.agg(
        _total(F.when(F.col("was") != F.col("now"), F.col("n"))).alias("records_moved"),
        F.count(F.when(same, True)).alias("people_same"),
        _total(_pairs("n")).alias("pairs_kept"),
    )
    counted = _counted(of_was, "size_was", "before").crossJoin(_counted(of_now, "size_now", "after")).crossJoin(between)
    return counted.withColumn("threshold", F.lit(threshold))


def _counted(person: DataFrame, size: str, when: str) -> DataFrame:
    return person.agg(
        _total(F.col(size)).alias(f"records_{when}"),
        F.count(F.lit(1)).alias(f"people_{when}"),
        _total(F.when(F.col(size) > 1, F.col(size))).alias(f"linked_{when}"),
        F.coalesce(F.max(size), F.lit(0)).cast("long").alias(f"largest_{when}"),
        _total(_pairs(size)).alias(f"pairs_{when}"),
    )


def _pairs(size: str) -> Column:
    return (F.col(size) * (F.col(size) - 1) / 2).cast("long")


def _total(column: Column) -> Column:
    return F.coalesce(F.sum(column), F.lit(0)).cast("long")
