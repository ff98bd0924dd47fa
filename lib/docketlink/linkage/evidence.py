"""What holds a record in its person: the best edge of the record, and the weakest edge that the whole cluster hangs on."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from docketlink.linkage.exchange import FETCH_ROWS, collision_free_seed, frame_of, part_of, surrogate

Longs = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


def record_evidence(person_cluster: DataFrame, edges: DataFrame) -> DataFrame:
    """``(record_id, cluster_size long, best_match_weight double, weakest_link_weight double)`` of every record, at medium.

    ``person_cluster`` is PERSON_CLUSTER, ``edges`` SCORED_EDGE; only edges with both ends in one medium cluster count, whatever
    their weight. The weakest link is the smallest weight of the cluster's maximum spanning tree, which is the largest
    threshold at which the cluster still hangs together. Both weights are NULL for a record alone, the weakest link also where
    the edges do not hold the cluster together. Spanning trees are found on the driver in passes of about ``FETCH_ROWS``
    edges, whole clusters each, so that any number of edges is served in bounded memory.
    """
    together = Window.partitionBy("cluster_id").rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    member = person_cluster.where(F.col("threshold") == "medium").select(
        "record_id", "cluster_id", F.count(F.lit(1)).over(together).alias("cluster_size")
    )
    # Joined once, then used by every pass and by the best weights; the local checkpoint goes when nothing refers to it any more.
    inside = _inside(edges, member.where(F.col("cluster_size") > 1)).localCheckpoint(eager=False)
    weakest = _weakest(inside)
    ends = F.explode(F.array("record_id_l", "record_id_r")).alias("record_id")
    best = inside.select(ends, "match_weight").groupBy("record_id").agg(F.max("match_weight").alias("best_match_weight"))
    return (
        member.join(best, "record_id", how="left")
        .join(weakest, "cluster_id", how="left")
        .select("record_id", "cluster_size", "best_match_weight", "weakest_link_weight")
    )


def _inside(edges: DataFrame, member: DataFrame) -> DataFrame:
    left = member.select(F.col("record_id").alias("record_id_l"), "cluster_id", "cluster_size")
    right = member.select(F.col("record_id").alias("record_id_r"), F.col("cluster_id").alias("other_id"))
    return (
        edges.select("record_id_l", "record_id_r", "match_weight")
        .join(left, "record_id_l", how="inner")
        .join(right, "record_id_r", how="inner")
        .where(F.col("cluster_id") == F.col("other_id"))
        .select("cluster_id", "cluster_size", "record_id_l", "record_id_r", "match_weight")
    )


def _weakest(inside: DataFrame) -> DataFrame:
    """``(cluster_id, weakest_link_weight)`` of the clusters that their edges hold together."""
    ends = inside.select(F.explode(F.array("record_id_l", "record_id_r")).alias("record_id")).distinct()
    seed = collision_free_seed(ends)
    edge = inside.select(
        surrogate("cluster_id", seed).alias("cluster"),
        surrogate("record_id_l", seed).alias("left"),
        surrogate("record_id_r", seed).alias("right"),
        "match_weight",
        "cluster_size",
    )
    parts = -(-max(inside.count(), 1) // FETCH_ROWS)
    passes = [_pass(part_of(edge, "cluster", part, parts).toArrow()) for part in range(parts)]
    weakest = frame_of(inside.sparkSession, pa.concat_tables(passes))
    name = inside.select("cluster_id", surrogate("cluster_id", seed).alias("cluster")).distinct()
    return name.join(weakest, "cluster", how="inner").select("cluster_id", "weakest_link_weight")


def _pass(edge: pa.Table) -> pa.Table:
    cluster, left, right, weight, size = (edge.column(name).to_numpy() for name in edge.column_names)
    held, weakest = weakest_links(cluster, left, right, weight, size)
    return pa.table({"cluster": held, "weakest_link_weight": weakest})


def weakest_links(cluster: Longs, left: Longs, right: Longs, weight: Reals, size: Longs) -> tuple[Longs, Reals]:
    """Clusters and their weakest links, from one entry per edge: its cluster, ends, weight and the size of its cluster.

    Clusters that their edges do not connect are left out. Ends may be any numbers, an unordered pair occurs once.
    """
    nodes, position = np.unique(np.concatenate([left, right]), return_inverse=True)
    # scipy minimises, and takes a weight of 0 for no edge: ranks from the heaviest do for both, and bring exact weights back
    order = np.argsort(-weight, kind="stable")
    rank = np.empty(len(order), dtype=np.float64)
    rank[order] = np.arange(1, len(order) + 1)
    graph = coo_matrix((rank, (position[: len(left)], position[len(left) :])), shape=(len(nodes), len(nodes)))
    tree = order[minimum_spanning_tree(graph.tocsr()).data.astype(np.int64) - 1]

    held, first, own, links = np.unique(cluster[tree], return_index=True, return_inverse=True, return_counts=True)
    weakest = np.full(len(held), np.inf)
    np.minimum.at(weakest, own, weight[tree])
    whole = links == size[tree][first] - 1
    return held[whole], weakest[whole]
