"""Executor side of scoring: records sent to the shards of their blocks, and the pairs of a shard scored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernel_blocks import RECORDS, group_column
from docketlink.linkage.kernels import KeyPlan, connection, keys_table, similarity_outputs

EDGE = "record_id_l string, record_id_r string, rule int, match_weight double"
_BATCH = 100_000  # rows of a batch of scores


@dataclass(frozen=True)
class ShipPlan:
    """Which copies of a record go where.

    ``families`` holds the expression that the rules of a family share; one copy serves them all. ``family_of`` is the family of each
    rule, None for a rule that travels by its own key: copies of rule i have the family ``len(families) + i``. So do those of the
    ``hot`` groups of a family, which would be too much for one shard. ``split`` gives the side of the triangular grid that a block's
    key is cut into; each record goes to the cells of its row and its column. ``placed`` is the shard of groups and keys that have
    many pairs; all others follow their number. ``touched`` is what ``touch`` found: only copies that may meet a changed record go out.
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
    touched: bytes | None = None

    def own(self, rule: int) -> int:
        """The family of the copies that travel by this rule's own key."""
        return len(self.families) + rule


def ship(batches: Iterable[pa.RecordBatch], plan: ShipPlan) -> Iterator[pa.RecordBatch]:
    """The copies of the records as blobs, one a shard; ``part`` is the shard's label, which Spark's hash sends to the shard."""
    with connection(plan.memory) as con:
        _register(con, plan)
        copies = " UNION ALL ".join(_copies(plan))
        for _ in _keyed(con, batches, plan, ""):
            shipped = con.sql(f"SELECT shard, family, block, cell, {_row(plan)} FROM ({copies}) ORDER BY shard").to_arrow_table()  # noqa: S608
            if plan.touched is not None:
                shipped = shipped.filter(pa.array(_is_touched(shipped, plan.touched)))
            for blob in kernel_blobs.by_part(shipped):
                label = plan.labels[blob.column("part")[0].as_py()]
                yield blob.set_column(0, "part", pa.array([label], pa.int32()))


def touch(batches: Iterable[pa.RecordBatch], plan: ShipPlan, slots: int) -> Iterator[pa.RecordBatch]:
    """One blob a task: ``slots`` bits, of which those are set that the groups and blocks of changed records fall on.

    A Bloom filter of one hash (B. Bloom, 1970): a bit may be set by chance, which ships a copy in vain; none is missing. ``slots``
    is a power of two, at least 8.
    """
    bits = np.zeros(slots, dtype=np.bool_)
    with connection(plan.memory) as con:
        _register(con, plan)
        copies = " UNION ALL ".join(_copies(plan))
        for _ in _keyed(con, batches, plan, "WHERE changed"):
            there = con.sql(f"SELECT DISTINCT family, block FROM ({copies})").to_arrow_table()  # noqa: S608
            bits[_slots(there, slots)] = True
    yield pa.RecordBatch.from_pydict({"touched": [np.packbits(bits).tobytes()]})


def _keyed(con: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], plan: ShipPlan, where: str) -> Iterator[None]:
    """For each blob of records its rows with keys and groups as the table ``keyed``."""
    columns = ", ".join([*plan.payload, *plan.keys.columns(), *(group_column(f, expression) for f, expression in enumerate(plan.families))])
    plan.keys.register(con)
    for part, table in kernel_blobs.tables(batches):
        if part == RECORDS:
            con.register("arrived", table)
            con.execute(f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT {columns} FROM arrived {where}")  # noqa: S608 - a checked model
            con.unregister("arrived")
            yield


def _slots(copies: pa.Table, slots: int) -> npt.NDArray[np.uint64]:
    family, block = (copies.column(name).to_numpy().astype(np.uint64) for name in ("family", "block"))
    mixed = (block ^ (family * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    slot: npt.NDArray[np.uint64] = (mixed ^ (mixed >> np.uint64(31))) & np.uint64(slots - 1)
    return slot


def _is_touched(copies: pa.Table, touched: bytes) -> npt.NDArray[np.bool_]:
    bits = np.frombuffer(touched, dtype=np.uint8)
    slot = _slots(copies, 8 * len(bits))
    is_set: npt.NDArray[np.bool_] = (bits[slot >> np.uint64(3)] >> (7 - (slot & np.uint64(7))).astype(np.uint8)) & 1 > 0
    return is_set


def _row(plan: ShipPlan) -> str:
    return ", ".join([*plan.payload, *(f"key_{i}" for i in range(len(plan.family_of)))])


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
    return f"SELECT {where_to} AS shard, {family} AS family, {block} AS block, 0 AS cell, {_row(plan)} FROM {source} WHERE {where}"  # noqa: S608


def _cells(plan: ShipPlan, i: int) -> str:
    """Copies of the records of split blocks: cell (a, b) of the grid holds rows a and b; ``cell`` says which of the two, 0 for both."""
    number = "(cell_b * (cell_b + 1) // 2 + cell_a)"
    return (
        f"SELECT ((key_{i} + {number}) % {plan.shards})::INTEGER AS shard, {plan.own(i)} AS family, "  # noqa: S608
        f"(hash(key_{i}, cell_a, cell_b) >> 1)::BIGINT AS block, "
        f"CASE WHEN cell_a = cell_b THEN 0 WHEN cell_own = cell_a THEN 1 ELSE 2 END AS cell, {_row(plan)} FROM ("
        f"SELECT *, least(cell_own, cell_other) AS cell_a, greatest(cell_own, cell_other) AS cell_b FROM ("
        f"SELECT *, unnest(range(cell_side)) AS cell_other FROM ("
        f"SELECT keyed.*, s.side::BIGINT AS cell_side, (hash(record_id, {i}) % s.side)::BIGINT AS cell_own "
        f"FROM keyed JOIN (SELECT key, side FROM split WHERE rule = {i}) s ON s.key = key_{i})))"
    )


@dataclass(frozen=True)
class ScorePlan:
    """How the pairs of a shard are scored.

    ``cascades`` holds for each rule the SQL that turns ``{pairs}``, pairs with the ``columns`` of both sides, into ``row_l, row_r,
    match_weight`` of those at or above the floor. ``within`` and ``between`` say which pairs of sources the stage owns; with
    ``only_changed`` pairs of two unchanged records are left out.
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
    only_changed: bool = False

    def sources(self) -> str:
        """Which pairs of sources the stage owns, as a condition."""
        if self.within and self.between:
            return ""
        return " AND l.source_index = r.source_index" if self.within else " AND l.source_index <> r.source_index"


def score_shard(batches: Iterable[pa.RecordBatch], plan: ScorePlan) -> Iterator[pa.RecordBatch]:
    """Rows of ``EDGE``: the shard's pairs at or above the floor, each pair once over all shards, the smaller id on the left.

    Rows are sorted by what they travelled by, so that both sides of a pair are near each other in memory. A pair belongs to the first
    rule that finds it: it is left out where an earlier rule's keys agree.
    """
    arrived = [table for _, table in kernel_blobs.tables(batches)]
    if not arrived:
        return
    with connection(plan.memory) as con:
        if similarity_outputs(con) != {name: list(values) for name, values in plan.probes.items()}:
            raise RuntimeError("DuckDB of this executor computes other similarities than the model was trained with.")
        # DuckDB would move a filter below the expression that it reads, and compute that twice
        con.execute("SET disabled_optimizers = 'filter_pushdown'")
        con.register("arrived", pa.concat_tables(arrived))
        arrived.clear()
        con.execute("CREATE TABLE shard AS SELECT * FROM arrived ORDER BY family, block, record_id")
        con.unregister("arrived")
        con.register("split", keys_table({rule: tuple(sides) for rule, sides in plan.split.items()}))
        ids = con.sql("SELECT record_id FROM shard ORDER BY rowid").to_arrow_table().column(0).combine_chunks()
        there = {family for (family,) in con.sql("SELECT DISTINCT family FROM shard").fetchall()}
        for rule, pairs in _pairs(plan, there):
            for batch in con.sql(plan.cascades[rule].replace("{pairs}", pairs)).to_arrow_reader(_BATCH):
                yield _named(batch, ids, rule)


def _named(batch: pa.RecordBatch, ids: pa.Array, rule: int) -> pa.RecordBatch:
    left, right = (pc.take(ids, batch.column(side)) for side in ("row_l", "row_r"))
    rules = pa.repeat(pa.scalar(rule, pa.int32()), batch.num_rows)
    return pa.RecordBatch.from_arrays(
        [left, right, rules, batch.column("match_weight")], names=["record_id_l", "record_id_r", "rule", "match_weight"]
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
    claims = "".join(f", coalesce(key_{j}, -1 - rowid) AS claim_{j}" for j in range(rule))
    names = ", ".join(f'"{column}"' for column in plan.columns)
    changed = ", changed" if plan.only_changed else ""
    rows = f"(SELECT rowid AS row, {key} AS joined, cell, source_index{changed}, {names}{claims} FROM shard WHERE {where})"  # noqa: S608
    earlier = "".join(f" AND l.claim_{j} <> r.claim_{j}" for j in range(rule))
    both = ", ".join(f'{side}."{column}" AS "{column}_{side}"' for column in plan.columns for side in "lr")
    either = " AND (l.changed OR r.changed)" if plan.only_changed else ""
    on = f"l.joined = r.joined AND l.row < r.row{either}{plan.sources()}{more}{earlier}"
    return f"(SELECT l.row AS row_l, r.row AS row_r, {both} FROM {rows} l JOIN {rows} r ON {on})"  # noqa: S608
