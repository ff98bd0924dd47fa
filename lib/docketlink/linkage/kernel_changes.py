"""Executor side of scoring what changed: the records of a blob held against those that changed, which every task is sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernel_scores import fetched, numbered, require_probes, scored, sources
from docketlink.linkage.kernels import KeyPlan, connection

_PAIRS = 5_000_000  # that are held at once: a hundred megabytes


@dataclass(frozen=True)
class ChangePlan:
    """How pairs with a changed record are found and scored; fields as ``ScorePlan``, of which ``general`` is the only cascade."""

    keys: KeyPlan
    columns: tuple[str, ...]
    within: bool
    between: bool
    general: str
    probes: Mapping[str, Sequence[str]]
    memory: str


def chunks(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """All records of the blobs in blobs of so many rows, the last one smaller, numbered by ``part``."""
    held: list[pa.Table] = []
    number = 0
    for _, table in kernel_blobs.tables(batches):
        held.append(table)
        while sum(each.num_rows for each in held) >= rows:
            together = pa.concat_tables(held)
            yield kernel_blobs.row(number, together.slice(0, rows))
            held, number = [together.slice(rows)], number + 1
    if any(each.num_rows for each in held):
        yield kernel_blobs.row(number, pa.concat_tables(held))


def score_changed(batches: Iterable[pa.RecordBatch], plan: ChangePlan) -> Iterator[pa.RecordBatch]:
    """Rows of ``kernel_scores.EDGE``: pairs of a record of ``blob`` and a changed one of ``changed_blob`` at or above the floor.

    A pair belongs to the first rule whose keys agree; one of two changed records is made where the blob holds the one with the larger id.
    """
    with connection(plan.memory) as con:
        require_probes(con, plan.probes)
        plan.keys.register(con)
        for batch in batches:
            for blobs in zip(batch.column("blob"), batch.column("changed_blob"), strict=True):
                record, other = (pa.ipc.open_stream(blob.as_buffer()).read_all() for blob in blobs)
                for pairs in _pairs(con, plan, record, other):
                    yield from _scored(con, plan, pa.concat_tables([record, other]), pairs)


def _pairs(con: duckdb.DuckDBPyConnection, plan: ChangePlan, record: pa.Table, other: pa.Table) -> Iterator[pa.Table]:
    """``row_l, row_r, rule``, some at a time; rows of ``other`` are numbered after those of ``record``, the smaller id is on the left."""
    keys = [f"key_{i}" for i in range(len(plan.keys.rules))]
    first = 0
    for name, table in (("mine", record), ("theirs", other)):
        con.register("arrived", table.append_column("row", pa.array(np.arange(first, first + table.num_rows))))
        made = ", ".join(plan.keys.columns())
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT row, record_id, source_index, changed, {made} FROM arrived")  # noqa: S608 - a checked model
        con.unregister("arrived")
        first += table.num_rows
    owned = sources(within=plan.within, between=plan.between)
    ordered = ", ".join(f"CASE WHEN l.record_id < r.record_id THEN {a}.row ELSE {b}.row END AS row_{a}" for a, b in ("lr", "rl"))
    found = []
    for i, key in enumerate(keys):
        earlier = "".join(f" AND (l.{k} = r.{k}) IS NOT TRUE" for k in keys[:i])
        found.append(
            f"SELECT {ordered}, {i} AS rule FROM mine l JOIN stretch r ON l.{key} = r.{key} "  # noqa: S608
            f"WHERE (NOT l.changed OR l.record_id > r.record_id){owned}{earlier}"
        )
    for start, end in _stretches(con, keys):
        con.execute(f"CREATE OR REPLACE TEMP TABLE stretch AS SELECT * FROM theirs WHERE row BETWEEN {start} AND {end}")  # noqa: S608
        yield con.sql(" UNION ALL ".join(found)).to_arrow_table()


def _stretches(con: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last row of ``theirs`` that are in about ``_PAIRS`` pairs together, or one row that is in more."""
    sizes = [
        f"SELECT row, n FROM theirs JOIN (SELECT {key}, count(*) AS n FROM mine WHERE {key} IN (SELECT {key} FROM theirs) GROUP BY ALL) "  # noqa: S608
        f"USING ({key})"
        for key in keys
    ]
    found = con.sql(f"SELECT row, sum(n)::BIGINT AS n FROM ({' UNION ALL '.join(sizes)}) GROUP BY row ORDER BY row").to_arrow_table()  # noqa: S608
    row = found.column("row").to_numpy()
    stretch = np.cumsum(found.column("n").to_numpy()) // _PAIRS
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    return zip(row[starts].tolist(), row[[*(starts[1:] - 1), -1]].tolist() if len(row) else [], strict=True)


def _scored(con: duckdb.DuckDBPyConnection, plan: ChangePlan, record: pa.Table, pairs: pa.Table) -> Iterator[pa.RecordBatch]:
    left, right = (pairs.column(side).to_numpy() for side in ("row_l", "row_r"))
    asked = np.unique(np.concatenate([left, right]))
    some, ids = numbered(record.select(["record_id", *plan.columns]).take(pa.array(asked)))
    row = some.column("row").to_numpy()
    sides = [pa.array(row[np.searchsorted(asked, side)]) for side in (left, right)]
    con.register("record", some)
    con.register("pair", pa.table([*sides, pc.cast(pairs.column("rule"), pa.int32())], names=["row_l", "row_r", "rule"]))
    yield from scored(con, plan.general.replace("{pairs}", fetched(plan.columns)), ids)
    con.unregister("pair")
    con.unregister("record")
