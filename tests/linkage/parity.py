"""The same pairs scored twice on DuckDB: by Splink's own predict, and by the engine's kernels on hand-cut shards."""

import json
import logging
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
from docketlink.linkage.cascade import cascade
from docketlink.linkage.compiler import CompiledModel, compile_model
from docketlink.linkage.families import Families, choose
from docketlink.linkage.kernel_blocks import pack
from docketlink.linkage.kernel_scores import ScorePlan, score_shard
from docketlink.linkage.kernel_ship import ShipPlan, ship
from docketlink.linkage.kernels import KeyPlan
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
    families: Families | None = None,
    **shipped: Any,
) -> Edges:
    """Pair of ids to rule and weight, from the engine's kernels; ``people`` may have a ``source_index``.

    Pairs are found both ways, with the same result. Rules share copies as the engine would have it, unless ``families`` says
    otherwise; ``shipped`` are further fields of the plan by which records are shipped.
    """
    compiled = compile_model(json.dumps(settings))
    families = choose(rules, {}) if families is None else families
    if "source_index" not in people.column_names:
        people = people.append_column("source_index", pa.array([0] * people.num_rows, pa.int32()))
    records = _with_frequencies(people.rename_columns({"unique_id": "record_id"}), compiled, frequencies)
    columns = (*compiled.columns, *(f"log2_tf_{column}" for column in compiled.term_frequencies))
    told = {"keys": KeyPlan(rules, dropped or {}), "hot": {}, "split": {}, "placed": {}} | shipped
    payload = ("record_id", "source_index", *columns)
    plan = ShipPlan(
        families=families.expressions, family_of=families.family_of, shards=shards, labels=tuple(range(shards)), payload=payload,
        memory="200MB", **told,
    )  # fmt: skip
    packed = [batch for cut in records.to_batches(max_chunksize=97) for batch in pack([cut], (), "200MB")]
    blobs = list(ship(packed, plan))
    by_rule = ScorePlan(
        cascades=tuple(cascade(compiled, rule, floor) for rule in rules), columns=columns, family_of=families.family_of,
        families=len(families.expressions), split=plan.split, within=within, between=between,
        probes=json.loads(probe_json())["outputs"], memory="200MB",
    )  # fmt: skip
    edges = _scored(blobs, by_rule, shards)
    keys_first = replace(by_rule, general=cascade(compiled, (), floor, kept="row_l, row_r, rule"))
    assert _scored(blobs, keys_first, shards) == edges, "pairs found by their keys alone are others"
    return edges


def _scored(blobs: list[pa.RecordBatch], plan: ScorePlan, shards: int) -> Edges:
    edges: Edges = {}
    for shard in range(shards):
        for batch in score_shard([blob for blob in blobs if blob.column("part")[0].as_py() == shard], plan):
            for row in batch.to_pylist():
                pair = (row["record_id_l"], row["record_id_r"])
                assert pair[0] < pair[1], "the larger id is on the left"
                assert pair not in edges, "a pair was found twice"
                edges[pair] = (row["rule"], row["match_weight"])
    return edges


def _with_frequencies(records: pa.Table, compiled: CompiledModel, frequencies: dict[str, dict[str, float]]) -> pa.Table:
    con = duckdb.connect()
    for column in compiled.term_frequencies:
        terms = frequencies[column]
        con.register("records", records)
        con.register("terms", pa.table({"term": list(terms), "f": list(terms.values())}))
        records = con.sql(f"SELECT records.*, log2(f) AS log2_tf_{column} FROM records LEFT JOIN terms ON {column} = term").to_arrow_table()
    return records


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
