"""The same pairs scored twice on DuckDB: by Splink's own predict, and by the engine's kernels on hand-cut shards."""

import json
import logging
from typing import Any

import duckdb
import pyarrow as pa
from docketlink.linkage.compiler import CompiledModel, compile_model
from docketlink.linkage.kernels import KeyPlan, ScorePlan, block_keys, score_shard
from docketlink.linkage.probes import probe_json
from splink import DuckDBAPI, Linker

Edges = dict[tuple[str, str], tuple[int, float]]


def by_splink(people: pa.Table, settings: dict[str, Any], frequencies: dict[str, dict[str, float]], floor: float) -> Edges:
    """Pair of ids to rule and weight, from ``linker.inference.predict``."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    con = duckdb.connect(config={"threads": 1})
    con.register("arrived", people)
    con.execute("CREATE TABLE person AS SELECT * FROM arrived")
    api = DuckDBAPI(con)
    linker = Linker(api.register(con.table("person")), settings, log_level=None)
    for column, terms in frequencies.items():
        con.register(f"tf_{column}_in", pa.table({column: list(terms), f"tf_{column}": list(terms.values())}))
        con.execute(f"CREATE TABLE own_tf_{column} AS SELECT * FROM tf_{column}_in")
        linker.table_management.register_term_frequency_lookup(api.register(con.table(f"own_tf_{column}")), column)
    predicted = linker.inference.predict(threshold_match_weight=floor)
    rows = con.sql(f"SELECT unique_id_l, unique_id_r, match_key, match_weight FROM {predicted.physical_name}").fetchall()
    return {(left, right): (int(rule), weight) for left, right, rule, weight in rows}


def by_kernels(
    people: pa.Table,
    rules: tuple[tuple[str, ...], ...],
    settings: dict[str, Any],
    frequencies: dict[str, dict[str, float]],
    floor: float,
    *,
    shards: int = 1,
    dropped: dict[int, tuple[int, ...]] | None = None,
    within: bool = True,
    between: bool = True,
) -> Edges:
    """Pair of ids to rule and weight, from the engine's kernels; ``people`` may have a ``source_index``."""
    compiled = compile_model(json.dumps(settings), floor)
    ids = people.column("unique_id").to_pylist()
    assert ids == sorted(ids)  # so that the order of the surrogates is that of the ids
    if "source_index" not in people.column_names:
        people = people.append_column("source_index", pa.array([0] * len(ids), pa.int32()))
    numbered = people.append_column("surrogate", pa.array([7 * i - 100 for i in range(len(ids))], pa.int64()))
    kept = [c for c in numbered.column_names if c != "unique_id"]
    keyed = pa.Table.from_batches(block_keys(numbered.to_batches(max_chunksize=97), KeyPlan(rules, dropped or {}), kept, "200MB"))
    shipped = _explode(_with_frequencies(keyed, compiled, frequencies), len(rules))
    probes = json.loads(probe_json())["outputs"]
    plan = ScorePlan(len(rules), compiled.weight, compiled.bound, floor, within, between, probes, "200MB")
    edges: Edges = {}
    for shard in range(shards):
        part = shipped.filter(pa.array([k % shards == shard for k in shipped.column("key").to_pylist()]))
        for batch in score_shard(part.to_batches(), plan):
            for row in batch.to_pylist():
                pair = tuple(sorted(ids[(row[f"surrogate_{side}"] + 100) // 7] for side in "lr"))
                assert pair not in edges, "a pair was found twice"
                edges[pair] = (row["rule"], row["match_weight"])
    return edges


def _with_frequencies(keyed: pa.Table, compiled: CompiledModel, frequencies: dict[str, dict[str, float]]) -> pa.Table:
    con = duckdb.connect()
    for column in compiled.term_frequencies:
        terms = frequencies[column]
        con.register("keyed", keyed)
        con.register("terms", pa.table({"term": list(terms), "f": list(terms.values())}))
        keyed = con.sql(f"SELECT keyed.*, log2(f) AS log2_tf_{column} FROM keyed LEFT JOIN terms ON {column} = term").to_arrow_table()
    return keyed


def _explode(keyed: pa.Table, rule_count: int) -> pa.Table:
    con = duckdb.connect()
    con.register("keyed", keyed)
    parts = [f"SELECT {i}::INTEGER AS rule, key_{i} AS key, * FROM keyed WHERE key_{i} IS NOT NULL" for i in range(rule_count)]
    return con.sql(" UNION ALL ".join(parts)).to_arrow_table()


def frequencies_of(people: pa.Table, *columns: str) -> dict[str, dict[str, float]]:
    """Share of each term among the values that are there."""
    shares = {}
    for column in columns:
        values = [v for v in people.column(column).to_pylist() if v is not None]
        shares[column] = {v: values.count(v) / len(values) for v in sorted(set(values))}
    return shares


def assert_same(theirs: Edges, ours: Edges) -> None:
    """Same pairs under the same rules, weights equal to 1e-9."""
    assert set(ours) == set(theirs), f"{len(set(theirs) - set(ours))} pairs lost, {len(set(ours) - set(theirs))} pairs too many"
    assert {p: r for p, (r, _) in ours.items()} == {p: r for p, (r, _) in theirs.items()}
    worst = max((abs(ours[p][1] - theirs[p][1]) for p in theirs), default=0.0)
    assert worst < 1e-9, worst
