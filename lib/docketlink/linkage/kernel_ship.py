"""Executor side of scoring: records sent to the shards of their blocks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernel_blocks import RECORDS, group_column
from docketlink.linkage.kernels import KeyPlan, connection, keys_table

_COPY = ("family", "block", "cell")


@dataclass(frozen=True)
class ShipPlan:
    """Which copies of a record go where.

    ``families`` holds the expression that the rules of a family share; one copy serves them all. ``family_of`` is the family of each
    rule, None for a rule that travels by its own key: copies of rule i have the family ``len(families) + i``. So do those of the
    ``hot`` groups of a family, which would be too much for one shard. ``split`` gives the side of the triangular grid that a block's
    key is cut into; each record goes to the cells of its row and its column. ``placed`` is the shard of groups and keys that have
    many pairs; all others follow their number.
    """

    keys: KeyPlan
    families: tuple[str, ...]
    family_of: tuple[int | None, ...]
    hot: Mapping[int, tuple[int, ...]]
    split: Mapping[int, Mapping[int, int]]
    placed: Mapping[int, Mapping[int, int]]
    shards: int
    labels: tuple[int, ...]
    payload: tuple[str, ...]
    memory: str

    def own(self, rule: int) -> int:
        """The family of the copies that travel by this rule's own key."""
        return len(self.families) + rule


def ship(batches: Iterable[pa.RecordBatch], plan: ShipPlan) -> Iterator[pa.RecordBatch]:
    """The records as blobs, one a shard; ``part`` is the shard's label, which Spark's hash sends to the shard.

    A record is in a blob once, with the payload, its keys, and in ``copies`` a ``family, block, cell`` for each block that brings it there.
    """
    with connection(plan.memory) as con:
        _register(con, plan)
        copies = " UNION ALL ".join(_copies(plan))
        for arrived in _keyed(con, batches, plan):
            records = _with_keys(con, arrived, plan)
            found = con.sql(f"SELECT shard, row, family, block, cell FROM ({copies})").to_arrow_table()  # noqa: S608
            for shard, rows in kernel_blobs.runs(_by_record(found)):
                sent = records.take(rows.column("row")).append_column("copies", rows.column("copies"))
                yield kernel_blobs.row(plan.labels[shard], sent)


def _by_record(found: pa.Table) -> pa.Table:
    """``shard, row, copies`` of every record in every shard that a copy goes to, by shard."""
    order = np.lexsort((found.column("row").to_numpy(), found.column("shard").to_numpy()))
    shard, row, *copies = (found.column(name).to_numpy()[order] for name in ("shard", "row", *_COPY))
    first = np.flatnonzero(np.diff(shard, prepend=-1) | np.diff(row, prepend=-1))
    listed = pa.StructArray.from_arrays([pa.array(column) for column in copies], names=_COPY)
    lists = pa.ListArray.from_arrays(pa.array(np.append(first, len(row)), pa.int32()), listed)
    return pa.table({"shard": shard[first], "row": row[first], "copies": lists})


def _keyed(con: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], plan: ShipPlan) -> Iterator[pa.Table]:
    """Each blob of records; meanwhile ``keyed`` is a table of their keys and groups by ``row``, the place in the blob."""
    columns = ", ".join([*plan.keys.columns(), *(group_column(f, expression) for f, expression in enumerate(plan.families))])
    plan.keys.register(con)
    for part, table in kernel_blobs.tables(batches):
        if part == RECORDS:
            con.register("arrived", table.append_column("row", pa.array(np.arange(table.num_rows))))
            con.execute(f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT row, record_id, {columns} FROM arrived")  # noqa: S608 - a checked model
            con.unregister("arrived")
            yield table


def _with_keys(con: duckdb.DuckDBPyConnection, arrived: pa.Table, plan: ShipPlan) -> pa.Table:
    """What every shard gets of the records: the payload and their keys."""
    names = [f"key_{i}" for i in range(len(plan.family_of))]
    keys = con.sql(f"SELECT {', '.join(names)} FROM keyed ORDER BY row").to_arrow_table()  # noqa: S608
    return pa.table([*arrived.select(plan.payload).columns, *keys.columns], names=[*plan.payload, *names]).combine_chunks()


def _register(con: duckdb.DuckDBPyConnection, plan: ShipPlan) -> None:
    split = [(rule, key, side) for rule, sides in plan.split.items() for key, side in sides.items()]
    placed = [(family, block, shard) for family, shards in plan.placed.items() for block, shard in shards.items()]
    con.register("hot", keys_table(plan.hot))
    for name, columns, rows in (("split", ("rule", "key", "side"), split), ("placed", ("family", "block", "shard"), placed)):
        types = (pa.int32(), pa.int64(), pa.int32())
        con.register(name, pa.table({c: pa.array([r[k] for r in rows], types[k]) for k, c in enumerate(columns)}))


def _copies(plan: ShipPlan) -> Iterator[str]:
    for f in range(len(plan.families)):
        some = " OR ".join(f"key_{i} IS NOT NULL" for i, of in enumerate(plan.family_of) if of == f)
        cold = f" AND group_{f} NOT IN (SELECT key FROM hot WHERE rule = {f})" if plan.hot.get(f) else ""  # noqa: S608
        yield _whole(plan, f, f"group_{f}", f"({some}){cold}")
    for i, family in enumerate(plan.family_of):
        split = f" AND key_{i} NOT IN (SELECT key FROM split WHERE rule = {i})" if plan.split.get(i) else ""  # noqa: S608
        if family is None:
            yield _whole(plan, plan.own(i), f"key_{i}", f"key_{i} IS NOT NULL{split}")
        elif plan.hot.get(family):
            hot = f" AND group_{family} IN (SELECT key FROM hot WHERE rule = {family})"  # noqa: S608
            yield _whole(plan, plan.own(i), f"key_{i}", f"key_{i} IS NOT NULL{hot}{split}")
        if plan.split.get(i):
            yield _cells(plan, i)


def _whole(plan: ShipPlan, family: int, block: str, where: str) -> str:
    if plan.placed.get(family):
        where_to = f"coalesce(p.shard, ({block} % {plan.shards})::INTEGER)"
        source = f"keyed LEFT JOIN (SELECT block, shard FROM placed WHERE family = {family}) p ON p.block = {block}"  # noqa: S608
    else:
        where_to, source = f"({block} % {plan.shards})::INTEGER", "keyed"
    return f"SELECT {where_to} AS shard, row, {family} AS family, {block} AS block, 0 AS cell FROM {source} WHERE {where}"  # noqa: S608


def _cells(plan: ShipPlan, i: int) -> str:
    """Copies of the records of split blocks: cell (a, b) of the grid holds rows a and b; ``cell`` says which of the two, 0 for both."""
    number = "(cell_b * (cell_b + 1) // 2 + cell_a)"
    return (
        f"SELECT ((key_{i} + {number}) % {plan.shards})::INTEGER AS shard, row, {plan.own(i)} AS family, "  # noqa: S608
        f"(hash(key_{i}, cell_a, cell_b) >> 1)::BIGINT AS block, "
        f"CASE WHEN cell_a = cell_b THEN 0 WHEN cell_own = cell_a THEN 1 ELSE 2 END AS cell FROM ("
        f"SELECT *, least(cell_own, cell_other) AS cell_a, greatest(cell_own, cell_other) AS cell_b FROM ("
        f"SELECT *, unnest(range(cell_side)) AS cell_other FROM ("
        f"SELECT keyed.*, s.side::BIGINT AS cell_side, (hash(record_id, {i}) % s.side)::BIGINT AS cell_own "
        f"FROM keyed JOIN (SELECT key, side FROM split WHERE rule = {i}) s ON s.key = key_{i})))"
    )
