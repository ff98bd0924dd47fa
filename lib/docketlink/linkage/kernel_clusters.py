"""Executor side of clustering: the components of a partition merged one by one, and the evidence of every membership."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage.kernel_graph import cut_records
from docketlink.linkage.kernel_merge import CANNOT_LINK, HIGH, LOW, MEDIUM, Component, Merged, Refusal, Rules, merge
from docketlink.linkage.kernel_profiles import TWINS

RECORD, EDGE, MUST, CANNOT = 0, 1, 2, 3  # kinds of rows that arrive
NAME, DATE_OF_BIRTH, PLACE, PNC, CRO, LINK_DATE, KNOWN_ID, BIRTH = range(8)  # kinds of values, in their lowest three bits
# Kinds of values by the independent kind of evidence that they are; surname with date of birth is none of its own.
EVIDENCE = {NAME: 0, DATE_OF_BIRTH: 1, PLACE: 2, PNC: 3, CRO: 3, KNOWN_ID: 3, LINK_DATE: 4}
THRESHOLDS = {HIGH: "high", MEDIUM: "medium", LOW: "low"}
ARRIVES = (
    "component long, kind int, left long, right long, weight double, level int, record_id string, identity long, born int, "
    "value_arr array<long>, forename_arr array<string>"
)
LEAVES = (
    "record_id string, threshold string, cluster_id string, cluster_size long, best_match_weight double, best_record_id string, "
    "weakest_link_weight double, evidence_kinds int, flag_bridge boolean, flag_attached boolean, flag_conflict boolean, flag_held boolean, "
    "rule string, other_record_id string, other_cluster_id string, records_l long, records_r long, match_weight double, refused_links long"
)
_ALIKE = 0.9  # Jaro-Winkler from which two forenames may be one (the published twins rule)

Longs = npt.NDArray[np.int64]
Texts = Sequence[str]


def merge_components(batches: Iterable[pa.RecordBatch], rules: Rules) -> Iterator[pa.RecordBatch]:
    """Rows of ``LEAVES``: a record in a cluster at a threshold, or, where ``rule`` is set, a refused merge.

    Every component lies in one partition whole, in any order. A refusal stands once per threshold, pair of clusters and rule, with
    its strongest link.
    """
    arrived = pa.Table.from_batches(batches) if (batches := [*batches]) else None
    if arrived is None or not arrived.num_rows:
        return
    town = _Town.of(arrived)
    del arrived
    refused = []
    for first, last, component in town.components(rules):
        merged = merge(component, rules)
        town.settle(first, last, component, merged)
        refused += [(first, r) for r in merged.refused]
    yield from town.memberships(refused)
    if refused:
        yield from town.alerts(refused)


@dataclass
class _Town:
    """The records of a partition, sorted by component and id, and its edges between row numbers."""

    ids: pa.Array
    starts: Longs  # first row of each component, and the number of rows
    edges: dict[str, npt.NDArray[Any]]  # component, left, right, weight, level; in merge order within a component
    decisions: dict[int, dict[int, list[tuple[int, int]]]]  # MUST and CANNOT by component
    records: pa.Table
    owner: Longs  # row of each value
    value: Longs
    clusters: dict[int, Longs]  # by level: the first row of each row's cluster
    weakest: dict[int, npt.NDArray[np.float64]]
    attached: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, arrived: pa.Table) -> "_Town":
        kind = arrived.column("kind")
        records = arrived.filter(pc.equal(kind, RECORD)).sort_by([("component", "ascending"), ("record_id", "ascending")]).combine_chunks()
        node = records.column("left").to_numpy()
        component = records.column("component").to_numpy()
        starts = np.append(np.unique(component, return_index=True)[1], len(component))
        order = np.argsort(node, kind="stable")

        def rows_of(side: str, some: pa.Table) -> Longs:
            rows: Longs = order[np.searchsorted(node[order], some.column(side).to_numpy())]
            return rows

        edge = arrived.filter(pc.equal(kind, EDGE)).combine_chunks()
        one, other = rows_of("left", edge), rows_of("right", edge)
        number = np.searchsorted(component[starts[:-1]], edge.column("component").to_numpy())
        unsorted = {
            "component": number,
            "left": np.minimum(one, other),
            "right": np.maximum(one, other),
            "weight": edge.column("weight").to_numpy(),
            "level": edge.column("level").to_numpy(),
        }
        merge_order = np.lexsort((unsorted["right"], unsorted["left"], -unsorted["weight"], -unsorted["level"], number))
        values = records.column("value_arr").combine_chunks()
        lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
        decided = arrived.filter(pc.greater(kind, EDGE)).combine_chunks()
        ends = np.stack([rows_of("left", decided), rows_of("right", decided)]) if decided.num_rows else np.empty((2, 0), dtype=np.int64)
        decisions: dict[int, dict[int, list[tuple[int, int]]]] = {MUST: {}, CANNOT: {}}
        where = np.searchsorted(starts, ends[0], side="right") - 1
        for which, at, a, b in sorted(
            zip(decided.column("kind").to_pylist(), where.tolist(), ends.min(0).tolist(), ends.max(0).tolist(), strict=True)
        ):
            decisions[which].setdefault(at, []).append((a - int(starts[at]), b - int(starts[at])))
        rows = len(node)
        return cls(
            ids=records.column("record_id").combine_chunks(),
            starts=starts,
            edges={name: column[merge_order] for name, column in unsorted.items()},
            decisions=decisions,
            records=records,
            owner=np.repeat(np.arange(rows), lengths),
            value=values.flatten().to_numpy(),
            clusters={level: np.arange(rows) for level in THRESHOLDS},
            weakest={level: np.full(rows, np.nan) for level in THRESHOLDS},
            attached=np.zeros(rows, dtype=np.bool_),
        )

    def components(self, rules: Rules) -> Iterator[tuple[int, int, Component]]:
        """First row, row after the last, and the component."""
        spans = np.searchsorted(self.edges["component"], np.arange(len(self.starts))).tolist()
        column = {name: self._lists(*kinds) for name, kinds in _ATTRIBUTES.items()}
        identity, born, forenames = (self.records.column(c).to_pylist() for c in ("identity", "born", "forename_arr"))
        forenames = [names or () for names in forenames]
        alike = self._alike() if rules.twins else frozenset()
        left, right = (self.edges[side] for side in ("left", "right"))
        weight, level = self.edges["weight"], self.edges["level"]
        for number, (first, last) in enumerate(zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)):
            span = slice(spans[number], spans[number + 1])
            yield (
                first,
                last,
                Component(
                    records=last - first,
                    left=(left[span] - first).tolist(),
                    right=(right[span] - first).tolist(),
                    weight=weight[span].tolist(),
                    level=level[span].tolist(),
                    must=self.decisions[MUST].get(number, ()),
                    cannot=self.decisions[CANNOT].get(number, ()),
                    identity=identity[first:last],
                    born=born[first:last],
                    forenames=forenames[first:last],
                    alike=lambda a, b: a == b or (a, b) in alike,
                    **{name: lists[first:last] for name, lists in column.items()},
                ),
            )

    def settle(self, first: int, last: int, component: Component, merged: Merged) -> None:
        """Keeps what the merge of one component gave."""
        for level in THRESHOLDS:
            own = np.array(merged.clusters[level], dtype=np.int64)
            self.clusters[level][first:last] = own + first
            weakest = merged.weakest[level]
            if weakest:
                self.weakest[level][first:last] = [weakest.get(c, np.nan) for c in own.tolist()]
        if merged.attached:
            self.attached[[first + record for record in merged.attached]] = True

    def memberships(self, refused: list[tuple[int, Refusal]]) -> Iterator[pa.RecordBatch]:
        """Every record at every threshold."""
        for level, threshold in THRESHOLDS.items():
            cluster = self.clusters[level]
            size = np.bincount(cluster, minlength=len(cluster))[cluster]
            best, partner = self._best(cluster)
            conflict, held = self._flags(level, refused)
            yield _batch(
                record_id=self.ids,
                threshold=pa.repeat(threshold, len(cluster)),
                cluster_id=self.ids.take(pa.array(cluster)),
                cluster_size=pa.array(size),
                best_match_weight=pa.array(best, mask=np.isnan(best)),
                best_record_id=self.ids.take(pa.array(partner, mask=partner < 0)),
                weakest_link_weight=pa.array(self.weakest[level], mask=np.isnan(self.weakest[level])),
                evidence_kinds=pa.array(self._kinds(cluster, size), pa.int32()),
                flag_bridge=pa.array(self._bridges(level, cluster, size)),
                flag_attached=pa.array(self.attached if level <= MEDIUM else np.zeros_like(self.attached)),
                flag_conflict=pa.array(conflict),
                flag_held=pa.array(held),
            )

    def alerts(self, refused: list[tuple[int, Refusal]]) -> Iterator[pa.RecordBatch]:
        """Refused merges: one per threshold, pair of clusters and rule."""
        found: dict[tuple[int, int, int, str], list[Any]] = {}
        for first, refusal in refused:
            level, weight = self._level_of(first, refusal)
            ends = sorted((first + refusal.left, first + refusal.right), key=lambda row: int(self.clusters[level][row]))
            key = (level, int(self.clusters[level][ends[0]]), int(self.clusters[level][ends[1]]), refusal.rule)
            strength = np.inf if weight is None else weight
            if key not in found:
                found[key] = [strength, *ends, 1]
            else:
                held = found[key]
                held[3] += 1
                if (-strength, *ends) < (-held[0], held[1], held[2]):
                    held[:3] = [strength, *ends]
        if not found:
            return
        keys = sorted(found)
        rows = [found[key] for key in keys]
        sizes = {level: np.bincount(c, minlength=len(c)) for level, c in self.clusters.items()}

        def ids(positions: list[int]) -> pa.Array:
            return self.ids.take(pa.array(positions, pa.int64()))

        yield _batch(
            record_id=ids([row[1] for row in rows]),
            threshold=pa.array([THRESHOLDS[key[0]] for key in keys]),
            cluster_id=ids([key[1] for key in keys]),
            rule=pa.array([key[3] for key in keys]),
            other_record_id=ids([row[2] for row in rows]),
            other_cluster_id=ids([key[2] for key in keys]),
            records_l=pa.array([int(sizes[key[0]][key[1]]) for key in keys]),
            records_r=pa.array([int(sizes[key[0]][key[2]]) for key in keys]),
            match_weight=pa.array([None if row[0] == np.inf else row[0] for row in rows], pa.float64()),
            refused_links=pa.array([row[3] for row in rows]),
        )

    def _level_of(self, first: int, refusal: Refusal) -> tuple[int, float | None]:
        """Highest threshold that a refused link reaches, and its weight; a decision to join counts at all of them."""
        if refusal.edge < 0:
            return HIGH, None
        number = int(np.searchsorted(self.starts, first))
        edge = int(np.searchsorted(self.edges["component"], number)) + refusal.edge
        return int(self.edges["level"][edge]), float(self.edges["weight"][edge])

    def _flags(self, level: int, refused: list[tuple[int, Refusal]]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Whether a decision or the twins rule keeps a record's cluster from another, and whether any other rule but the mean does."""
        flags = np.zeros((2, len(self.attached)), dtype=np.bool_)
        cluster = self.clusters[level]
        for first, refusal in refused:
            if refusal.rule != "mean" and self._level_of(first, refusal)[0] >= level:
                of = 0 if refusal.rule in (CANNOT_LINK, TWINS) else 1
                flags[of, [cluster[first + refusal.left], cluster[first + refusal.right]]] = True
        return flags[0][cluster], flags[1][cluster]

    def _best(self, cluster: Longs) -> tuple[npt.NDArray[np.float64], Longs]:
        """For each record its strongest edge inside the cluster, and the row of the other end; NaN and -1 where there is none."""
        best, partner = np.full(len(cluster), np.nan), np.full(len(cluster), -1)
        left, right, weight = (self.edges[name] for name in ("left", "right", "weight"))
        inside = cluster[left] == cluster[right]
        one = np.concatenate([left[inside], right[inside]])
        other = np.concatenate([right[inside], left[inside]])
        strength = np.concatenate([weight[inside]] * 2)
        order = np.lexsort((other, -strength, one))
        rows, first = np.unique(one[order], return_index=True)
        best[rows], partner[rows] = strength[order][first], other[order][first]
        return best, partner

    def _kinds(self, cluster: Longs, size: Longs) -> Longs:
        """For each record how many independent kinds of evidence it shares with another record of its cluster."""
        kind = self.value & 7
        counts = (kind != BIRTH) & (size[self.owner] > 1)
        owner, value = self.owner[counts], self.value[counts]
        order = np.lexsort((value, cluster[owner]))
        owner, value = owner[order], value[order]
        of = cluster[owner]
        new = np.append(True, (of[1:] != of[:-1]) | (value[1:] != value[:-1])) if len(of) else np.empty(0, dtype=np.bool_)
        group = np.cumsum(new) - 1
        shared = np.bincount(group)[group] > 1 if len(group) else new
        kinds = np.zeros((len(cluster), len({*EVIDENCE.values()})), dtype=np.int64)
        evidence = np.array([EVIDENCE.get(k, 0) for k in range(8)])
        kinds[owner[shared], evidence[value[shared] & 7]] = 1
        counted: Longs = kinds.sum(axis=1)
        return counted

    def _bridges(self, level: int, cluster: Longs, size: Longs) -> npt.NDArray[np.bool_]:
        """Records without which the edges of the threshold would not hold their cluster together."""
        left, right = self.edges["left"], self.edges["right"]
        inside = (self.edges["level"] >= level) & (cluster[left] == cluster[right]) & (size[left] > 2)
        return cut_records(left[inside], right[inside], cluster, size)

    def _lists(self, *kinds: int) -> list[list[int]]:
        """For each row its values of these kinds."""
        some = np.isin(self.value & 7, kinds)
        bounds = np.searchsorted(self.owner[some], np.arange(len(self.attached) + 1)).tolist()
        values = self.value[some].tolist()
        return [values[a:b] for a, b in pairwise(bounds)]

    def _alike(self) -> frozenset[tuple[str, str]]:
        """Pairs of forenames that may be one, of those that people of one surname and date of birth bear; computed as models do."""
        births = (self.value & 7) == BIRTH
        born = pa.table({"row": self.owner[births], "birth": self.value[births]})
        forenames = self.records.column("forename_arr").combine_chunks()
        named = pa.table({"row": pc.list_parent_indices(forenames), "forename": forenames.flatten()})
        with duckdb.connect(config={"threads": 1}) as con:
            con.register("born", born)
            con.register("named", named)
            con.execute("CREATE TABLE bearer AS SELECT DISTINCT birth, forename FROM born JOIN named USING (row)")
            pairs = con.execute(
                "SELECT DISTINCT a.forename, b.forename FROM bearer a JOIN bearer b ON a.birth = b.birth AND a.forename <> b.forename "
                "WHERE a.forename[:3] = b.forename[:3] OR jaro_winkler_similarity(a.forename, b.forename) >= ? "
                "OR damerau_levenshtein(a.forename, b.forename) <= 1",
                [_ALIKE],
            ).fetchall()
        return frozenset(pairs)


_ATTRIBUTES = {"pncs": (PNC,), "cros": (CRO,), "births": (BIRTH,), "places": (PLACE, LINK_DATE)}
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
