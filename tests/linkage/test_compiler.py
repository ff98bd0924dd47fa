"""What the compiler says of a model: which SQL it makes, and what it names and refuses before anything runs."""

import copy
import json
import math

import pytest
from docketlink.errors import ConfigError
from docketlink.linkage.compiler import compile_model, expression_columns

LEVELS = [
    {"sql_condition": "a_l IS NULL OR a_r IS NULL", "label_for_charts": "missing", "is_null_level": True},
    {"sql_condition": "a_l = a_r", "label_for_charts": "equal", "m_probability": 0.8, "u_probability": 0.1},
    {"sql_condition": "ELSE", "label_for_charts": "different", "m_probability": 0.2, "u_probability": 0.9},
]


def model(*, prior: float = 0.5, dialect: str = "duckdb", levels: list | None = None) -> dict:
    comparison = {"output_column_name": "a", "comparison_levels": copy.deepcopy(levels or LEVELS)}
    return {"sql_dialect": dialect, "probability_two_random_records_match": prior, "comparisons": [comparison]}


def refusal(settings: dict) -> str:
    with pytest.raises(ConfigError) as caught:
        compile_model(json.dumps(settings))
    return caught.value.message


def changed(position: int, **values: object) -> list:
    levels = copy.deepcopy(LEVELS)
    levels[position].update(values)
    return levels


def test_the_weight_reads_columns_of_both_sides_and_nothing_else() -> None:
    compiled = compile_model(json.dumps(model()))
    assert compiled.columns == ("a",)
    assert compiled.term_frequencies == ()
    assert '(l."a" = r."a")' in compiled.weight
    assert f"{math.log2(8):.17e}" in compiled.weight


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (model(levels=changed(1, sql_condition="a_l =")), "not valid DuckDB SQL"),
        (model(levels=changed(1, sql_condition="a_l = other")), "'other' is not a column"),
        (model(levels=changed(1, sql_condition="a_l = (SELECT max(a_r))")), "subqueries"),
        (model(levels=changed(1, m_probability=-1.0)), "m probability"),
        (model(levels=changed(1, u_probability=float("nan"))), "u probability"),
        (model(levels=changed(2, u_probability=1.5)), "u probability"),
        (model(levels=changed(2, tf_adjustment_column="b", sql_condition="a_l > a_r")), "no level of the comparison says that b is equal"),
        (model(levels=LEVELS[:2]), "no ELSE level"),
        (model(prior=1.0), "not between 0 and 1"),
        (model(dialect="spark"), "for spark"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_what_cannot_be_computed_is_named_and_refused(settings: dict, named: str) -> None:
    assert named in refusal(settings)


def test_every_fault_of_a_model_is_reported_at_once() -> None:
    levels = changed(1, sql_condition="b_l = c")
    levels[2]["u_probability"] = 2.0
    message = refusal(model(levels=levels, prior=0.0))
    assert all(part in message for part in ("not between 0 and 1", "level 1 (equal)", "level 2 (different)"))


def test_names_inside_a_lambda_are_not_taken_for_columns() -> None:
    sql = "len(list_filter(a_l, lambda x_l: list_contains(a_r, x_l))) > 0"
    assert compile_model(json.dumps(model(levels=changed(1, sql_condition=sql)))).columns == ("a",)


def test_columns_of_blocking_expressions_are_found_and_bad_sql_is_named() -> None:
    assert expression_columns(["surname", "substr(dob, 1, 4)"], "rule 0") == {"surname", "dob"}
    with pytest.raises(ConfigError, match="rule 3"):
        expression_columns(["substr(dob,"], "rule 3")


def test_an_adjustment_reads_both_terms_only_where_they_may_differ() -> None:
    frequent = {"tf_adjustment_column": "a"}
    near = {"label_for_charts": "near", "m_probability": 0.1, "u_probability": 0.01, "sql_condition": "levenshtein(a_l, a_r) < 2"}
    equal, close = (
        level.weight
        for level in compile_model(json.dumps(model(levels=[LEVELS[0], LEVELS[1] | frequent, near | frequent, LEVELS[2]]))).comparisons[0]
        if level.adjusted_by
    )
    assert 'r."log2_tf_a"' not in equal
    assert 'l."log2_tf_a"' in equal
    assert 'greatest(l."log2_tf_a", r."log2_tf_a")' in close
