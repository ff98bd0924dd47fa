"""The strongest path of links through the records of a person."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

Link = tuple[str, str, float]


def strongest_links(links: Sequence[Link]) -> list[Link]:
    """The links (two record ids and bits) of the maximum spanning tree, of each component one, the strongest first.

    Between any two records that links join, the path in the tree is the one whose weakest link is strongest. Of equal weights the pair
    with the smaller ids wins, so there is one answer whatever the order. An infinite weight is a decision.
    """
    ranked = sorted({tuple(sorted((a, b))): (a, b, w) for a, b, w in links if a != b}.values(), key=_strongest_first)
    if not ranked:
        return []
    records = sorted({record for a, b, _ in ranked for record in (a, b)})
    number = {record: i for i, record in enumerate(records)}
    # the place in the ranking is the cost: unique, and never the zero that scipy takes for no link
    cost = np.arange(1, len(ranked) + 1, dtype=float)
    ends = np.array([[number[a], number[b]] for a, b, _ in ranked])
    graph = coo_array((cost, (ends[:, 0], ends[:, 1])), shape=(len(records), len(records))).tocsr()
    tree = minimum_spanning_tree(graph)
    return [ranked[i - 1] for i in sorted(tree.data.astype(int).tolist())]


def _strongest_first(link: Link) -> tuple[float, str, str]:
    a, b, weight = link
    return (-weight, *sorted((a, b)))  # type: ignore[return-value]
