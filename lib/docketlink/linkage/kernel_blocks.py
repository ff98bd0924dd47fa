"""Executor side of blocking: records packed into blobs, their block keys counted, and what is to become of each block."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernels import KeyPlan, connection

RECORDS, SIZES = 0, 1  # parts of a packed frame
SUMMARY, BLOCK, SUB_BLOCK, LARGE, GROUP = range(5)  # kinds of a finding
KEEP, REFINE, SPLIT, DROP = range(4)  # what becomes of a block
LISTED = 100_000  # blocks of one rule that are listed at most; more than that is a rule gone wrong
_LARGEST = 512  # blocks and groups whose pairs are told one by one, so that tasks can be given even shares
FINDING = "kind int, rule int, key long, action int, records long, blocks long, pairs long, compared long, largest long"


def pack(batches: Iterable[pa.RecordBatch], parts: tuple[str, ...], memory: str) -> Iterator[pa.RecordBatch]:
    """The records as blobs, their number as ``total`` of part -1, and how many share the most common value of each DuckDB expression."""
    with connection(memory) as con:
        records, common = 0, [[0, 0] for _ in parts]
        for table in kernel_blobs.gathered(batches):
            con.register("arrived", table)
            for i, part in enumerate(parts):
                sizes = con.sql(f"SELECT count({part}) AS n FROM arrived GROUP BY hash({part})")  # noqa: S608 - of a checked model
                largest, total = sizes.aggregate("coalesce(max(n), 0), coalesce(sum(n), 0)").fetchall()[0]
                common[i] = [common[i][0] + int(largest), common[i][1] + int(total)]
            con.unregister("arrived")
            records += table.num_rows
            yield kernel_blobs.row(RECORDS, table)
        columns = {"part": range(-1, len(parts)), "largest": [0, *(c[0] for c in common)], "total": [records, *(c[1] for c in common)]}
        yield kernel_blobs.row(SIZES, pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()}))


@dataclass(frozen=True)
class BlockPlan:
    """How blocks are counted and judged.

    ``families`` holds the DuckDB expression that the rules of a family share, ``family_of`` the family of each rule or None.
    ``owned`` is SQL of a block's pairs from ``n``, its records, and ``within``, its pairs inside single sources.
    """

    keys: KeyPlan
    families: tuple[str, ...]
    family_of: tuple[int | None, ...]
    split: tuple[bool, ...]
    max_block: int
    max_split: int
    owned: str
    reducers: int
    memory: str

    def groups(self) -> list[str]:
        """SQL of ``group_0, group_1, …``, by which the rows of a family travel; a missing value is a group too."""
        return [group_column(f, expression) for f, expression in enumerate(self.families)]


def group_column(family: int, expression: str) -> str:
    """SQL of one group: a 63-bit number."""
    return f"(hash({family}, 'group', ({expression})) >> 1)::BIGINT AS group_{family}"


def count(batches: Iterable[pa.RecordBatch], plan: BlockPlan) -> Iterator[pa.RecordBatch]:
    """Counts of ``rule, key, sub, grp, source_index`` as blobs, a group in one part; rule -1-f counts the rows that family f ships."""
    rules = range(len(plan.family_of))
    with connection(plan.memory) as con:
        for part, table in kernel_blobs.tables(batches):
            if part != RECORDS:
                continue
            con.register("arrived", table)
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT source_index, "  # noqa: S608 - expressions of a checked model
                f"{', '.join([*plan.keys.base_columns(), *plan.keys.sub_columns(), *plan.groups()])} FROM arrived"
            )
            con.unregister("arrived")
            rows = [
                f"SELECT {i} AS rule, base_{i} AS key, sub_{i} AS sub, {_group(plan, i)} AS grp, source_index FROM keyed "  # noqa: S608
                f"WHERE base_{i} IS NOT NULL"
                for i in rules
            ]
            for f in range(len(plan.families)):
                some = " OR ".join(f"base_{i} IS NOT NULL" for i in rules if plan.family_of[i] == f)
                rows.append(f"SELECT {-1 - f}, NULL, NULL, group_{f}, 0 FROM keyed WHERE {some}")  # noqa: S608
            counted = con.sql(
                f"SELECT ((coalesce(grp, key) >> 7) % {plan.reducers})::INTEGER AS part, rule, key, sub, grp, source_index, count(*) AS n "  # noqa: S608
                f"FROM ({' UNION ALL '.join(rows)}) GROUP BY ALL ORDER BY part"
            ).to_arrow_table()
            yield from kernel_blobs.by_part(counted)


def _group(plan: BlockPlan, rule: int) -> str:
    family = plan.family_of[rule]
    return "NULL::BIGINT" if family is None else f"group_{family}"


def judge(batches: Iterable[pa.RecordBatch], plan: BlockPlan) -> Iterator[pa.RecordBatch]:
    """Findings about the blocks whose counts are here: a summary a rule, what becomes of large blocks, and where most pairs are."""
    counted = [table for _, table in kernel_blobs.tables(batches)]
    if not counted:
        return
    with connection(plan.memory) as con:
        con.register("counted", pa.concat_tables(counted))
        counted.clear()
        _blocks(con, plan)
        con.unregister("counted")
        found = con.sql(
            f"""
            SELECT {SUMMARY} AS kind, rule, 0 AS key, 0 AS action, sum(n) AS records, count_if(n > 1) AS blocks, sum(pairs) AS pairs,
                   sum(compared) AS compared, max(n) AS largest
            FROM block GROUP BY rule
            UNION ALL SELECT {BLOCK}, rule, key, action, n, 0, pairs, compared, 0 FROM block WHERE action <> {KEEP}
                      QUALIFY row_number() OVER (PARTITION BY rule ORDER BY key) <= {LISTED + 1}
            UNION ALL SELECT {SUB_BLOCK}, rule, sub, action, n, 0, pairs, compared, 0 FROM sub_block WHERE action <> {KEEP}
                      QUALIFY row_number() OVER (PARTITION BY rule ORDER BY sub) <= {LISTED + 1}
            UNION ALL SELECT {LARGE}, rule, key, action, n, 0, pairs, compared, grp FROM block WHERE compared > 0
                      QUALIFY row_number() OVER (PARTITION BY rule ORDER BY compared DESC, key) <= {_LARGEST}
            UNION ALL SELECT {GROUP}, family, grp, 0, records, 0, pairs, pairs, 0 FROM family_group
                      QUALIFY row_number() OVER (PARTITION BY family ORDER BY pairs DESC, grp) <= {_LARGEST}
            UNION ALL SELECT {GROUP}, -1 - family, NULL, 0, sum(records), 0, 0, 0, 0 FROM family_group GROUP BY family
            """  # noqa: S608 - numbers
        )
        columns = ", ".join(f"{name}::{'INTEGER' if kind == 'int' else 'BIGINT'} AS {name}" for name, kind in _fields())
        yield from found.project(columns).to_arrow_table().to_batches()


def _fields() -> list[tuple[str, str]]:
    return [(name, kind) for name, kind in (field.split() for field in FINDING.split(", "))]


def _blocks(con: duckdb.DuckDBPyConnection, plan: BlockPlan) -> None:
    """The tables ``block``, ``sub_block`` of those that are refined, and ``family_group``."""
    rule_table = pa.table(
        {
            "rule": pa.array(range(len(plan.split)), pa.int32()),
            "refines": pa.array([bool(parts) for parts in plan.keys.refine_parts()]),
            "splits": pa.array(list(plan.split)),
            "family": pa.array([-1 if f is None else f for f in plan.family_of], pa.int32()),
        }
    )
    con.register("rule_table", rule_table)
    large = f"n > {plan.max_block} AND pairs > 0"
    split_or_drop = f"WHEN splits AND n <= {plan.max_split} THEN {SPLIT} ELSE {DROP} END AS action"
    con.execute(
        f"""
        CREATE TEMP TABLE exact AS
            SELECT rule, key, sub, grp, source_index, sum(n)::BIGINT AS n FROM counted WHERE rule >= 0 GROUP BY ALL;
        CREATE TEMP TABLE sized AS
            SELECT *, {plan.owned} AS pairs FROM (
                SELECT rule, key, any_value(grp) AS grp, sum(n)::BIGINT AS n, sum(n * (n - 1) // 2)::BIGINT AS within
                FROM (SELECT rule, key, any_value(grp) AS grp, source_index, sum(n)::BIGINT AS n FROM exact GROUP BY ALL)
                GROUP BY rule, key);
        CREATE TEMP TABLE judged AS
            SELECT sized.*, CASE WHEN NOT ({large}) THEN {KEEP} WHEN refines THEN {REFINE} {split_or_drop}
            FROM sized JOIN rule_table USING (rule);
        CREATE TEMP TABLE sub_block AS
            SELECT *, CASE WHEN action = {DROP} THEN 0 ELSE pairs END AS compared FROM (
                SELECT sub_sized.*, CASE WHEN NOT ({large}) THEN {KEEP} {split_or_drop} FROM (
                    SELECT *, {plan.owned} AS pairs FROM (
                        SELECT e.rule, e.key, e.sub, sum(e.n)::BIGINT AS n, sum(e.n * (e.n - 1) // 2)::BIGINT AS within
                        FROM exact e JOIN judged USING (rule, key) WHERE action = {REFINE} AND e.sub IS NOT NULL
                        GROUP BY e.rule, e.key, e.sub)) sub_sized
                JOIN rule_table USING (rule));
        CREATE TEMP TABLE block AS
            SELECT judged.*,
                   CASE action WHEN {DROP} THEN 0 WHEN {REFINE} THEN coalesce(refined.compared, 0) ELSE pairs END AS compared
            FROM judged
            LEFT JOIN (SELECT rule, key, sum(compared)::BIGINT AS compared FROM sub_block GROUP BY ALL) refined USING (rule, key);
        CREATE TEMP TABLE family_group AS
            SELECT family, grp, any_value(records) AS records, coalesce(sum(compared), 0) AS pairs FROM (
                SELECT -1 - rule AS family, grp, sum(n)::BIGINT AS records FROM counted WHERE rule < 0 GROUP BY ALL)
            LEFT JOIN (SELECT family, grp, compared FROM block JOIN rule_table USING (rule)) USING (family, grp)
            GROUP BY family, grp;
        """  # noqa: S608 - numbers, and an expression of ours
    )
