"""Executor side of blocking: the keys of packed records counted, and what is to become of each block.

Numbers are sorted, not put into maps of keys: most keys are those of one record, of which nothing but their number matters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from duckdb import DuckDBPyConnection

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernel_blocks import CHANGED, COUNTS, RECORDS, group_column, pack
from docketlink.linkage.kernels import KeyPlan, connection

SUMMARY, BLOCK, SUB_BLOCK, LARGE, GROUP = range(5)  # kinds of a finding
KEEP, REFINE, SPLIT, DROP = range(4)  # what becomes of a block
LISTED = 100_000  # blocks of one rule that are listed at most; more than that is a rule gone wrong
FINDING = "kind int, rule int, key long, action int, records long, blocks long, pairs long, compared long, largest long"
_LARGEST = 512  # blocks and groups whose pairs are told one by one, so that tasks can be given even shares
_NONE = -1  # no key, no part of a block, no group: those there are have 63 bits
_FINDING = pa.schema(
    [(name, {"int": pa.int32(), "long": pa.int64()}[kind]) for name, kind in (field.split() for field in FINDING.split(", "))]
)

Longs = npt.NDArray[np.int64]
Columns = Mapping[str, Longs]


@dataclass(frozen=True)
class BlockPlan:
    """How blocks are counted and judged.

    ``families`` holds the DuckDB expression that the rules of a family share, ``family_of`` the family of each rule or None.
    ``within`` and ``between`` say which pairs of a block are the stage's: inside single sources, between two.
    """

    keys: KeyPlan
    families: tuple[str, ...]
    family_of: tuple[int | None, ...]
    split: tuple[bool, ...]
    max_block: int
    max_split: int
    within: bool
    between: bool
    reducers: int
    memory: str

    def groups(self) -> list[str]:
        """SQL of ``group_0, group_1, …``, by which the rows of a family travel; a missing value is a group too."""
        return [group_column(f, expression) for f, expression in enumerate(self.families)]

    def refines(self) -> tuple[bool, ...]:
        """For each rule whether its large blocks are cut up."""
        return tuple(bool(parts) for parts in self.keys.refine_parts())


def count(batches: Iterable[pa.RecordBatch], plan: BlockPlan) -> Iterator[pa.RecordBatch]:
    """Counts of ``rule, key, sub, grp, source`` as blobs, a group in one part; rule -1-f counts the rows that family f ships."""
    with connection(plan.memory) as con:
        for part, table in kernel_blobs.tables(batches):
            if part == RECORDS:
                con.register("arrived", table)
                yield from _by_part(_counted(con, plan), plan.reducers)
                con.unregister("arrived")


def pack_counted(batches: Iterable[pa.RecordBatch], plan: BlockPlan) -> Iterator[pa.RecordBatch]:
    """As ``pack``, and beside each blob the records of it that changed, and what ``count`` makes of it, in parts from ``COUNTS`` on."""

    def beside(con: DuckDBPyConnection, table: pa.Table) -> Iterator[pa.RecordBatch]:
        yield kernel_blobs.row(CHANGED, table.filter(table.column("changed")))
        yield from _by_part(_counted(con, plan), plan.reducers, COUNTS)

    return pack(batches, (), plan.memory, beside)


def _counted(con: DuckDBPyConnection, plan: BlockPlan) -> list[Columns]:
    rules = range(len(plan.family_of))
    columns = [*plan.keys.base_columns(), *plan.keys.sub_columns(), *plan.groups()]
    names = [f"{kind}_{i}" for kind, some in (("base", rules), ("sub", rules), ("group", range(len(plan.families)))) for i in some]
    told = ", ".join(f"coalesce({name}, {_NONE}) AS {name}" for name in ("source_index", *names))
    keyed = con.sql(f"SELECT {told} FROM (SELECT source_index, {', '.join(columns)} FROM arrived)").to_arrow_table()  # noqa: S608 - a checked model
    return [*_of_rules(keyed, plan), *_of_families(keyed, plan)]


def _of_rules(keyed: pa.Table, plan: BlockPlan) -> Iterator[Columns]:
    nothing = np.full(keyed.num_rows, _NONE)
    # where all pairs are the stage's it does not matter whose they are
    source = nothing if plan.within and plan.between else keyed.column("source_index").to_numpy().astype(np.int64)
    for i, (family, refines) in enumerate(zip(plan.family_of, plan.refines(), strict=True)):
        key = keyed.column(f"base_{i}").to_numpy()
        sub = keyed.column(f"sub_{i}").to_numpy() if refines else nothing
        group = nothing if family is None else keyed.column(f"group_{family}").to_numpy()
        there = np.flatnonzero(key != _NONE)
        some = {name: column[there] for name, column in (("key", key), ("sub", sub), ("source", source), ("grp", group))}
        order, starts = _runs(some["key"], some["sub"], some["source"])
        sizes = np.diff(starts, append=len(order))
        yield {"rule": np.full(len(starts), i), "n": sizes, **{name: column[order[starts]] for name, column in some.items()}}


def _of_families(keyed: pa.Table, plan: BlockPlan) -> Iterator[Columns]:
    for f in range(len(plan.families)):
        keys = [keyed.column(f"base_{i}").to_numpy() for i, family in enumerate(plan.family_of) if family == f]
        group = keyed.column(f"group_{f}").to_numpy()[np.logical_or.reduce([key != _NONE for key in keys])]
        order, starts = _runs(group)
        nothing = np.full(len(starts), _NONE)
        sizes = np.diff(starts, append=len(order))
        yield {"rule": nothing - f, "n": sizes, "key": nothing, "sub": nothing, "source": nothing, "grp": group[order[starts]]}


def _by_part(counted: Sequence[Columns], reducers: int, first: int = 0) -> Iterator[pa.RecordBatch]:
    columns = {name: np.concatenate([each[name] for each in counted]) for name in counted[0]}
    travels_by = np.where(columns["grp"] == _NONE, columns["key"], columns["grp"])
    part = (travels_by >> 7) % reducers
    order = np.argsort(part.astype(np.int32 if reducers > 2**15 else np.int16), kind="stable")
    yield from kernel_blobs.by_part(pa.table({"part": first + part[order], **{name: column[order] for name, column in columns.items()}}))


def judge(batches: Iterable[pa.RecordBatch], plan: BlockPlan) -> Iterator[pa.RecordBatch]:
    """Findings about the blocks whose counts are here: a summary a rule, what becomes of large blocks, and where most pairs are."""
    tables = [table for _, table in kernel_blobs.tables(batches)]
    if not tables:
        return
    counted = pa.concat_tables(tables)
    tables.clear()
    columns = {}
    for name in counted.column_names:  # one by one, so that only one of them is there twice
        columns[name], counted = counted.column(name).to_numpy(), counted.drop_columns([name])
    order = np.argsort(columns["rule"].astype(np.int16), kind="stable")
    rule = columns["rule"][order]
    found: list[pa.RecordBatch] = []
    in_family: dict[int, list[Columns]] = {f: [] for f in range(len(plan.families))}
    for start, end in _spans(rule):
        i, rows = int(rule[start]), {name: column[order[start:end]] for name, column in columns.items()}
        if i < 0:  # these come first, and have no blocks; what their groups hold is told when all rules are known
            in_family[-1 - i].append({"grp": rows["grp"], "records": rows["n"], "pairs": np.zeros(end - start, dtype=np.int64)})
            continue
        block, findings = _judged(rows, i, plan)
        found += findings
        if (family := plan.family_of[i]) is not None:
            in_family[family].append(
                {"grp": block["grp"], "records": np.zeros(len(block["grp"]), dtype=np.int64), "pairs": block["compared"]}
            )
    for family, groups in in_family.items():
        if groups:
            found += _groups(family, {name: np.concatenate([each[name] for each in groups]) for name in groups[0]})
    yield from pa.Table.from_batches(found, _FINDING).combine_chunks().to_batches()


def _judged(rows: Columns, rule: int, plan: BlockPlan) -> tuple[Columns, list[pa.RecordBatch]]:
    """The blocks of a rule with the pairs that are compared, and what is to be told of them."""
    block = _sized(rows, ("key",), plan)
    large = _is_large(block, plan)
    action = np.where(large, REFINE, KEEP) if plan.refines()[rule] else _cut(block, large, rule, plan)
    compared = np.where(np.isin(action, (DROP, REFINE)), 0, block["pairs"])
    told: list[pa.RecordBatch] = []
    refined = block["key"][action == REFINE]
    if len(refined):
        inside = np.isin(rows["key"], refined) & (rows["sub"] != _NONE)
        part = _sized({name: column[inside] for name, column in rows.items()}, ("key", "sub"), plan)
        actions = _cut(part, _is_large(part, plan), rule, plan)
        part["compared"] = np.where(actions == DROP, 0, part["pairs"])
        np.add.at(compared, np.searchsorted(block["key"], part["key"]), part["compared"])
        told.append(_listed(SUB_BLOCK, rule, part["sub"], actions, part))
    block["compared"] = compared
    told.append(_listed(BLOCK, rule, block["key"], action, block))
    most = _most(compared, block["key"])
    most = most[compared[most] > 0]
    some = {name: column[most] for name, column in block.items()}
    told.append(_finding(LARGE, rule, some["key"], action=action[most], records=some["records"], pairs=some["pairs"],
                         compared=some["compared"], largest=some["grp"]))  # fmt: skip
    records = block["records"]
    told.append(_finding(SUMMARY, rule, np.zeros(1, dtype=np.int64), records=records.sum(), blocks=np.count_nonzero(records > 1),
                         pairs=block["pairs"].sum(), compared=compared.sum(), largest=records.max(initial=0)))  # fmt: skip
    return block, told


def _sized(rows: Columns, by: tuple[str, ...], plan: BlockPlan) -> dict[str, Longs]:
    """Blocks by these columns, in their order: ``records`` and the stage's ``pairs``, beside ``key``, ``sub`` and ``grp`` of one row."""
    order, starts = _runs(*(rows[name] for name in by), rows["source"])
    of_source = np.add.reduceat(rows["n"][order], starts) if len(starts) else rows["n"][:0]
    first = order[starts]
    _, blocks = _runs(*(rows[name][first] for name in by), ordered=True)
    records, within = (np.add.reduceat(each, blocks) if len(blocks) else each for each in (of_source, of_source * (of_source - 1) // 2))
    every = records * (records - 1) // 2
    pairs = within if not plan.between else every if plan.within else every - within
    return {"records": records, "pairs": pairs, **{name: rows[name][first[blocks]] for name in ("key", "sub", "grp")}}


def _is_large(block: Columns, plan: BlockPlan) -> npt.NDArray[np.bool_]:
    large: npt.NDArray[np.bool_] = (block["records"] > plan.max_block) & (block["pairs"] > 0)
    return large


def _cut(block: Columns, large: npt.NDArray[np.bool_], rule: int, plan: BlockPlan) -> Longs:
    """What becomes of blocks that are not, or no further, refined."""
    splits = plan.split[rule] & (block["records"] <= plan.max_split)
    return np.where(large, np.where(splits, SPLIT, DROP), KEEP)


def _groups(family: int, groups: Columns) -> Iterator[pa.RecordBatch]:
    order, starts = _runs(groups["grp"])
    records, pairs = (np.add.reduceat(groups[name][order], starts) for name in ("records", "pairs"))
    group = groups["grp"][order[starts]]
    most = _most(pairs, group)
    yield _finding(GROUP, family, group[most], records=records[most], pairs=pairs[most], compared=pairs[most])
    yield _finding(GROUP, -1 - family, np.zeros(1, dtype=np.int64), records=records.sum())


def _listed(kind: int, rule: int, key: Longs, action: Longs, block: Columns) -> pa.RecordBatch:
    some = np.flatnonzero(action != KEEP)
    some = some[np.argsort(key[some])][: LISTED + 1]
    each = {name: block[name][some] for name in ("records", "pairs", "compared")}
    return _finding(kind, rule, key[some], action=action[some], **each)


def _most(pairs: Longs, key: Longs) -> Longs:
    """The blocks with most pairs, by key where they have as many."""
    if len(pairs) > _LARGEST:
        least = np.partition(pairs, len(pairs) - _LARGEST)[len(pairs) - _LARGEST]
        some = np.flatnonzero(pairs >= least)
    else:
        some = np.arange(len(pairs))
    most: Longs = some[np.lexsort((key[some], -pairs[some]))][:_LARGEST]
    return most


def _finding(kind: int, rule: int, key: Longs, **told: Longs | np.int64 | int) -> pa.RecordBatch:
    values = {"kind": kind, "rule": rule, "key": key, **told}
    columns = [np.broadcast_to(np.asarray(values.get(name, 0), dtype=np.int64), len(key)) for name in _FINDING.names]
    return pa.RecordBatch.from_arrays([pa.array(c).cast(f.type) for c, f in zip(columns, _FINDING, strict=True)], schema=_FINDING)


def _runs(*columns: Longs, ordered: bool = False) -> tuple[Longs, Longs]:
    """An order in which equal rows follow each other, by the first column first, and where each run of them starts."""
    size = len(columns[0])
    varied = [column for column in columns if size and (column != column[0]).any()]
    order = np.arange(size)
    if varied and not ordered:
        order = np.argsort(varied[0]) if len(varied) == 1 else np.lexsort(varied[::-1])
    differs = np.zeros(size, dtype=np.bool_)
    differs[:1] = True
    for column in varied:
        differs[1:] |= np.diff(column[order]) != 0
    return order, np.flatnonzero(differs)


def _spans(ordered: Longs) -> Iterator[tuple[int, int]]:
    _, starts = _runs(ordered, ordered=True)
    return zip(starts.tolist(), [*starts[1:].tolist(), len(ordered)], strict=True)
