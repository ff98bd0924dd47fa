"""Executor side of the linkage: block keys of records, and scores of pairs, by DuckDB inside Spark's tasks.

Only the standard library, pyarrow and duckdb are imported here, because executors have no more.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

# Pairs of words on which implementations of similarity are known to differ, plain ones, and edges: empty, accented, one letter.
PROBE_PAIRS = (
    ("MARTHA", "MARHTA"), ("VALERIE", "VALRIE"), ("JON", "JOHN"), ("DWAYNE", "DUANE"), ("DIXON", "DICKSONX"), ("SMITH", "SMYTH"),
    ("OBRIEN", "BRIEN"), ("", ""), ("", "A"), ("A", "A"), ("ZOË", "ZOE"), ("MÜLLER", "MUELLER"), ("CA", "ABC"),
    ("1980-01-02", "1980-02-01"), ("SW1A1AA", "SW1A2AA"),
)  # fmt: skip
SYNTAX = {"lambda_syntax": "ENABLE_SINGLE_ARROW"}  # Splink's library writes lambdas with an arrow, which DuckDB 2 refuses unless told
_BATCH = 100_000  # rows of a batch of scores
PROBE_FUNCTIONS = ("jaro_winkler_similarity", "jaro_similarity", "levenshtein", "damerau_levenshtein")


@contextmanager
def connection(memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of one thread that reaches no file but its own spill folder, which is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="docketlink_")
    try:
        con = duckdb.connect(config={"threads": 1, "memory_limit": memory, "temp_directory": folder, **SYNTAX})
        try:
            con.execute("SET enable_external_access = false")  # after the folder: it forbids changing that too
            yield con
        finally:
            con.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def similarity_outputs(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What the similarity functions of this DuckDB say about ``PROBE_PAIRS``, exactly."""
    outputs: dict[str, list[str]] = {}
    for function in PROBE_FUNCTIONS:
        calls = ", ".join(f"{function}('{a}', '{b}')" for a, b in PROBE_PAIRS)
        outputs[function] = [repr(float(value)) for value in con.sql(f"SELECT {calls}").fetchall()[0]]
    hammings = ", ".join(f"hamming('{a}', '{b}')" for a, b in PROBE_PAIRS if len(a) == len(b) and a and a.isascii())
    outputs["hamming"] = [repr(float(value)) for value in con.sql(f"SELECT {hammings}").fetchall()[0]]
    return outputs


@dataclass(frozen=True)
class KeyPlan:
    """How the block keys of a record are made.

    ``rules`` holds the DuckDB expressions of each rule; ``dropped`` the keys of blocks that are not compared, by rule.
    """

    rules: tuple[tuple[str, ...], ...]
    dropped: Mapping[int, tuple[int, ...]]

    def columns(self) -> list[str]:
        """SQL of ``key_0, key_1, …``: a 63-bit number, NULL when a part is NULL or the block is dropped."""
        return [self._column(i, rule) for i, rule in enumerate(self.rules)]

    def _column(self, i: int, rule: Sequence[str]) -> str:
        missing = " OR ".join(f"({part}) IS NULL" for part in rule)
        value = f"(hash({i}, {', '.join(f'({part})' for part in rule)}) >> 1)::BIGINT"
        cases = f"WHEN {missing} THEN NULL"
        if self.dropped.get(i):
            cases += f" WHEN {value} IN (FROM dropped SELECT key WHERE rule = {i}) THEN NULL"
        return f"CASE {cases} ELSE {value} END AS key_{i}"


def block_keys(batches: Iterable[pa.RecordBatch], plan: KeyPlan, kept: Sequence[str], memory: str) -> Iterator[pa.RecordBatch]:
    """``kept`` columns of every record with its block keys; batch by batch."""
    with connection(memory) as con:
        dropped = [(rule, key) for rule, keys in plan.dropped.items() for key in keys]
        table = pa.table({"rule": pa.array([r for r, _ in dropped], pa.int32()), "key": pa.array([k for _, k in dropped], pa.int64())})
        con.register("dropped", table)
        query = f"SELECT {', '.join([*kept, *plan.columns()])} FROM arrived"  # noqa: S608 - column names of a checked model
        for batch in batches:
            if batch.num_rows:
                con.register("arrived", pa.Table.from_batches([batch]))
                yield from con.sql(query).to_arrow_table().to_batches()
                con.unregister("arrived")


@dataclass(frozen=True)
class ScorePlan:
    """How the pairs of a shard are scored: see ``compiler.CompiledModel`` for ``weight`` and ``bound``; ``floor`` is in bits."""

    rule_count: int
    weight: str
    bound: str
    floor: float
    within: bool
    between: bool
    probes: Mapping[str, Sequence[str]]
    memory: str

    def sources(self) -> str:
        """Which pairs of sources the stage owns, as a condition."""
        if self.within and self.between:
            return ""
        return " AND l.source_index = r.source_index" if self.within else " AND l.source_index <> r.source_index"


def score_shard(batches: Iterable[pa.RecordBatch], plan: ScorePlan) -> Iterator[pa.RecordBatch]:
    """``rule, surrogate_l, surrogate_r, match_weight`` of the shard's pairs at or above the floor, each pair once over all shards.

    A row is a record under one rule; all rows of a block are in this shard. The rows are sorted by block, so that both sides of
    a pair are near each other in memory. A pair belongs to the first rule that finds it: it is left out here when an earlier
    rule's keys agree.
    """
    arrived = [batch for batch in batches if batch.num_rows]
    if not arrived:
        return
    with connection(plan.memory) as con:
        if similarity_outputs(con) != {name: list(values) for name, values in plan.probes.items()}:
            raise RuntimeError("DuckDB of this executor computes other similarities than the model was trained with.")
        con.register("arrived", pa.Table.from_batches(arrived))
        _sort_by_block(con, plan.rule_count)
        con.unregister("arrived")
        arrived.clear()
        for i in range(plan.rule_count):
            earlier = "".join(f" AND l.claim_{j} <> r.claim_{j}" for j in range(i))
            pairs = con.sql(
                f"SELECT {i}::INTEGER AS rule, l.surrogate AS surrogate_l, r.surrogate AS surrogate_r, {plan.weight} AS match_weight "  # noqa: S608
                f"FROM (FROM shard WHERE rule = {i}) l JOIN (FROM shard WHERE rule = {i}) r "
                f"ON l.key = r.key AND l.surrogate < r.surrogate{plan.sources()}{earlier} WHERE {plan.bound}"
            )
            # Filtered here and not in SQL, where DuckDB would compute the weight twice; pairs stream by and are never all held.
            for batch in pairs.to_arrow_reader(_BATCH):
                yield batch.filter(pc.greater_equal(batch.column("match_weight"), plan.floor))


def _sort_by_block(con: duckdb.DuckDBPyConnection, rule_count: int) -> None:
    """The table ``shard``: what arrived, by rule and key, with ``claim_0, claim_1, …``.

    A missing key claims nothing: its claim is a number that no other row has, so that the join needs no NULL logic.
    """
    keys = ", ".join(f"key_{i}" for i in range(rule_count))
    claims = ", ".join(f"coalesce(key_{i}, -row) AS claim_{i}" for i in range(rule_count))
    con.execute(
        f"CREATE TABLE shard AS SELECT * EXCLUDE (row, {keys}), {claims} "  # noqa: S608 - column names
        "FROM (SELECT *, row_number() OVER () AS row FROM arrived) ORDER BY rule, key, surrogate"
    )
