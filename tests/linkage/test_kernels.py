"""Block keys and claims on small Arrow tables: no key without a value, no pair twice, none lost when a block is dropped."""

import json
import random
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernel_scores import ScorePlan, score_shard
from docketlink.linkage.kernels import KeyPlan, block_keys, connection

from tests.linkage.parity import by_kernels

RULES = (("a", "b"), ("b",), ("a", "c"))
CONSTANT = {  # every pair weighs the same: only blocking decides
    "sql_dialect": "duckdb",
    "probability_two_random_records_match": 0.5,
    "comparisons": [
        {
            "output_column_name": "a",
            "comparison_levels": [
                {"sql_condition": "a_l = a_r", "m_probability": 0.5, "u_probability": 0.5},
                {"sql_condition": "ELSE", "m_probability": 0.5, "u_probability": 0.5},
            ],
        }
    ],
}


def people(seed: int, count: int = 60) -> pa.Table:
    draw = random.Random(seed)
    values = {c: [draw.choice(["x", "y", "z", "", None]) for _ in range(count)] for c in "abc"}
    source = pa.array([draw.randrange(2) for _ in range(count)], pa.int32())
    return pa.table({"unique_id": [f"P{i:04d}" for i in range(count)], **values, "source_index": source})


def keys(table: pa.Table, dropped: dict[int, tuple[int, ...]] | None = None) -> list[dict]:
    return pa.Table.from_batches(block_keys(table.to_batches(), KeyPlan(RULES, dropped or {}), table.column_names, "200MB")).to_pylist()


def pairs_of(rows: list[dict], rule: int) -> set[tuple[str, str]]:
    return {
        (left["unique_id"], right["unique_id"])
        for left, right in combinations(rows, 2)
        if left[f"key_{rule}"] is not None and left[f"key_{rule}"] == right[f"key_{rule}"]
    }


def test_a_record_has_a_key_exactly_where_no_part_is_missing() -> None:
    for row in keys(people(1)):
        for i, rule in enumerate(RULES):
            assert (row[f"key_{i}"] is None) == any(row[part] is None for part in rule)


def test_keys_are_equal_exactly_where_all_parts_are() -> None:
    rows = keys(people(2))
    for i, rule in enumerate(RULES):
        for left, right in combinations(rows, 2):
            same = all(left[p] is not None and left[p] == right[p] for p in rule)
            assert same == (left[f"key_{i}"] is not None and left[f"key_{i}"] == right[f"key_{i}"])


def test_keys_are_numbers_of_63_bits_and_the_same_whatever_the_batches() -> None:
    table = people(3)
    whole = keys(table)
    assert all(0 <= row[f"key_{i}"] < 2**63 for row in whole for i in range(3) if row[f"key_{i}"] is not None)
    assert [row for batch in table.to_batches(max_chunksize=7) for row in keys(pa.Table.from_batches([batch]))] == whole


@pytest.mark.parametrize("seed", range(5))
def test_a_pair_belongs_to_the_first_rule_that_finds_it(seed: int) -> None:
    table = people(seed)
    rows = keys(table)
    expected: dict[tuple[str, str], int] = {}
    for rule in range(3):
        for pair in pairs_of(rows, rule):
            expected.setdefault(pair, rule)
    found = by_kernels(table, RULES, CONSTANT, {}, -1.0, shards=2)
    assert {pair: rule for pair, (rule, _) in found.items()} == expected


@pytest.mark.parametrize("seed", range(5))
def test_scored_pairs_and_dropped_pairs_together_are_all_pairs(seed: int) -> None:
    table = people(seed, 80)
    rows = keys(table)
    cap = 12
    sizes = {i: {} for i in range(3)}
    for row in rows:
        for i in range(3):
            if row[f"key_{i}"] is not None:
                sizes[i][row[f"key_{i}"]] = sizes[i].get(row[f"key_{i}"], 0) + 1
    dropped = {i: tuple(k for k, n in of.items() if n > cap) for i, of in sizes.items()}
    assert any(dropped.values())
    scored = set(by_kernels(table, RULES, CONSTANT, {}, -1.0, dropped=dropped))
    compared = {pair for i in range(3) for pair in pairs_of(keys(table, dropped), i)}
    everything = {pair for i in range(3) for pair in pairs_of(rows, i)}
    in_dropped = {
        (left["unique_id"], right["unique_id"])
        for left, right in combinations(rows, 2)
        for i in range(3)
        if left[f"key_{i}"] in dropped[i] and left[f"key_{i}"] == right[f"key_{i}"]
    }
    assert scored == compared  # an earlier rule's dropped block claims nothing
    assert scored | in_dropped == everything


def test_a_stage_scores_only_the_pairs_of_sources_that_it_owns() -> None:
    table = people(9)
    source = dict(zip(table.column("unique_id").to_pylist(), table.column("source_index").to_pylist(), strict=True))
    both = set(by_kernels(table, RULES, CONSTANT, {}, -1.0))
    within = set(by_kernels(table, RULES, CONSTANT, {}, -1.0, between=False))
    between = set(by_kernels(table, RULES, CONSTANT, {}, -1.0, within=False))
    assert within == {p for p in both if source[p[0]] == source[p[1]]}
    assert between == both - within
    assert within
    assert between


def test_a_shard_without_rows_yields_nothing() -> None:
    assert list(score_shard(iter([]), plan_with({}))) == []


def plan_with(probes: dict[str, list[str]]) -> ScorePlan:
    return ScorePlan(("FROM {pairs}",), ("a",), (None,), 0, {}, True, True, probes, "200MB")


def test_an_executor_with_other_similarities_refuses() -> None:
    with pytest.raises(RuntimeError, match="other similarities"):
        list(score_shard([kernel_blobs.row(0, pa.table({"a": [1]}))], plan_with({"levenshtein": ["0.0"]})))


def test_duckdb_in_a_task_reaches_no_file_and_leaves_no_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with connection("200MB") as con:
        folder = Path(con.sql("SELECT current_setting('temp_directory')").fetchall()[0][0])
        assert folder.exists()
        with pytest.raises(Exception, match="disabled"):
            con.sql(f"SELECT * FROM '{secret}'").fetchall()
        assert con.sql("SELECT current_setting('threads')").fetchall() == [(1,)]
    assert not folder.exists()


def test_the_kernels_import_only_what_executors_have() -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.path.insert(0, 'lib'); import docketlink.linkage.kernels; "
        "print(sorted(m for m in ('pydantic', 'yaml', 'pandas', 'splink', 'scipy', 'pyspark', 'sqlglot') if m in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert json.loads(ran.stdout.replace("'", '"')) == []
