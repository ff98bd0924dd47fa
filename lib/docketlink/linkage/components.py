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

_MORE_NODES = 4  # times those on edges, up to which all nodes are fetched

Longs = npt.NDArray[np.int64]


def components(edge: DataFrame, node: DataFrame, *, driver_edges: int, hit: DataFrame | None = None) -> DataFrame:
    """``(node long, component long)``: each node that an edge between two nodes touches, in the component named by its smallest one.

    ``edge`` holds ``left, right`` and is read more than once, ``node`` the nodes that count: edges of others do not. Up to
    ``driver_edges`` edges scipy finds the components on the driver, above it ``contraction`` does on Spark. With ``hit``, some of the
    nodes, only the components that hold one of them come out.
    """
    count = edge.count()
    return _on_driver(edge, node, count, hit) if count <= driver_edges else _on_spark(edge, node, hit)


def _on_driver(edge: DataFrame, node: DataFrame, count: int, hit: DataFrame | None) -> DataFrame:
    fetched = fetch(edge, "left", count)
    nodes, position = np.unique(np.concatenate([_longs(fetched, "left"), _longs(fetched, "right")]), return_inverse=True)
    left, right = position[:count].astype(np.int32), position[count:].astype(np.int32)
    del fetched, position

    there = node.count()
    if there > _MORE_NODES * len(nodes):  # most of them on no edge
        known = frame_of(edge.sparkSession, pa.table({"node": nodes})).join(node, "node", how="left_semi")
    else:
        known = node
    counts = np.isin(nodes, _longs(fetch(known, "node", there), "node"))
    both = counts[left] & counts[right]
    component = nodes[smallest_of_component(left[both], right[both], len(nodes))]
    chosen = np.unique(np.concatenate([left[both], right[both]]))
    if hit is not None:
        is_hit = np.isin(nodes, _longs(fetch(hit, "node", there), "node"))
        chosen = chosen[np.isin(component[chosen], component[is_hit])]
    nodes, component = nodes[chosen], component[chosen]
    return frame_of(edge.sparkSession, pa.table({"node": nodes, "component": component}))


def smallest_of_component(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32], nodes: int) -> npt.NDArray[np.int64]:
    """For each node 0 … nodes - 1 the smallest node of its component; shape ``(nodes,)``."""
    graph = coo_matrix((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(nodes, nodes)).tocsr()
    _, label = connected_components(graph, directed=False)
    _, first, component = np.unique(label, return_index=True, return_inverse=True)
    return first[component]


def _longs(table: pa.Table, column: str) -> Longs:
    longs: Longs = table.column(column).to_numpy()
    return longs


def _on_spark(edge: DataFrame, node: DataFrame, hit: DataFrame | None) -> DataFrame:
    counts = edge.join(node.withColumnRenamed("node", "left"), "left", how="left_semi").join(
        node.withColumnRenamed("node", "right"), "right", how="left_semi"
    )
    component = contract(counts.select(F.lit(0).alias("graph"), "left", "right")).select("node", "component")
    if hit is None:
        return component
    some = component.join(hit, "node", how="left_semi").select("component").distinct()
    return component.join(some, "component", how="left_semi").select("node", "component")
