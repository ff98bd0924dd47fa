"""What becomes of every true pair of a linkage stage: could it be known at all, did blocking reach it, was it put together.

Recall over all true pairs mixes three things: records that hold too little to be linked by anyone, pairs that no blocking rule
brings together, and pairs that scoring lets go. Here they are told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.config.settings import Stage
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.spine import PERSON_COLUMNS

METHOD = "all true pairs of the stage counted; no sampling"


@dataclass(frozen=True)
class StageKeys:
    """A stage with ``record_id, keys array<long>``: the key of each blocking rule in order, NULL where the record has none."""

    stage: Stage
    keys: DataFrame


def true_pair_metrics(person_spine: DataFrame, truth: DataFrame, person_record: DataFrame, stages: Sequence[StageKeys]) -> DataFrame:
    """LINKAGE_METRIC of each stage's true pairs, with the stage's name as slice; the same for every threshold where none matters.

    ``true_pairs_owned``; ``share_enough``, the share that carries enough identity: both records hold usable values (``usable_arr``) for the
    same two of full name, date of birth, postcode or address, register number; ``stage_recall`` and ``stage_recall_enough``, the share put
    together among all and among those; ``blocking_reach`` and ``blocking_reach_enough``, the share that some rule of the stage brings
    together (also where the block was dropped for its size: ``identity.block_summary`` counts those). Only linkable records that
    have a truth count. Pairs are made by a join on the true person, so the cost follows their number.
    """
    known = truth.select("record_id", "true_person_id").join(
        person_record.where("link_status = 'linkable'").select("record_id", "source", "usable_arr"), "record_id", how="inner"
    )
    person = person_spine.select("record_id", *PERSON_COLUMNS.values())
    counted = [_counts(known.join(person, "record_id", how="inner"), each) for each in stages]
    return LINKAGE_METRIC.conform(_metrics(reduce(DataFrame.unionByName, counted)))


def _counts(record: DataFrame, stage: StageKeys) -> DataFrame:
    """One row: how many true pairs the stage owns, and how many of them are what."""
    keyed = record.where(F.col("source").isin(*stage.stage.sources)).join(stage.keys, "record_id", how="left")
    left, right = (keyed.select("true_person_id", F.struct(*keyed.columns).alias(side)) for side in ("l", "r"))
    pair = left.join(right, "true_person_id", how="inner").where((F.col("l.record_id") < F.col("r.record_id")) & _owned(stage.stage))
    told = pair.select(
        _enough().alias("enough"),
        _reached().alias("reached"),
        *((F.col(f"l.{column}") == F.col(f"r.{column}")).alias(threshold) for threshold, column in PERSON_COLUMNS.items()),
    )
    counts = {"pairs": F.lit(True), "enough": F.col("enough"), "reached": F.col("reached")}
    counts |= {"reached_enough": F.col("reached") & F.col("enough")}
    counts |= {name: F.col(name) for name in PERSON_COLUMNS}
    counts |= {f"{name}_enough": F.col(name) & F.col("enough") for name in PERSON_COLUMNS}
    found = told.agg(*(F.count_if(condition).alias(name) for name, condition in counts.items()))
    records = keyed.agg(F.count(F.lit(1)).alias("records"))
    return found.crossJoin(records).withColumn("slice", F.lit(stage.stage.name))


def _owned(stage: Stage) -> Column:
    owned = sorted(sorted(pair) for pair in stage.owned_pairs())
    sides = F.array_sort(F.array("l.source", "r.source"))
    return reduce(Column.__or__, (sides == F.array(F.lit(pair[0]), F.lit(pair[-1])) for pair in owned))


def _enough() -> Column:
    return F.coalesce(F.size(F.array_intersect("l.usable_arr", "r.usable_arr")) >= 2, F.lit(False))


def _reached() -> Column:
    same = F.zip_with("l.keys", "r.keys", lambda a, b: F.coalesce(a == b, F.lit(False)))
    return F.coalesce(F.exists(same, lambda each: each), F.lit(False))


def _metrics(counted: DataFrame) -> DataFrame:
    values = []
    for threshold in PERSON_COLUMNS:
        metrics = {
            "true_pairs_owned": F.col("pairs").cast("double"),
            "share_enough": _share("enough", "pairs"),
            "stage_recall": _share(threshold, "pairs"),
            "stage_recall_enough": _share(f"{threshold}_enough", "enough"),
            "blocking_reach": _share("reached", "pairs"),
            "blocking_reach_enough": _share("reached_enough", "enough"),
        }
        values += [
            F.struct(F.lit(name).alias("metric"), F.lit(threshold).alias("threshold"), value.alias("value"))
            for name, value in metrics.items()
        ]
    return (
        counted.select("slice", "records", F.explode(F.array(*values)).alias("m"))
        .where(F.col("m.value").isNotNull())
        .select(
            "m.metric",
            "slice",
            "m.threshold",
            "m.value",
            F.lit(None).cast("double").alias("interval_low"),
            F.lit(None).cast("double").alias("interval_high"),
            F.lit(METHOD).alias("method"),
            "records",
        )
    )


def _share(part: str, whole: str) -> Column:
    return F.when(F.col(whole) > 0, F.col(part).cast("double") / F.col(whole))
