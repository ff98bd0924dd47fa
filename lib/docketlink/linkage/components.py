"""Connected components: on the driver while their edges fit it, on Spark above; the same ones either way."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from docketlink.linkage.contraction import contract
from docketlink.linkage.exchange import fetch, frame_of

Longs = npt.NDArray[np.int64]


def components(edge: DataFrame, node: DataFrame, *, driver_edges: int) -> DataFrame:
    """``(node long, component long)``: each node that an edge between two nodes touches, in the component named by its smallest one.

    ``edge`` holds ``left, right`` and is read more than once, ``node`` the nodes that count: edges of others do not. Up to
    ``driver_edges`` edges scipy finds the components on the driver, above it ``contraction`` does on Spark.
    """
    count = edge.count()
    return _on_driver(edge, node, count) if count <= driver_edges else _on_spark(edge, node)


def _on_driver(edge: DataFrame, node: DataFrame, count: int) -> DataFrame:
    fetched = fetch(edge, "left", count)
    nodes, position = np.unique(np.concatenate([_longs(fetched, "left"), _longs(fetched, "right")]), return_inverse=True)
    left, right = position[:count].astype(np.int32), position[count:].astype(np.int32)
    del fetched, position

    spark = edge.sparkSession
    known = frame_of(spark, pa.table({"node": nodes})).join(node, "node", how="left_semi")
    counts = np.isin(nodes, _longs(fetch(known, "node", len(nodes)), "node"))
    there = counts[left] & counts[right]
    component = nodes[smallest_of_component(left[there], right[there], len(nodes))]
    touched = np.unique(np.concatenate([left[there], right[there]]))
    return frame_of(spark, pa.table({"node": nodes[touched], "component": component[touched]}))


def smallest_of_component(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], nodes: int) -> npt.NDArray[np.int64]:
    """For each node 0 … nodes - 1 the smallest node of its component; shape ``(nodes,)``."""
    graph = coo_matrix((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(nodes, nodes)).tocsr()
    _, label = connected_components(graph, directed=False)
    _, first, component = np.unique(label, return_index=True, return_inverse=True)
    return first[component]


def _longs(table: pa.Table, column: str) -> Longs:
    longs: Longs = table.column(column).to_numpy()
    return longs


def _on_spark(edge: DataFrame, node: DataFrame) -> DataFrame:
    counts = edge.join(node.withColumnRenamed("node", "left"), "left", how="left_semi").join(
        node.withColumnRenamed("node", "right"), "right", how="left_semi"
    )
    return contract(counts.select(F.lit(0).alias("graph"), "left", "right")).select("node", "component")
