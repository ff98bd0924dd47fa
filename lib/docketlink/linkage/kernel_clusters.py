"""Executor side of clustering: the components of a partition merged one by one, with the evidence of every membership."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from docketlink.linkage.kernel_arrivals import Arrivals, Longs
from docketlink.linkage.kernel_evidence import THRESHOLDS, Refused, Settled, alerts, memberships
from docketlink.linkage.kernel_merge import merge
from docketlink.linkage.kernel_pairs import plain_pairs
from docketlink.linkage.kernel_rules import Rules


def merge_components(batches: Iterable[pa.RecordBatch], rules: Rules) -> Iterator[pa.RecordBatch]:
    """Rows of ``LEAVES`` from rows of ``ARRIVES``: a record in a cluster at a threshold, or, where ``rule`` is set, a refused merge.

    Every component lies in one partition whole, in any order. A refusal stands once per threshold, pair of clusters and rule, with
    its strongest link.
    """
    arrived = pa.Table.from_batches(batches) if (batches := [*batches]) else None
    del batches
    if arrived is None or not arrived.num_rows:
        return
    arrivals = Arrivals.of(arrived)
    del arrived
    settled = _settle(arrivals, rules)
    yield from memberships(arrivals, settled)
    yield from alerts(arrivals, settled)


def _settle(arrivals: Arrivals, rules: Rules) -> Settled:
    rows = int(arrivals.starts[-1])
    plain = plain_pairs(arrivals, rules)
    chosen = np.ones(len(arrivals.starts) - 1, dtype=np.bool_)
    chosen[arrivals.edges["component"][plain]] = False
    clusters: dict[int, list[int]] = {level: [] for level in THRESHOLDS}
    weakest: dict[int, list[float]] = {level: [] for level in THRESHOLDS}
    attached: list[int] = []
    refused: list[tuple[int, int, str, int]] = []
    for first, first_edge, component in arrivals.components(chosen, rules):
        merged = merge(component, rules)
        for level, cluster in merged.clusters.items():
            clusters[level] += [first + record for record in cluster]
            of = merged.weakest[level]
            weakest[level] += [of.get(record, np.nan) for record in cluster]
        attached += [first + record for record in merged.attached]
        refused += [(first + r.left, first + r.right, r.rule, first_edge + r.edge if r.edge >= 0 else -1) for r in merged.refused]
    settled = Settled(
        {level: np.arange(rows) for level in THRESHOLDS},
        {level: np.full(rows, np.nan) for level in THRESHOLDS},
        np.zeros(rows, dtype=np.bool_),
        Refused.of(refused, arrivals),
    )
    merged_rows = arrivals.rows_of(chosen)
    for level in THRESHOLDS:
        settled.clusters[level][merged_rows] = clusters[level]
        settled.weakest[level][merged_rows] = weakest[level]
    settled.attached[attached] = True
    _join(settled, arrivals, plain)
    return settled


def _join(settled: Settled, arrivals: Arrivals, plain: Longs) -> None:
    """Components of two records that nothing speaks against, at the thresholds that their edge reaches."""
    for level in THRESHOLDS:
        reached = plain[arrivals.edges["level"][plain] >= level]
        left, right, weight = (arrivals.edges[name][reached] for name in ("left", "right", "weight"))
        settled.clusters[level][right] = left
        settled.weakest[level][left] = settled.weakest[level][right] = weight
