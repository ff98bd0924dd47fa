"""What changed between two versions of the spine, record by record, and the way back from it."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.tables import PERSON_LINEAGE

PERSON_COLUMNS = {"high": "person_id_high", "medium": "person_id", "low": "person_id_low"}


def lineage_between(before: DataFrame, after: DataFrame, *, spine_version: int) -> DataFrame:
    """PERSON_LINEAGE: one row per record and threshold whose person is another one than before; nothing for the others.

    ``before`` and ``after`` are PERSON_SPINE, of which ``record_id``, the three persons and ``link_status`` are read. The change
    says what became of the two persons:

    ======= ============================================================================================
    create  a new record, and a person who was not there before
    move    a new record with a person who was there; or a record that went from one person to another,
            both of whom were there before and are there now
    merge   the person before is there no more: the record went to one who was
    split   the person before goes on without the record, which went to a person who was not there before
    retire  the record is there no more
    ======= ============================================================================================

    The reason is the record's own: ``new_record``, ``deleted_record`` (gone, or marked as deleted), else ``new_evidence``.
    """
    was = before.select("record_id", *(F.col(name).alias(f"from_{name}") for name in PERSON_COLUMNS.values()))
    now = after.select("record_id", *PERSON_COLUMNS.values(), (F.col("link_status") == "deleted").alias("is_deleted"))
    pair = [
        F.struct(F.lit(threshold).alias("threshold"), F.col(f"from_{name}").alias("from_person_id"), F.col(name).alias("to_person_id"))
        for threshold, name in PERSON_COLUMNS.items()
    ]
    changed = (
        was.join(now, "record_id", how="full")
        .select("record_id", "is_deleted", F.explode(F.array(*pair)).alias("pair"))
        .where(~F.col("pair.from_person_id").eqNullSafe(F.col("pair.to_person_id")))
        .select("record_id", "is_deleted", "pair.*")
        # few rows from many, and asked three times
        .localCheckpoint(eager=False)
    )
    was_there = _there(before, changed, "to_person_id").select("*", F.lit(True).alias("to_was_there"))
    is_there = _there(after, changed, "from_person_id").select("*", F.lit(True).alias("from_is_there"))
    judged = changed.join(was_there, ["threshold", "to_person_id"], how="left").join(is_there, ["threshold", "from_person_id"], how="left")
    return PERSON_LINEAGE.conform(
        judged.select(
            "record_id",
            "threshold",
            F.lit(spine_version).cast("long").alias("spine_version"),
            "from_person_id",
            "to_person_id",
            _change().alias("change"),
            _reason().alias("reason"),
        )
    )


def replay(before: DataFrame, person_lineage: DataFrame) -> DataFrame:
    """``(record_id, person_id_high, person_id, person_id_low)`` of the version that the lineage leads to from ``before``.

    ``person_lineage`` holds the rows of one spine version; a record is in the result when it has a person at every threshold.
    """
    stacked = [
        before.select("record_id", F.lit(t).alias("threshold"), F.col(name).alias("person_id")) for t, name in PERSON_COLUMNS.items()
    ]
    step = person_lineage.select("record_id", "threshold", "to_person_id", F.lit(True).alias("has_changed"))
    after = reduce(DataFrame.unionByName, stacked).join(step, ["record_id", "threshold"], how="full")
    person = F.when(F.col("has_changed"), F.col("to_person_id")).otherwise(F.col("person_id"))
    wide = [F.max(F.when(F.col("threshold") == t, person)).alias(name) for t, name in PERSON_COLUMNS.items()]
    return after.groupBy("record_id").agg(*wide).dropna(subset=[*PERSON_COLUMNS.values()])


def _there(spine: DataFrame, changed: DataFrame, column: str) -> DataFrame:
    """Which persons of the changed rows' ``column`` a version of the spine has."""
    each = [F.struct(F.lit(t).alias("threshold"), F.col(name).alias(column)) for t, name in PERSON_COLUMNS.items()]
    person = spine.select(F.explode(F.array(*each)).alias("person")).select("person.*")
    return person.join(changed.select("threshold", column), ["threshold", column], how="left_semi").distinct()


def _change() -> Column:
    is_new, has_left = F.col("from_person_id").isNull(), F.col("to_person_id").isNull()
    to_was_there, from_is_there = F.col("to_was_there").isNotNull(), F.col("from_is_there").isNotNull()
    return (
        F.when(is_new & ~to_was_there, "create")
        .when(is_new, "move")
        .when(has_left, "retire")
        .when(~from_is_there, "merge")
        .when(~to_was_there, "split")
        .otherwise("move")
    )


def _reason() -> Column:
    return (
        F.when(F.col("from_person_id").isNull(), "new_record")
        .when(F.col("to_person_id").isNull() | F.col("is_deleted"), "deleted_record")
        .otherwise("new_evidence")
    )
