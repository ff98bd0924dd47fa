"""All pairs of a few records weighed twice on DuckDB: by Splink's own predict, and by the compiled expression alone."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
from docketlink.linkage.compiler import compile_model
from docketlink.linkage.kernels import SYNTAX
from splink import DuckDBAPI, Linker

Weights = dict[tuple[str, str], float]
Shares = Mapping[str, Mapping[str, float]]
EVERY_PAIR = [{"blocking_rule": "1=1", "sql_dialect": "duckdb"}]


def by_splink(people: pa.Table, settings: dict[str, Any], shares: Shares, zeros: Iterable[tuple[int, int, str]] = ()) -> Weights:
    """Pair to weight by ``linker.inference.predict``.

    ``zeros`` names levels (comparison, level, m or u) whose probability is set to nought in the loaded model: Splink reads no such
    file, though it can score one.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect(config={"threads": 1, **SYNTAX}) as con:
        con.register("arrived", people)
        con.execute("CREATE TABLE person AS SELECT * FROM arrived")
        api = DuckDBAPI(con)
        linker = Linker(
            api.register(con.table("person")), settings | {"blocking_rules_to_generate_predictions": EVERY_PAIR}, log_level=None
        )
        for comparison, level, which in zeros:
            setattr(linker._settings_obj.comparisons[comparison].comparison_levels[level], f"_{which}_probability", 0.0)
        for column, terms in shares.items():
            con.register(f"tf_{column}_in", pa.table({column: pa.array(list(terms), pa.string()), f"tf_{column}": [*terms.values()]}))
            con.execute(f"CREATE TABLE own_tf_{column} AS SELECT * FROM tf_{column}_in")
            linker.table_management.register_term_frequency_lookup(api.register(con.table(f"own_tf_{column}")), column)
        predicted = linker.inference.predict()
        rows = con.sql(f"SELECT unique_id_l, unique_id_r, match_weight FROM {predicted.physical_name}").fetchall()
    return {(left, right): weight for left, right, weight in rows}


def by_expression(people: pa.Table, settings: dict[str, Any], shares: Shares) -> Weights:
    """Pair to weight by the compiled expression."""
    compiled = compile_model(json.dumps(settings))
    with duckdb.connect(config={"threads": 1, **SYNTAX}) as con:
        con.register("person", people)
        frequencies = ""
        for column in compiled.term_frequencies:
            terms = shares[column]
            con.register(f"terms_{column}", pa.table({"term": pa.array(list(terms), pa.string()), "f": [*terms.values()]}))
            frequencies += f', (SELECT log2(f) FROM terms_{column} WHERE term = "{column}") AS log2_tf_{column}'
        con.execute(f"CREATE TABLE side AS SELECT *{frequencies} FROM person")
        rows = con.sql(
            f"SELECT l.unique_id, r.unique_id, {compiled.weight} FROM side l JOIN side r ON l.unique_id < r.unique_id"
        ).fetchall()
    return {(left, right): weight for left, right, weight in rows}


def assert_parity(theirs: Weights, ours: Weights) -> None:
    """Same pairs, weights equal to 1e-9."""
    assert theirs.keys() == ours.keys()
    assert len(ours) > 0
    worst = max(ours, key=lambda pair: abs(ours[pair] - theirs[pair]))
    assert abs(ours[worst] - theirs[worst]) < 1e-9, (ours[worst], theirs[worst])


def mirrored(people: pa.Table) -> pa.Table:
    """The same records under ids in the opposite order, so that every pair swaps its sides."""
    ids = people.column("unique_id").to_pylist()
    return people.set_column(people.column_names.index("unique_id"), "unique_id", pa.array(sorted(ids, reverse=True), pa.string()))
