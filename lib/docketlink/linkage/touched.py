"""Which records a run of clustering has to look at again, because something about them or their links is not as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_SMALL = 2_000_000  # record ids that every executor holds at once


@dataclass(frozen=True)
class Last:
    """What the last run of clustering left, and what is otherwise now: components without a changed record are taken over.

    ``person_cluster`` and ``cluster_alert`` are the tables as that run wrote them, under the same rules and thresholds as now;
    ``changed`` holds ``record_id`` once for each record of ``changed_records``, ``records`` is how many.
    """

    person_cluster: DataFrame
    cluster_alert: DataFrame
    changed: DataFrame
    records: int

    def small(self, frame: DataFrame) -> DataFrame:
        """A frame of records that follow from the changed ones, marked for every executor where they are few."""
        return F.broadcast(frame) if self.records <= _SMALL else frame


def changed_records(edges: tuple[DataFrame, DataFrame], records: tuple[DataFrame, DataFrame], decisions: Sequence[DataFrame]) -> DataFrame:
    """``(record_id)`` once each: records that are new, gone or otherwise, ends of edges that are, and every end of a decision.

    ``edges`` are SCORED_EDGE and ``records`` PERSON_RECORD, now and then; ``decisions`` hold ``record_id_l, record_id_r``. Only 64-bit
    hashes of rows are shuffled: a change stays hidden where the row of before and the row of now share one.
    """
    edge = _changed(*(frame.select("record_id_l", "record_id_r", "stage", "match_weight") for frame in edges))
    record = _changed(*(frame.select("record_id", "record_version", "link_status") for frame in records))
    ends = [frame.select(F.explode(F.array("record_id_l", "record_id_r")).alias("record_id")) for frame in (edge, *decisions)]
    return reduce(DataFrame.unionByName, [record.select("record_id"), *ends]).distinct()


def _changed(now: DataFrame, then: DataFrame) -> DataFrame:
    """Rows of which one of the frames holds more than the other."""
    row = F.xxhash64(*now.columns).alias("row")
    signed = now.select(row, F.lit(1).alias("one")).unionByName(then.select(row, F.lit(-1).alias("one")))
    differing = signed.groupBy("row").agg(F.sum("one").alias("more")).where("more <> 0").select("row")
    return now.unionByName(then).withColumn("row", row).join(F.broadcast(differing), "row", how="left_semi").drop("row")
