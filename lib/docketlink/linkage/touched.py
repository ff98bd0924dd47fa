"""Which records a run of clustering has to look at again, because something about them or their links is not as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.linkage.exchange import surrogate

_SMALL = 2_000_000  # changed records up to which every executor holds what follows from them
_SEED = 0  # any: two records with one surrogate are both looked at again


@dataclass(frozen=True)
class Last:
    """What the last run of clustering left, and what is otherwise now: components without a changed record are taken over.

    ``person_cluster`` and ``cluster_alert`` are the tables as that run wrote them, under the same rules and thresholds as now;
    ``changed`` holds what ``changed_nodes`` gives, ``nodes`` is how many.
    """

    person_cluster: DataFrame
    cluster_alert: DataFrame
    changed: DataFrame
    nodes: int

    def small(self, frame: DataFrame) -> DataFrame:
        """A frame of nodes that follow from the changed ones, marked for every executor where they are few."""
        return F.broadcast(frame) if self.nodes <= _SMALL else frame


def changed_nodes(edges: tuple[DataFrame, DataFrame], records: tuple[DataFrame, DataFrame], decisions: Sequence[DataFrame]) -> DataFrame:
    """``(record_node long)`` once each: of records that are new, gone or otherwise, of ends of edges that are, of every end of a decision.

    ``edges`` are SCORED_EDGE and ``records`` PERSON_RECORD, now and then; ``decisions`` hold ``record_id_l, record_id_r``. Only 64-bit
    hashes are shuffled: a change stays hidden where the row of before and the row of now share one.
    """
    edge = _changed(*edges, ["record_id_l", "record_id_r"], ["stage", "match_weight"])
    record = _changed(*records, ["record_id"], ["record_version", "link_status"])
    decided = [_nodes(frame, ["record_id_l", "record_id_r"]) for frame in decisions]
    every = reduce(DataFrame.unionByName, [frame.select("node_arr") for frame in (edge, record, *decided)])
    return every.select(F.explode("node_arr").alias("record_node")).distinct()


def among(frame: DataFrame, nodes: DataFrame, record_id: str = "record_id", *, outside: bool = False) -> DataFrame:
    """The rows of a frame whose record is one of ``nodes``, a frame of ``record_node``; with ``outside`` the other rows."""
    how = "left_anti" if outside else "left_semi"
    return frame.withColumn("record_node", node_of(record_id)).join(nodes, "record_node", how=how).select(*frame.columns)


def node_of(record_id: str) -> Column:
    """What ``changed_nodes`` calls a record."""
    return surrogate(record_id, _SEED)


def _nodes(frame: DataFrame, ends: Sequence[str]) -> DataFrame:
    return frame.withColumn("node_arr", F.array(*map(node_of, ends)))


def _changed(now: DataFrame, then: DataFrame, ends: Sequence[str], values: Sequence[str]) -> DataFrame:
    """``node_arr`` of the rows of which one of the frames holds more than the other."""
    row = F.xxhash64(*ends, *values).alias("row")
    signed = [_nodes(frame, ends).select("node_arr", row, F.lit(sign).alias("sign")) for frame, sign in ((now, 1), (then, -1))]
    differing = reduce(DataFrame.unionByName, signed).groupBy("row", "node_arr").agg(F.sum("sign").alias("more"))
    return differing.where("more <> 0")
