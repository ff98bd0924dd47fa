"""Which records a run has to look at again, because something about them, their links or their clusters is not as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.revision import LEAVES
from docketlink.contracts.spine import PERSON_COLUMNS
from docketlink.linkage import kernel_touched
from docketlink.linkage.exchange import surrogate

_ENDS, _TOLD = ("record_id_l", "record_id_r"), ("stage", "match_weight")  # of an edge: its records, and what clusters look at
_SMALL = 2_000_000  # changed records up to which every executor holds what follows from them
SEED = 0  # of what a record is called here


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


def small(frame: DataFrame, rows: int) -> DataFrame:
    """The frame, marked for every executor where it has few rows, told by ``rows`` or a number that it follows from."""
    return F.broadcast(frame) if rows <= _SMALL else frame


def changed_nodes(
    edges: tuple[DataFrame, DataFrame],
    records: tuple[DataFrame, DataFrame],
    decisions: Sequence[DataFrame],
    low: Mapping[str, float],
) -> DataFrame:
    """``(record_node long)`` once each: of records that are new, gone or otherwise, of ends of edges that are, of every end of a decision.

    ``edges`` are SCORED_EDGE and ``records`` PERSON_RECORD, now and then; ``decisions`` hold ``record_id_l, record_id_r``; ``low`` are the
    bits of each stage's low threshold. Weaker edges join nothing and count inside a component alone, which a changed record among
    their ends brings to mind without them; so they are looked at, all of them, only where some of unchanged records differ, as when
    large blocks were treated otherwise. Only 64-bit hashes are shuffled: a change stays hidden where the row of before and the row of
    now share one. Four actions.
    """
    record = _each_once(_changed(*records, ["record_id"], ["record_version", "link_status"])).localCheckpoint()
    decided = [frame.select(node_of(end).alias("record_node")) for frame in decisions for end in _ENDS]
    few = small(record, record.count())
    if _alike(*(parted(frame.where(~_joins(low)), few, *_ENDS).where(~F.col(LEAVES)) for frame in edges)):
        edges = edges[0].where(_joins(low)), edges[1].where(_joins(low))
    return _each_once(_changed(*edges, _ENDS, _TOLD), record, *decided)


def _joins(low: Mapping[str, float]) -> Column:
    """Whether an edge reaches the low threshold of its stage; so does one of a stage that is not known."""
    reached = F.lit(True)
    for stage, bits in sorted(low.items()):
        reached = F.when(F.col("stage") == stage, F.col("match_weight") >= bits).otherwise(reached)
    return F.coalesce(reached, F.lit(True))


def _alike(now: DataFrame, then: DataFrame) -> bool:
    """Whether both hold the same edges, told by their number and the sum of their hashes without carries."""
    both = [frame.agg(F.count(F.lit(1)), F.bit_xor(_row(_ENDS, _TOLD))).first() for frame in (now, then)]
    return both[0] == both[1]


def changed_records(now: DataFrame, then: DataFrame) -> DataFrame:
    """``(record_node long)`` once each: of records that are new, gone or otherwise; the frames are PERSON_RECORD, now and then."""
    return _each_once(_changed(now, then, ["record_id"], ["source", "record_version", "link_status"]))


def moved_records(clusters: tuple[DataFrame, DataFrame], records: tuple[DataFrame, DataFrame]) -> DataFrame:
    """``(record_node long)`` once each: of records of which the spine may say something else.

    ``clusters`` are PERSON_CLUSTER and ``records`` PERSON_RECORD, now and when the spine was made of them.
    """
    cluster = _changed(*clusters, ["record_id"], [name for name in clusters[0].columns if name != "record_id"])
    return _each_once(cluster, _changed(*records, ["record_id"], ["source", "link_status", "linkability"]))


def with_their_persons(moved: DataFrame, nodes: int, person_cluster: DataFrame, previous: DataFrame) -> DataFrame:
    """``(record_node long)`` once each: of ``moved``, and of records in a cluster of now, or a person of ``previous``, with one of them.

    What becomes of these clusters and persons follows from no other record: one that did not move is in the cluster of now with whom it
    was in the person of before. ``previous`` is PERSON_SPINE; clusters and persons at the low threshold hold all others.
    """
    low = person_cluster.where(F.col("threshold") == "low").select(node_of("record_id").alias("record_node"), "cluster_id")
    was = previous.select(node_of("record_id").alias("record_node"), PERSON_COLUMNS["low"])
    together = [moved]
    for frame, shared in ((low, "cluster_id"), (was, PERSON_COLUMNS["low"])):
        hit = frame.join(small(moved, nodes), "record_node", how="left_semi").select(shared).distinct()
        together.append(frame.join(small(hit, nodes), shared, how="left_semi").select("record_node"))
    return reduce(DataFrame.unionByName, together).distinct()


def among(frame: DataFrame, nodes: DataFrame, record_id: str = "record_id", *, outside: bool = False) -> DataFrame:
    """The rows of a frame whose record is one of ``nodes``, a frame of ``record_node``; with ``outside`` the other rows."""
    how = "left_anti" if outside else "left_semi"
    return frame.withColumn("record_node", node_of(record_id)).join(nodes, "record_node", how=how).select(*frame.columns)


def parted(frame: DataFrame, nodes: DataFrame, *record_ids: str) -> DataFrame:
    """The frame with a boolean ``leaves``: whether a record in one of these columns is one of ``nodes``, which holds each once."""
    marks = []
    for i, record_id in enumerate(record_ids):
        mark = nodes.select("record_node", F.lit(True).alias(f"is_{i}"))
        frame = frame.withColumn("record_node", node_of(record_id)).join(mark, "record_node", how="left").drop("record_node")
        marks.append(F.col(f"is_{i}"))
    return frame.withColumn(LEAVES, F.coalesce(*marks, F.lit(False))).drop(*(f"is_{i}" for i in range(len(marks))))


def _each_once(*frames: DataFrame) -> DataFrame:
    return reduce(DataFrame.unionByName, frames).distinct()


def node_of(record_id: str) -> Column:
    """What ``changed_nodes`` calls a record."""
    return surrogate(record_id, SEED)


def _changed(now: DataFrame, then: DataFrame, ends: Sequence[str], values: Sequence[str]) -> DataFrame:
    """The nodes of the rows of which one of the frames holds more than the other."""
    nodes = [node_of(end).alias(f"node_{i}") for i, end in enumerate(ends)]
    signed = [frame.select(_row(ends, values).alias("row"), F.lit(sign).alias("sign"), *nodes) for frame, sign in ((now, 1), (then, -1))]
    return reduce(DataFrame.unionByName, signed).repartition("row").mapInArrow(kernel_touched.differing, kernel_touched.NODE)


def _row(ends: Sequence[str], values: Sequence[str]) -> Column:
    told = [column for name in values for column in (F.col(name).isNull(), F.col(name))]  # the hash passes over NULL
    return F.xxhash64(*ends, *told)
