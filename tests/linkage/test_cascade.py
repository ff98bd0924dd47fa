"""The cascade gives the compiled weight bit for bit, whatever is known of the pairs, and asks a function from its weakest level."""

import json
import math
import random

import duckdb
import pytest
from docketlink.linkage.cascade import cascade, exact, most
from docketlink.linkage.compiler import compile_model

LEVELS = {
    "a": [
        ("a_l IS NULL OR a_r IS NULL", None),
        ("a_l = a_r", 0.7),
        ("jaro_winkler_similarity(a_l, a_r) >= 0.9", 0.1),
        ("jaro_winkler_similarity(a_l, a_r) >= 0.7", 0.1),
        ("ELSE", 0.1),
    ],
    "b": [
        ("b_l IS NULL OR b_r IS NULL", None),
        ("b_l = b_r AND substr(a_l, 1, 1) = substr(a_r, 1, 1)", 0.5),
        ("b_l = b_r", 0.3),
        ("levenshtein(b_l, b_r) <= 1", 0.1),
        ("levenshtein(b_l, b_r) <= 2", 0.05),
        ("ELSE", 0.05),
    ],
}


def settings() -> dict:
    def level(sql: str, m: float | None) -> dict:
        given = {"sql_condition": sql, "label_for_charts": sql}
        return given | ({"is_null_level": True} if m is None else {"m_probability": m, "u_probability": (1.05 - m) / 4})

    comparisons = [{"output_column_name": c, "comparison_levels": [level(*each) for each in levels]} for c, levels in LEVELS.items()]
    return {"sql_dialect": "duckdb", "probability_two_random_records_match": 0.1, "comparisons": comparisons}


@pytest.mark.parametrize("rule", [("a",), ("b",), ("substr(a, 1, 1)",), ("c",), ("b", "substr(a, 1, 1)")])
@pytest.mark.parametrize("floor", [-100.0, 0.0])
def test_weights_are_the_compiled_ones_to_the_last_bit(rule: tuple[str, ...], floor: float) -> None:
    draw = random.Random(4)
    con = duckdb.connect(config={"threads": 1})
    words = ["ANNE", "ANNA", "ANN", "HANNAH", "BO", "", None]
    con.execute("CREATE TABLE p (id INTEGER, a VARCHAR, b VARCHAR, c INTEGER)")
    con.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", [(i, draw.choice(words), draw.choice(words), i % 2) for i in range(240)])
    compiled = compile_model(json.dumps(settings()))
    on = " AND ".join(f"{_side(part, 'l')} = {_side(part, 'r')}" for part in rule)
    pairs = f"SELECT l.id AS row_l, r.id AS row_r, {compiled.weight} AS match_weight FROM p l JOIN p r ON {on} AND l.id < r.id"
    expected = set(con.sql(f"FROM ({pairs}) WHERE match_weight >= {floor}").fetchall())
    con.execute("SET disabled_optimizers = 'filter_pushdown'")
    both = ", ".join(f'{side}.{c} AS "{c}_{side}"' for c in "ab" for side in "lr")
    joined = f"(SELECT l.id AS row_l, r.id AS row_r, {both} FROM p l JOIN p r ON {on} AND l.id < r.id)"
    assert set(con.sql(cascade(compiled, rule, floor).replace("{pairs}", joined)).fetchall()) == expected
    assert len(expected) > 50


def _side(part: str, side: str) -> str:
    return part.replace("(a", f"({side}.a") if "(" in part else f"{side}.{part}"


def test_what_a_rule_joins_on_is_not_compared_again() -> None:
    compiled = compile_model(json.dumps(settings()))
    assert "jaro_winkler_similarity" not in cascade(compiled, ("a",), 0.0)
    assert "levenshtein" not in cascade(compiled, ("b",), 0.0)
    assert "jaro_winkler_similarity" in cascade(compiled, ("substr(a, 1, 1)",), 0.0)


def test_a_function_is_asked_from_its_weakest_level() -> None:
    compiled = compile_model(json.dumps(settings()))
    sql = exact(compiled.comparisons[0])
    assert sql.index(">= 0.7") < sql.index(">= 0.9")
    assert sql.count("jaro_winkler") == 2
    assert exact(compiled.comparisons[1]).index("<= 2") < exact(compiled.comparisons[1]).index("<= 1")


def test_a_text_that_looks_like_a_column_is_left_alone() -> None:
    given = settings()
    given["comparisons"][0]["comparison_levels"][1]["sql_condition"] = "a_l = a_r AND a_l <> 'l.\"a\"'"
    assert "'l.\"a\"'" in cascade(compile_model(json.dumps(given)), ("c",), 0.0)


def bound_of(*levels: tuple[str, float]) -> str:
    """What bounds a comparison whose levels have these conditions and this m, all with one u."""
    given = [{"sql_condition": sql, "label_for_charts": sql, "m_probability": m, "u_probability": 0.01} for sql, m in levels]
    comparison = {"output_column_name": "a", "comparison_levels": given}
    told = {"sql_dialect": "duckdb", "probability_two_random_records_match": 0.1, "comparisons": [comparison]}
    return most(compile_model(json.dumps(told)).comparisons[0])


def test_a_cheap_level_after_a_dear_one_is_bounded_by_the_better_of_the_two() -> None:
    bound = bound_of(("a_l = a_r", 0.9), ("levenshtein(a_l, a_r) < 2", 0.5), ("length(a_l) = 3", 0.001), ("ELSE", 0.0001))
    assert "levenshtein" not in bound
    assert f'WHEN (length(l."a") = 3) THEN {math.log2(50):.17e}' in bound


def test_a_bound_asks_no_function_to_tell_apart_what_hardly_differs() -> None:
    near, far = ("substr(a_l, 1, 2) = substr(a_r, 1, 2)", 0.02), ("substr(a_l, 1, 2) = substr(a_r, 1, 2)", 0.2)
    assert "substr" not in bound_of(("a_l = a_r", 0.9), near, ("ELSE", 0.015))
    assert "substr" in bound_of(("a_l = a_r", 0.9), far, ("ELSE", 0.015))
    assert f"ELSE {math.log2(2):.17e}" in bound_of(("a_l = a_r", 0.9), near, ("ELSE", 0.015))
    assert "a_r" not in bound_of(near, ("ELSE", 0.015))


def test_a_bound_asks_every_equality() -> None:
    assert '(l."a" = r."a")' in bound_of(("a_l = a_r", 0.02), ("ELSE", 0.015))
