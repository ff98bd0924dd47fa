"""What arrives at a task of clustering: whole components of records, edges and decisions, numbered by row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage.kernel_merge import Component
from docketlink.linkage.kernel_rules import Rules

RECORD, EDGE, MUST, CANNOT = 0, 1, 2, 3  # kinds of rows that arrive
NAME, DATE_OF_BIRTH, PLACE, PNC, CRO, LINK_DATE, KNOWN_ID, BIRTH = range(8)  # kinds of values, in their lowest three bits
ARRIVES = (
    "component long, kind int, left long, right long, weight double, level int, record_id string, identity long, born int, "
    "born_by int, value_arr array<long>, forename_arr array<string>"
)
_ALIKE = 0.9  # Jaro-Winkler from which two forenames may be one (the published twins rule)
_HEAD = pa.schema([("variant", pa.string()), ("name", pa.string())])
_NOTHING: tuple[int, ...] = ()

Longs = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Pairs = Sequence[tuple[int, int]]


@dataclass
class Arrivals:
    """The records of a partition, sorted by component and id, and its edges between row numbers.

    ``edges`` holds ``component, left, right, weight, level``; in merge order within a component, the smaller row to the left.
    """

    records: pa.Table
    starts: Longs  # first row of each component, and the number of rows
    edges: dict[str, npt.NDArray[Any]]
    decisions: dict[int, dict[int, Pairs]]  # MUST and CANNOT by component, between records of it
    owner: Longs  # row of each value
    value: Longs

    @classmethod
    def of(cls, arrived: pa.Table) -> "Arrivals":
        """From rows of ``ARRIVES`` in any order."""
        kind = arrived.column("kind")
        records = arrived.filter(pc.equal(kind, RECORD)).sort_by([("component", "ascending"), ("record_id", "ascending")]).combine_chunks()
        node = records.column("left").to_numpy()
        component = records.column("component").to_numpy()
        starts = np.append(np.unique(component, return_index=True)[1], len(component))
        order = np.argsort(node, kind="stable")
        node = node[order]

        def rows_of(side: str, some: pa.Table) -> Longs:
            rows: Longs = order[np.searchsorted(node, some.column(side).to_numpy())]
            return rows

        edge = arrived.filter(pc.equal(kind, EDGE)).combine_chunks()
        one, other = rows_of("left", edge), rows_of("right", edge)
        unsorted = {
            "component": np.searchsorted(component[starts[:-1]], edge.column("component").to_numpy()),
            "left": np.minimum(one, other),
            "right": np.maximum(one, other),
            "weight": edge.column("weight").to_numpy(),
            "level": edge.column("level").to_numpy(),
        }
        merge_order = np.lexsort((unsorted["right"], unsorted["left"], -unsorted["weight"], -unsorted["level"], unsorted["component"]))
        decided = arrived.filter(pc.greater(kind, EDGE)).combine_chunks()
        values = records.column("value_arr").combine_chunks()
        lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
        return cls(
            records=records,
            starts=starts,
            edges={name: column[merge_order] for name, column in unsorted.items()},
            decisions=_decisions(decided.column("kind").to_numpy(), rows_of("left", decided), rows_of("right", decided), starts),
            owner=np.repeat(np.arange(len(node)), lengths),
            value=values.flatten().to_numpy(),
        )

    @property
    def ids(self) -> pa.Array:
        """Record ids by row."""
        return self.records.column("record_id").combine_chunks()

    @property
    def kind(self) -> Longs:
        """Kind of each value."""
        return self.value & 7

    def rows_of(self, chosen: Booleans) -> Booleans:
        """For each row whether its component is among the chosen."""
        return np.repeat(chosen, np.diff(self.starts))

    def components(self, chosen: Booleans, rules: Rules) -> Iterator[tuple[int, int, Component]]:
        """First row, first edge and component, of the components chosen; forenames are compared where the rules ask."""
        rows = self.rows_of(chosen)
        rank = np.cumsum(rows) - 1  # of each row among those of the chosen components
        records = self.records.filter(pa.array(rows))
        here = rows[self.owner]
        kind, owner, value = self.kind[here], rank[self.owner[here]], self.value[here]
        column = {name: _lists(owner, value, np.isin(kind, kinds), len(records)) for name, kinds in _ATTRIBUTES.items()}
        identity, born, born_by, forenames = (records.column(name).to_pylist() for name in ("identity", "born", "born_by", "forename_arr"))
        forenames = [names or _NOTHING for names in forenames]
        asked = rules.twins or rules.forename_bar > 0
        alike = _alike(owner[kind == BIRTH], value[kind == BIRTH], records, rules.forenames) if asked else frozenset()
        inside = chosen[self.edges["component"]]
        number = self.edges["component"][inside]
        left, right = ((self.edges[side][inside] - self.starts[number]).tolist() for side in ("left", "right"))
        weight, level = (self.edges[name][inside].tolist() for name in ("weight", "level"))
        numbers = np.flatnonzero(chosen)
        spans = [*np.searchsorted(number, numbers).tolist(), len(number)]
        first_edges = np.searchsorted(self.edges["component"], numbers).tolist()
        first_rows = self.starts[numbers]
        ranks = [*rank[first_rows].tolist(), len(records)]
        must, cannot = (self.decisions[kind] for kind in (MUST, CANNOT))
        for at, (number_, first_row, first_edge) in enumerate(zip(numbers.tolist(), first_rows.tolist(), first_edges, strict=True)):
            some, edges = slice(ranks[at], ranks[at + 1]), slice(spans[at], spans[at + 1])
            yield (
                first_row,
                first_edge,
                Component(
                    records=ranks[at + 1] - ranks[at],
                    left=left[edges],
                    right=right[edges],
                    weight=weight[edges],
                    level=level[edges],
                    must=must.get(number_, ()),
                    cannot=cannot.get(number_, ()),
                    identity=identity[some],
                    born=born[some],
                    born_by=born_by[some],
                    forenames=forenames[some],
                    alike=lambda a, b: a == b or (a, b) in alike,
                    **{name: lists[some] for name, lists in column.items()},
                ),
            )


_ATTRIBUTES = {"pncs": (PNC,), "cros": (CRO,), "births": (BIRTH,), "dobs": (DATE_OF_BIRTH,), "places": (PLACE, LINK_DATE)}


def _decisions(kind: Longs, left: Longs, right: Longs, starts: Longs) -> dict[int, dict[int, Pairs]]:
    number = np.searchsorted(starts, left, side="right") - 1
    first = starts[number]
    found: dict[int, dict[int, list[tuple[int, int]]]] = {MUST: {}, CANNOT: {}}
    ends = (np.minimum(left, right) - first).tolist(), (np.maximum(left, right) - first).tolist()
    for which, at, a, b in sorted(zip(kind.tolist(), number.tolist(), *ends, strict=True)):
        found[which].setdefault(at, []).append((a, b))
    return {which: {**pairs} for which, pairs in found.items()}


def _lists(owner: Longs, value: Longs, some: Booleans, rows: int) -> list[Sequence[int]]:
    """For each row those of its values."""
    bounds = np.searchsorted(owner[some], np.arange(rows + 1)).tolist()
    values = value[some].tolist()
    return [values[a:b] if a < b else _NOTHING for a, b in pairwise(bounds)]


def _alike(owner: Longs, birth: Longs, records: pa.Table, heads: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Pairs of forenames that may be one, of those that people of one surname and date of birth bear; computed as models do.

    ``heads`` gives short, pet and foreign forms the name that they stand for.
    """
    forenames = records.column("forename_arr").combine_chunks()
    component = records.column("component").to_numpy()
    born = pa.table({"row": owner, "component": component[owner], "birth": birth})
    named = pa.table({"row": pc.list_parent_indices(forenames), "forename": forenames.flatten()})
    with duckdb.connect(config={"threads": 1}) as con:
        con.register("born", born)
        con.register("named", named)
        con.register("head", pa.table({"variant": [*heads], "name": [*heads.values()]}, _HEAD))
        con.execute("CREATE TABLE bearer AS SELECT DISTINCT component, birth, forename FROM born JOIN named USING (row)")
        pairs = con.execute(
            "SELECT one, other FROM (SELECT DISTINCT a.forename AS one, b.forename AS other FROM bearer a JOIN bearer b "
            "ON a.component = b.component AND a.birth = b.birth AND a.forename <> b.forename) "
            "LEFT JOIN head x ON x.variant = one LEFT JOIN head y ON y.variant = other "
            "WHERE coalesce(x.name, one) = coalesce(y.name, other) OR one[:3] = other[:3] "
            "OR jaro_winkler_similarity(one, other) >= ? OR damerau_levenshtein(one, other) <= 1",
            [_ALIKE],
        ).fetchall()
    return frozenset(pairs)
