"""What changed between two versions of the spine, record by record, and the way back from it."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.spine import PERSON_COLUMNS, PERSON_LINEAGE


def causes(record_now: DataFrame, record_then: DataFrame | None, decided_now: DataFrame, decided_then: DataFrame) -> DataFrame:
    """``(record_id, cause)``: ``override`` for the ends of decisions that were made, changed or withdrawn, ``changed_record`` for other
    records that linking sees otherwise than it did.

    The frames are PERSON_RECORD and decisions in force, as they are and as they were when persons were last assigned; where the records
    of then are no longer known (None), none of them is found to have changed.
    """
    nothing = record_now.where(F.lit(False)).select("record_id", F.lit("").alias("cause"))
    seen = ["record_id", "record_version", "link_status"]
    changed = nothing
    if record_then is not None:
        was = record_then.select("record_id", F.struct(*seen[1:]).alias("was"))
        changed = record_now.select("record_id", F.struct(*seen[1:]).alias("now")).join(was, "record_id", how="inner")
        changed = changed.where(F.col("now") != F.col("was")).select("record_id", F.lit("changed_record").alias("cause"))
    pair = ["record_id_l", "record_id_r", "kind"]
    now, then = decided_now.select(*pair), decided_then.select(*pair)
    moved = now.exceptAll(then).unionByName(then.exceptAll(now))
    override = moved.select(F.explode(F.array(*pair[:2])).alias("record_id")).distinct().withColumn("cause", F.lit("override"))
    return override.unionByName(changed.join(override.select("record_id"), "record_id", how="left_anti"))


def lineage_between(
    before: DataFrame,
    after: DataFrame,
    person_cluster: DataFrame,
    why: DataFrame | None = None,
    *,
    spine_version: int,
    otherwise: str = "new_evidence",
) -> DataFrame:
    """PERSON_LINEAGE: one row per record and threshold whose person is another one than before; nothing for the others.

    ``before`` and ``after`` are PERSON_SPINE, of which ``record_id``, the three persons and ``link_status`` are read;
    ``person_cluster`` tells the strongest edge of a record inside its cluster of now. The change says what became of the two persons:

    ======= ============================================================================================
    create  a new record, and a person who was not there before
    move    a new record with a person who was there; or a record that went from one person to another,
            both of whom were there before and are there now
    merge   the person before is there no more: the record went to one who was
    split   the person before goes on without the record, which went to a person who was not there before
    retire  the record is there no more
    ======= ============================================================================================

    The reason is the record's own where it has one: ``new_record``, ``deleted_record`` (gone, or marked as deleted), then its cause in
    ``why`` (``record_id, cause``). A record that moved, though nothing about it changed, moved for what changed beside it: a decision on a
    record that was or is with it gives ``override``; all else is ``otherwise``.
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
    edge = person_cluster.select(
        "record_id", "threshold", F.col("best_record_id").alias("deciding_record_id"), F.col("best_match_weight").alias("deciding_weight")
    )
    judged = _with_cause(judged.join(edge, ["record_id", "threshold"], how="left"), before, after, why)
    return PERSON_LINEAGE.conform(
        judged.select(
            "record_id",
            "threshold",
            F.lit(spine_version).cast("long").alias("spine_version"),
            "from_person_id",
            "to_person_id",
            _change().alias("change"),
            _reason(otherwise).alias("reason"),
            "deciding_record_id",
            "deciding_weight",
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
    person = _persons(spine).withColumnRenamed("person_id", column)
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


def _with_cause(changed: DataFrame, before: DataFrame, after: DataFrame, why: DataFrame | None) -> DataFrame:
    """The changed rows with ``cause``: of the record, else ``override`` where a decision touched one of the two persons."""
    if why is None:
        return changed.withColumn("cause", F.lit(None).cast("string"))
    decided = why.where(F.col("cause") == "override").select("record_id")
    touched = _persons(before.join(decided, "record_id", how="left_semi")).unionByName(
        _persons(after.join(decided, "record_id", how="left_semi"))
    )
    mark = touched.distinct().withColumn("touched", F.lit(True))
    for side in ("from_person_id", "to_person_id"):
        of = mark.select("threshold", F.col("person_id").alias(side), F.col("touched").alias(f"touched_{side}"))
        changed = changed.join(of, ["threshold", side], how="left")
    beside = F.when(F.coalesce("touched_from_person_id", "touched_to_person_id"), F.lit("override"))
    return changed.join(why, "record_id", how="left").withColumn("cause", F.coalesce("cause", beside))


def _persons(spine: DataFrame) -> DataFrame:
    each = [F.struct(F.lit(t).alias("threshold"), F.col(name).alias("person_id")) for t, name in PERSON_COLUMNS.items()]
    return spine.select(F.explode(F.array(*each)).alias("person")).select("person.*")


def _reason(otherwise: str) -> Column:
    return (
        F.when(F.col("from_person_id").isNull(), "new_record")
        .when(F.col("to_person_id").isNull() | F.col("is_deleted"), "deleted_record")
        .otherwise(F.coalesce("cause", F.lit(otherwise)))
    )
