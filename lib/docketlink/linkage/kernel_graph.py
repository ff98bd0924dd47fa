"""Records that hold a cluster together: cut vertices of its graph."""

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def cut_records(left: Longs, right: Longs, cluster: Longs, size: Longs) -> npt.NDArray[np.bool_]:
    """For each row whether its cluster, as far as these edges join it, falls apart without it; shape of ``cluster``.

    ``left`` and ``right`` are rows, edges lie inside clusters, each unordered pair once. A graph in which every record has at least
    half of the others as neighbours has no cut vertex (G. Chartrand and F. Harary, 1968: connectivity is at least 2 d - n + 2), so
    dense clusters are not searched.
    """
    cut = np.zeros(len(cluster), dtype=np.bool_)
    degree = np.bincount(left, minlength=len(cluster)) + np.bincount(right, minlength=len(cluster))
    least = np.full(len(cluster), np.iinfo(np.int64).max)
    np.minimum.at(least, cluster, degree)
    sparse = 2 * least[cluster] < size
    chosen = sparse[left]
    left, right = left[chosen], right[chosen]
    if not len(left):
        return cut
    rows, position = np.unique(np.concatenate([left, right]), return_inverse=True)
    one = np.concatenate([position[: len(left)], position[len(left) :]])
    other = np.concatenate([position[len(left) :], position[: len(left)]])
    order = np.lexsort((other, one))
    bounds = np.searchsorted(one[order], np.arange(len(rows) + 1)).tolist()
    cut[rows[_cut_vertices(bounds, other[order].tolist())]] = True
    return cut


def _cut_vertices(bounds: list[int], neighbour: list[int]) -> list[int]:
    """Cut vertices of a graph in compressed rows. J. Hopcroft and R. Tarjan, Efficient Algorithms for Graph Manipulation, 1973."""
    records = len(bounds) - 1
    depth, low = [-1] * records, [0] * records
    cut = []
    for root in range(records):
        if depth[root] >= 0:
            continue
        depth[root] = low[root] = 0
        branches = 0  # of the root
        stack = [(root, -1, bounds[root])]
        is_cut: set[int] = set()
        while stack:
            node, parent, at = stack[-1]
            if at < bounds[node + 1]:
                stack[-1] = (node, parent, at + 1)
                other = neighbour[at]
                if depth[other] < 0:
                    depth[other] = low[other] = depth[node] + 1
                    stack.append((other, node, bounds[other]))
                elif other != parent:
                    low[node] = min(low[node], depth[other])
                continue
            stack.pop()
            if parent >= 0:
                low[parent] = min(low[parent], low[node])
                if parent == root:
                    branches += 1
                elif low[node] >= depth[parent]:
                    is_cut.add(parent)
        cut += sorted(is_cut) + ([root] if branches > 1 else [])
    return cut
