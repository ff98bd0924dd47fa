"""Executor side of scoring: the pairs of a shard scored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernels import connection, keys_table, similarity_outputs

EDGE = "record_id_l string, record_id_r string, rule int, match_weight double"
_BATCH = 100_000  # rows of a batch of scores


@dataclass(frozen=True)
class ScorePlan:
    """How the pairs of a shard are scored.

    ``cascades`` holds for each rule the SQL that turns ``{pairs}``, pairs with the ``columns`` of both sides, into ``row_l, row_r,
    match_weight`` of those at or above the floor. ``within`` and ``between`` say which pairs of sources the stage owns. ``general`` is a
    cascade for pairs of any rule, which keeps their ``rule`` too: with it pairs are found by their keys alone, and columns fetched for
    those, which costs less while a record is in few. The ``cascades`` are not asked then.
    """

    cascades: tuple[str, ...]
    columns: tuple[str, ...]
    family_of: tuple[int | None, ...]
    families: int
    split: Mapping[int, Mapping[int, int]]
    within: bool
    between: bool
    probes: Mapping[str, Sequence[str]]
    memory: str
    general: str | None = None


def score_shard(batches: Iterable[pa.RecordBatch], plan: ScorePlan) -> Iterator[pa.RecordBatch]:
    """Rows of ``EDGE``: the shard's pairs at or above the floor, each pair once over all shards, the smaller id on the left.

    Rows are sorted by what they travelled by, so that both sides of a pair are near each other in memory. A pair belongs to the first
    rule that finds it: it is left out where an earlier rule's keys agree.
    """
    arrived = [table for _, table in kernel_blobs.tables(batches)]
    if not arrived:
        return
    with connection(plan.memory) as con:
        require_probes(con, plan.probes)
        record, ids = numbered(pa.concat_tables(arrived))
        arrived.clear()
        con.register("record", record)
        con.register("split", keys_table({rule: tuple(sides) for rule, sides in plan.split.items()}))
        con.execute(_shard(plan))
        there = {family for (family,) in con.sql("SELECT DISTINCT family FROM shard").fetchall()}
        pairs = _pairs(plan, there)
        if plan.general is not None:
            con.execute("CREATE TABLE pair (row_l BIGINT, row_r BIGINT, rule INTEGER)")
            for rule, sql in pairs:
                con.execute(f"INSERT INTO pair SELECT row_l, row_r, {rule} FROM {sql}")  # noqa: S608 - a checked model
            yield from scored(con, plan.general.replace("{pairs}", fetched(plan.columns)), ids)
            return
        del record
        con.unregister("record")
        for rule, sql in pairs:
            yield from scored(con, f"SELECT *, {rule} AS rule FROM ({plan.cascades[rule].replace('{pairs}', sql)})", ids)  # noqa: S608


def require_probes(con: duckdb.DuckDBPyConnection, probes: Mapping[str, Sequence[str]]) -> None:
    """Makes the connection ready to score. Raises RuntimeError where its similarities are not those of the training."""
    if similarity_outputs(con) != {name: list(values) for name, values in probes.items()}:
        raise RuntimeError("DuckDB of this executor computes other similarities than the model was trained with.")
    # DuckDB would move a filter below the expression that it reads, and compute that twice
    con.execute("SET disabled_optimizers = 'filter_pushdown'")


def sources(*, within: bool, between: bool) -> str:
    """Which pairs of sources a stage owns, as a condition on its sides."""
    if within and between:
        return ""
    return " AND l.source_index = r.source_index" if within else " AND l.source_index <> r.source_index"


def numbered(arrived: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The records with ``row``, their place in the order of their ids, and the ids in this order."""
    ids = arrived.column("record_id").combine_chunks()
    order = pc.sort_indices(ids)
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    return arrived.append_column("row", pa.array(row)), ids.take(order)


def _shard(plan: ScorePlan) -> str:
    """SQL of the table ``shard``: a row for every block that brought a record here, near each other where they share one."""
    names = ["row", "source_index", *(f"key_{i}" for i in range(len(plan.family_of)))]
    names += [f'"{column}"' for column in plan.columns] if plan.general is None else []
    columns = ", ".join(names)
    each = f"SELECT {columns}, unnest(copies) AS copy FROM record"  # noqa: S608 - column names of a checked model
    both = f"SELECT copy.family AS family, copy.block AS block, copy.cell AS cell, {columns} FROM ({each})"  # noqa: S608
    return f"CREATE TABLE shard AS {both} ORDER BY family, block, row"


def scored(con: duckdb.DuckDBPyConnection, sql: str, ids: pa.Array) -> Iterator[pa.RecordBatch]:
    """Rows of ``EDGE`` from a cascade over pairs of rows, whose ids are given by row."""
    for batch in con.sql(sql).to_arrow_reader(_BATCH):
        left, right = (pc.take(ids, batch.column(side)) for side in ("row_l", "row_r"))
        yield pa.RecordBatch.from_arrays(
            [left, right, batch.column("rule"), batch.column("match_weight")], names=["record_id_l", "record_id_r", "rule", "match_weight"]
        )


def _pairs(plan: ScorePlan, there: set[int]) -> Iterator[tuple[int, str]]:
    """Rule and SQL of its pairs: those whose rows came with a family, and those that came by the rule's own key or cell."""
    for i, family in enumerate(plan.family_of):
        if family in there:
            whole = f" AND key_{i} NOT IN (SELECT key FROM split WHERE rule = {i})" if plan.split.get(i) else ""  # noqa: S608
            yield i, _join(plan, i, f"family = {family} AND key_{i} IS NOT NULL{whole}", f"key_{i}", "")
        if (own := plan.families + i) in there:
            yield i, _join(plan, i, f"family = {own}", "block", " AND (l.cell = 0 OR l.cell <> r.cell)" if plan.split.get(i) else "")


def _join(plan: ScorePlan, rule: int, where: str, key: str, more: str) -> str:
    # a missing key claims nothing: it becomes a number that no other row has, so that the join needs no NULL logic
    claims = "".join(f", coalesce(key_{j}, -1 - row) AS claim_{j}" for j in range(rule))
    columns = plan.columns if plan.general is None else ()
    names = "".join(f', "{column}"' for column in columns)
    rows = f"(SELECT row, {key} AS joined, cell, source_index{names}{claims} FROM shard WHERE {where})"  # noqa: S608
    earlier = "".join(f" AND l.claim_{j} <> r.claim_{j}" for j in range(rule))
    on = f"l.joined = r.joined AND l.row < r.row{sources(within=plan.within, between=plan.between)}{more}{earlier}"
    return f"(SELECT l.row AS row_l, r.row AS row_r{_both(columns)} FROM {rows} l JOIN {rows} r ON {on})"  # noqa: S608


def fetched(columns: Sequence[str]) -> str:
    """SQL of the rows of ``pair``, with these columns of both sides from ``record``."""
    sides = "JOIN record l ON l.row = pair.row_l JOIN record r ON r.row = pair.row_r"
    return f"(SELECT row_l, row_r, rule{_both(columns)} FROM pair {sides})"  # noqa: S608 - column names of a checked model


def _both(columns: Sequence[str]) -> str:
    return "".join(f', {side}."{column}" AS "{column}_{side}"' for column in columns for side in "lr")
