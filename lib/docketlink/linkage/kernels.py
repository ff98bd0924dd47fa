"""Executor side of the linkage: DuckDB inside Spark's tasks, its similarity functions, and the block keys of records.

Only the standard library, pyarrow and duckdb are imported here, because executors have no more.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

# Pairs of words on which implementations of similarity are known to differ, plain ones, and edges: empty, accented, one letter.
PROBE_PAIRS = (
    ("MARTHA", "MARHTA"), ("VALERIE", "VALRIE"), ("JON", "JOHN"), ("DWAYNE", "DUANE"), ("DIXON", "DICKSONX"), ("SMITH", "SMYTH"),
    ("OBRIEN", "BRIEN"), ("", ""), ("", "A"), ("A", "A"), ("ZOË", "ZOE"), ("MÜLLER", "MUELLER"), ("CA", "ABC"),
    ("1980-01-02", "1980-02-01"), ("SW1A1AA", "SW1A2AA"),
)  # fmt: skip
SYNTAX = {"lambda_syntax": "ENABLE_SINGLE_ARROW"}  # Splink's library writes lambdas with an arrow, which DuckDB 2 refuses unless told
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

    ``rules`` holds the DuckDB expressions of each rule, ``refine`` the further ones that cut up its large blocks. ``refined`` names
    the keys of the blocks that are cut up, ``dropped`` the keys of blocks, whole or cut, that are not compared; both by rule.
    """

    rules: tuple[tuple[str, ...], ...]
    dropped: Mapping[int, tuple[int, ...]]
    refine: tuple[tuple[str, ...], ...] = ()
    refined: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def refine_parts(self) -> tuple[tuple[str, ...], ...]:
        """``refine`` with an entry for every rule."""
        return self.refine or ((),) * len(self.rules)

    def base_columns(self) -> list[str]:
        """SQL of ``base_0, base_1, …``: the key of the whole block, a 63-bit number, NULL when a part is NULL."""
        return [f"{_hashed(rule, str(i))} AS base_{i}" for i, rule in enumerate(self.rules)]

    def sub_columns(self) -> list[str]:
        """SQL of ``sub_0, sub_1, …``: the key with the refining parts, NULL when a part is NULL or the rule has none."""
        both = zip(self.rules, self.refine_parts(), strict=True)
        return [f"{_hashed((*rule, *more), f'{i}, -1') if more else 'NULL::BIGINT'} AS sub_{i}" for i, (rule, more) in enumerate(both)]

    def columns(self) -> list[str]:
        """SQL of ``key_0, key_1, …``: the key that the rule joins on, NULL when it has none or its block is dropped."""
        return [self._column(i, rule) for i, rule in enumerate(self.rules)]

    def _column(self, i: int, rule: Sequence[str]) -> str:
        base = _hashed(rule, str(i))
        cases = ""
        if self.refined.get(i):
            sub = _hashed((*rule, *self.refine_parts()[i]), f"{i}, -1")
            within = f"CASE WHEN {sub} IN (FROM dropped SELECT key WHERE rule = {i}) THEN NULL ELSE {sub} END"
            cases += f" WHEN {base} IN (FROM refined SELECT key WHERE rule = {i}) THEN {within}"
        if self.dropped.get(i):
            cases += f" WHEN {base} IN (FROM dropped SELECT key WHERE rule = {i}) THEN NULL"
        return f"CASE{cases} ELSE {base} END AS key_{i}" if cases else f"{base} AS key_{i}"

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """The tables ``dropped`` and ``refined`` that ``columns`` read."""
        for name, keys_of in (("dropped", self.dropped), ("refined", self.refined)):
            con.register(name, keys_table(keys_of))


def keys_table(keys_of: Mapping[int, Sequence[int]]) -> pa.Table:
    """``(rule, key)`` from keys by rule."""
    pairs = [(rule, key) for rule, keys in keys_of.items() for key in keys]
    return pa.table({"rule": pa.array([r for r, _ in pairs], pa.int32()), "key": pa.array([k for _, k in pairs], pa.int64())})


def _hashed(parts: Sequence[str], salt: str) -> str:
    missing = " OR ".join(f"({part}) IS NULL" for part in parts)
    return f"CASE WHEN {missing} THEN NULL ELSE (hash({salt}, {', '.join(f'({part})' for part in parts)}) >> 1)::BIGINT END"


def block_keys(batches: Iterable[pa.RecordBatch], plan: KeyPlan, kept: Sequence[str], memory: str) -> Iterator[pa.RecordBatch]:
    """``kept`` columns of every record with its block keys; batch by batch."""
    with connection(memory) as con:
        plan.register(con)
        query = f"SELECT {', '.join([*kept, *plan.columns()])} FROM arrived"  # noqa: S608 - column names of a checked model
        for batch in batches:
            if batch.num_rows:
                con.register("arrived", pa.Table.from_batches([batch]))
                yield from con.sql(query).to_arrow_table().to_batches()
                con.unregister("arrived")
