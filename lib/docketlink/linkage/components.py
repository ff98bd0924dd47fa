"""Clusters: records that edges join, at three thresholds that nest."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from docketlink.config.settings import Stage
from docketlink.contracts.tables import PERSON_CLUSTER, SCORED_EDGE
from docketlink.errors import ContractError
from docketlink.linkage.contraction import contract
from docketlink.linkage.exchange import collision_free_seed, fetch, frame_of, surrogate

# An edge's level is how many thresholds it reaches: at 1 it counts at low only, at 3 everywhere.
LEVELS = {"high": 3, "medium": 2, "low": 1}

Longs = npt.NDArray[np.int64]


def cluster_people(edges: DataFrame, records: DataFrame, stages: Sequence[Stage], *, driver_edges: int) -> DataFrame:
    """PERSON_CLUSTER: every record once per threshold, in the component of the edges that reach its stage's threshold.

    ``edges`` is SCORED_EDGE, ``records`` PERSON_RECORD. Edges of a record that is not linkable, or no longer there, do not
    count, so organisations, masked and deleted records are clusters of one. Up to ``driver_edges`` edges at the low threshold
    scipy finds the components on the driver, above it ``contraction`` on Spark: same clusters. The cluster id is the smallest record
    id, so it follows neither path, order nor partitioning. Raises ContractError when an edge names a stage that is not
    configured, or has no weight.
    """
    seed = collision_free_seed(records.select("record_id"))
    linkable = records.where(F.col("link_status") == "linkable").select(surrogate("record_id", seed).alias("node"))
    edge = _levelled(edges, stages, seed).persist()
    try:
        count = _count_sound(edge)
        component = _on_driver(edge, linkable, count) if count <= driver_edges else _on_spark(edge, linkable)
    finally:
        edge.unpersist()
    numbered = records.select("record_id", surrogate("record_id", seed).alias("node"))
    return PERSON_CLUSTER.conform(_clusters(numbered, component))


def _levelled(edges: DataFrame, stages: Sequence[Stage], seed: int) -> DataFrame:
    """``(left, right, level)`` of the edges that count somewhere; level is NULL where it cannot be told."""
    level = F.coalesce(*map(_level, stages), F.lit(None).cast("int"))
    edge = edges.select(surrogate("record_id_l", seed).alias("left"), surrogate("record_id_r", seed).alias("right"), level.alias("level"))
    return edge.where(F.col("level").isNull() | (F.col("level") > 0))


def _level(stage: Stage) -> Column:
    weight = F.col("match_weight")
    reached = reduce(add, ((weight >= F.lit(bits)).cast("int") for bits in stage.thresholds.values()))
    # Spark holds NaN to be larger than any number
    return F.when((F.col("stage") == stage.name) & ~F.isnan(weight), reached)


def _count_sound(edge: DataFrame) -> int:
    row = edge.agg(F.count(F.lit(1)), F.count("level")).first()
    assert row is not None  # noqa: S101 - an aggregate without groups has one row
    count: int = row[0]
    if row[1] != count:
        raise ContractError(
            SCORED_EDGE.full_name,
            [f"{count - row[1]} edges have a stage that conf/linkage.yml does not name, or a weight that is no number"],
            next_step="score the edges again with the stages as they are configured now.",
        )
    return count


def _on_driver(edge: DataFrame, linkable: DataFrame, count: int) -> DataFrame:
    """``(node, high, medium, low)``, a component at each threshold; only records that occur in an edge travel."""
    fetched = fetch(edge, "left", count)
    nodes, position = np.unique(np.concatenate([_longs(fetched, "left"), _longs(fetched, "right")]), return_inverse=True)
    left, right = position[:count].astype(np.int32), position[count:].astype(np.int32)
    level = fetched.column("level").to_numpy()
    del fetched, position

    spark = edge.sparkSession
    known = frame_of(spark, pa.table({"node": nodes})).join(linkable, "node", how="left_semi")
    is_linkable = np.isin(nodes, _longs(fetch(known, "node", len(nodes)), "node"))
    counts = is_linkable[left] & is_linkable[right]
    component = {}
    for threshold, least in LEVELS.items():
        there = counts & (level >= least)
        component[threshold] = nodes[smallest_of_component(left[there], right[there], len(nodes))][is_linkable]
    return frame_of(spark, pa.table({"node": nodes[is_linkable], **component}))


def smallest_of_component(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], nodes: int) -> npt.NDArray[np.int64]:
    """For each node 0 … nodes - 1 the smallest node of its component; shape ``(nodes,)``."""
    graph = coo_matrix((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(nodes, nodes)).tocsr()
    _, label = connected_components(graph, directed=False)
    _, first, component = np.unique(label, return_index=True, return_inverse=True)
    return first[component]


def _longs(table: pa.Table, column: str) -> Longs:
    longs: Longs = table.column(column).to_numpy()
    return longs


def _on_spark(edge: DataFrame, linkable: DataFrame) -> DataFrame:
    """As ``_on_driver``, without the driver; the three thresholds are three graphs in one frame."""
    counts = edge.join(linkable.withColumnRenamed("node", "left"), "left", how="left_semi").join(
        linkable.withColumnRenamed("node", "right"), "right", how="left_semi"
    )
    graphs = counts.select("left", "right", F.explode(F.sequence(F.lit(1), "level")).alias("graph"))
    own = F.col("node")
    return (
        contract(graphs)
        .groupBy("node")
        .agg(*(F.max(F.when(F.col("graph") == least, F.col("component"))).alias(threshold) for threshold, least in LEVELS.items()))
        .select("node", *(F.coalesce(threshold, own).alias(threshold) for threshold in LEVELS))
    )


def _clusters(numbered: DataFrame, component: DataFrame) -> DataFrame:
    """Components named by their smallest record id, and beside them the records that no edge touches."""
    joined = numbered.join(component, "node", how="inner")
    at_each = F.array(*(F.struct(F.lit(threshold).alias("threshold"), F.col(threshold).alias("component")) for threshold in LEVELS))
    everyone = Window.partitionBy("threshold", "component").rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    stacked = joined.select("record_id", F.explode(at_each).alias("at")).select("record_id", "at.threshold", "at.component")
    linked = stacked.select("record_id", "threshold", F.min("record_id").over(everyone).alias("cluster_id"))
    alone = numbered.join(joined.select("record_id"), "record_id", how="left_anti").select(
        "record_id", F.explode(F.array(*map(F.lit, LEVELS))).alias("threshold"), F.col("record_id").alias("cluster_id")
    )
    return linked.unionByName(alone)
