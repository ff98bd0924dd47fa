"""What stands beside every membership of a cluster, and what was refused: the rows that leave a task of clustering."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from docketlink.linkage.kernel_arrivals import (
    BIRTH,
    CRO,
    DATE_OF_BIRTH,
    KNOWN_ID,
    LINK_DATE,
    MUST,
    NAME,
    PLACE,
    PNC,
    Arrivals,
    Booleans,
    Longs,
)
from docketlink.linkage.kernel_graph import cut_records
from docketlink.linkage.kernel_merge import CANNOT_LINK, HIGH, LOW, MEAN, MEDIUM
from docketlink.linkage.kernel_profiles import TWINS

# Kinds of values by the independent kind of evidence that they are; surname with date of birth is none of its own.
EVIDENCE = {NAME: 0, DATE_OF_BIRTH: 1, PLACE: 2, PNC: 3, CRO: 3, KNOWN_ID: 3, LINK_DATE: 4}
THRESHOLDS = {HIGH: "high", MEDIUM: "medium", LOW: "low"}
LEAVES = (
    "record_id string, threshold string, cluster_id string, cluster_size long, best_match_weight double, best_record_id string, "
    "weakest_link_weight double, evidence_kinds int, flag_bridge boolean, flag_attached boolean, flag_conflict boolean, flag_held boolean, "
    "rule string, other_record_id string, other_cluster_id string, records_l long, records_r long, match_weight double, refused_links long"
)

Floats = npt.NDArray[np.float64]


@dataclass
class Refused:
    """Refused links: row of either end, rule, number of the edge (-1 for a decision to join), its level and weight."""

    left: Longs
    right: Longs
    rule: npt.NDArray[np.str_]
    edge: Longs
    level: Longs
    weight: Floats

    @classmethod
    def of(cls, links: list[tuple[int, int, str, int]], arrivals: Arrivals) -> "Refused":
        """From left, right, rule and edge; a decision reaches every threshold and has no weight."""
        left, right, rule, edge = zip(*links, strict=True) if links else ((), (), (), ())
        number = np.array(edge, dtype=np.int64)
        level, weight = np.full(len(number), HIGH), np.full(len(number), np.nan)
        of_edge = number >= 0
        level[of_edge], weight[of_edge] = (arrivals.edges[name][number[of_edge]] for name in ("level", "weight"))
        return cls(np.array(left, dtype=np.int64), np.array(right, dtype=np.int64), np.array(rule, dtype=np.str_), number, level, weight)


@dataclass
class Settled:
    """What merging gave: by level the first row of each row's cluster, and the weakest link of the cluster (NaN where it has none)."""

    clusters: dict[int, Longs]
    weakest: dict[int, Floats]
    attached: Booleans
    refused: Refused


def memberships(arrivals: Arrivals, settled: Settled) -> Iterator[pa.RecordBatch]:
    """Every record at every threshold."""
    for level, threshold in THRESHOLDS.items():
        cluster, weakest = settled.clusters[level], settled.weakest[level]
        size = np.bincount(cluster, minlength=len(cluster))[cluster]
        best, partner = _best(arrivals, cluster)
        conflict, held = _flags(level, cluster, settled.refused)
        yield _batch(
            record_id=arrivals.ids,
            threshold=pa.repeat(threshold, len(cluster)),
            cluster_id=arrivals.ids.take(pa.array(cluster)),
            cluster_size=pa.array(size),
            best_match_weight=pa.array(best, mask=np.isnan(best)),
            best_record_id=arrivals.ids.take(pa.array(partner, mask=partner < 0)),
            weakest_link_weight=pa.array(weakest, mask=np.isnan(weakest)),
            evidence_kinds=pa.array(_kinds(arrivals, cluster, size), pa.int32()),
            flag_bridge=pa.array(_bridges(arrivals, level, cluster, size)),
            flag_attached=pa.array(settled.attached if level <= MEDIUM else np.zeros_like(settled.attached)),
            flag_conflict=pa.array(conflict),
            flag_held=pa.array(held),
        )


def alerts(arrivals: Arrivals, settled: Settled) -> Iterator[pa.RecordBatch]:
    """Refused merges: one per threshold, pair of clusters and rule, with the strongest link; decisions are the strongest."""
    refused = settled.refused
    for level, threshold in THRESHOLDS.items():
        cluster = settled.clusters[level]
        at = np.flatnonzero(refused.level == level)
        if not len(at):
            continue
        swapped = cluster[refused.left[at]] > cluster[refused.right[at]]
        one = np.where(swapped, refused.right[at], refused.left[at])
        other = np.where(swapped, refused.left[at], refused.right[at])
        rule, weight = refused.rule[at], refused.weight[at]
        order = np.lexsort((other, one, -np.nan_to_num(weight, nan=np.inf), refused.edge[at] >= 0, rule, cluster[other], cluster[one]))
        one, other, rule, weight = one[order], other[order], rule[order], weight[order]
        group = [cluster[one], cluster[other], rule]
        first = np.flatnonzero(np.append(True, np.any([g[1:] != g[:-1] for g in group], axis=0)))
        size = np.bincount(cluster, minlength=len(cluster))
        links = np.diff(np.append(first, len(one)))
        one, other = one[first], other[first]
        yield _batch(
            record_id=arrivals.ids.take(pa.array(one)),
            threshold=pa.repeat(threshold, len(first)),
            cluster_id=arrivals.ids.take(pa.array(cluster[one])),
            rule=pa.array(rule[first].tolist(), pa.string()),
            other_record_id=arrivals.ids.take(pa.array(other)),
            other_cluster_id=arrivals.ids.take(pa.array(cluster[other])),
            records_l=pa.array(size[cluster[one]]),
            records_r=pa.array(size[cluster[other]]),
            match_weight=pa.array(weight[first], mask=np.isnan(weight[first])),
            refused_links=pa.array(links),
        )


def _flags(level: int, cluster: Longs, refused: Refused) -> tuple[Booleans, Booleans]:
    """Whether a decision or the twins rule keeps a record's cluster from another, and whether any other rule but the mean does."""
    counts = (refused.level >= level) & (refused.rule != MEAN)
    is_conflict = np.isin(refused.rule, (CANNOT_LINK, TWINS))
    flags = np.zeros((2, len(cluster)), dtype=np.bool_)
    for flag, some in zip(flags, (counts & is_conflict, counts & ~is_conflict), strict=True):
        flag[cluster[refused.left[some]]] = True
        flag[cluster[refused.right[some]]] = True
    return flags[0][cluster], flags[1][cluster]


def _best(arrivals: Arrivals, cluster: Longs) -> tuple[Floats, Longs]:
    """For each record its strongest edge inside the cluster, and the row of the other end; NaN and -1 where there is none."""
    best, partner = np.full(len(cluster), np.nan), np.full(len(cluster), -1)
    left, right, weight = (arrivals.edges[name] for name in ("left", "right", "weight"))
    inside = cluster[left] == cluster[right]
    left, right, weight = left[inside], right[inside], weight[inside]
    one, other, strength = np.concatenate([left, right]), np.concatenate([right, left]), np.concatenate([weight] * 2)
    order = np.lexsort((-other, strength))  # of several writes to a place the last one stays
    best[one[order]], partner[one[order]] = strength[order], other[order]
    return best, partner


def _kinds(arrivals: Arrivals, cluster: Longs, size: Longs) -> Longs:
    """For each record how many independent kinds of evidence it shares with another record of its cluster."""
    counts = (arrivals.kind != BIRTH) & (size[arrivals.owner] > 1)
    owner, value = arrivals.owner[counts], arrivals.value[counts]
    order = np.lexsort((value, cluster[owner]))
    owner, value = owner[order], value[order]
    of = cluster[owner]
    same = (of[1:] == of[:-1]) & (value[1:] == value[:-1])  # as the one before; a record holds each value once
    shared = np.append(same, False) | np.append(False, same) if len(of) else np.empty(0, dtype=np.bool_)
    evidence = np.array([EVIDENCE.get(kind, 0) for kind in range(8)])
    kinds = np.zeros((len(cluster), len({*EVIDENCE.values()})), dtype=np.int64)
    kinds[owner[shared], evidence[value[shared] & 7]] = 1
    counted: Longs = kinds.sum(axis=1)
    return counted


def _bridges(arrivals: Arrivals, level: int, cluster: Longs, size: Longs) -> Booleans:
    """Records without which edges of the threshold and decisions to join would not hold their cluster together."""
    left, right = arrivals.edges["left"], arrivals.edges["right"]
    inside = (arrivals.edges["level"] >= level) & (cluster[left] == cluster[right]) & (size[left] > 2)
    left, right = left[inside], right[inside]
    decided = [(arrivals.starts[at] + a, arrivals.starts[at] + b) for at, pairs in arrivals.decisions[MUST].items() for a, b in pairs]
    if decided:
        ends = np.array(decided, dtype=np.int64).T
        ends = ends[:, (cluster[ends[0]] == cluster[ends[1]]) & (size[ends[0]] > 2)]
        left, right = np.unique(np.concatenate([np.stack([left, right]), ends], axis=1), axis=1)
    return cut_records(left, right, cluster, size)


_SCHEMA = pa.schema(
    [
        (name, {"string": pa.string(), "long": pa.int64(), "double": pa.float64(), "int": pa.int32(), "boolean": pa.bool_()}[kind])
        for name, kind in (field.split() for field in LEAVES.split(", "))
    ]
)


def _batch(**columns: pa.Array) -> pa.RecordBatch:
    rows = len(columns["record_id"])
    return pa.RecordBatch.from_arrays(
        [columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type) for field in _SCHEMA], schema=_SCHEMA
    )
