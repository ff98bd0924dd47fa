"""The compiled model scores the same pairs as Splink's own predict on DuckDB, with weights equal to 1e-9."""

import copy
import json
import random

import pyarrow as pa
import pyarrow.csv
import pytest
import splink.comparison_library as cl
from docketlink.linkage.compiler import compile_model
from splink import SettingsCreator, block_on

from tests.conftest import PROJECT
from tests.linkage.parity import assert_same, by_kernels, by_splink, frequencies_of

FAKE_1000 = PROJECT.parent / "shared" / "data" / "linkage" / "fake_1000.csv"
NAMES = ["JOHN", "JON", "JOHNNY", "ZOË", "ZOE", "MÜLLER", "MARTHA", "MARHTA", "VALERIE", "VALRIE", "O", "", " ", "李雷", "DE LA CRUZ", None]
DATES = ["1980-01-02", "1980-02-01", "1981-01-02", "1980-01-03", "1999-12-31", "", None]
CODES = ["SW1A1AA", "SW1A2AA", "SW1A 1AA", "N16XX", "N1 6XX", "", None]
RULES = (("forename", "surname"), ("surname", "substr(dob, 1, 4)"), ("postcode",), ("dob",), ("upper(forename)", "substr(postcode, 1, 2)"))


def people(count: int, seed: int) -> pa.Table:
    draw = random.Random(seed)
    rows = [
        {
            "unique_id": f"P{i:05d}",
            "forename": draw.choice(NAMES),
            "surname": draw.choice(NAMES),
            "dob": draw.choice(DATES),
            "postcode": draw.choice(CODES),
            "tokens": draw.choice([None, [], ["A"], ["A", "B"], ["B", "C"], ["Ä"]]),
        }
        for i in range(count)
    ]
    return pa.Table.from_pylist(rows)


def jaro(threshold: float) -> str:
    return f"jaro_winkler_similarity(surname_l, surname_r) >= {threshold}"


def every_kind_of_level() -> dict:
    own = {
        "output_column_name": "surname",
        "comparison_levels": [
            {"sql_condition": '"surname_l" IS NULL OR surname_r IS NULL', "label_for_charts": "null", "is_null_level": True},
            {"sql_condition": "surname_l = surname_r", "label_for_charts": "equal", "tf_adjustment_column": "surname"},
            {"sql_condition": jaro(0.9), "label_for_charts": "near", "tf_adjustment_column": "surname", "tf_adjustment_weight": 0.7},
            {"sql_condition": "length(SURNAME_L) = length(SURNAME_R)", "label_for_charts": "a cheap level after a dear one"},
            {"sql_condition": "surname_l = forename_r AND surname_r = forename_l", "label_for_charts": "swapped",
             "tf_adjustment_column": "forename", "disable_tf_exact_match_detection": True, "tf_minimum_u_value": 0.05},
            {"sql_condition": jaro(0.7), "label_for_charts": "far"},
            {"sql_condition": "ELSE", "label_for_charts": "else"},
        ],
    }  # fmt: skip
    shared = {
        "output_column_name": "tokens",
        "comparison_levels": [
            {"sql_condition": "tokens_l IS NULL OR tokens_r IS NULL", "label_for_charts": "null", "is_null_level": True},
            {"sql_condition": "len(list_filter(tokens_l, lambda t: list_contains(tokens_r, t))) >= 2", "label_for_charts": "two"},
            {"sql_condition": "list_has_any(tokens_l, tokens_r)", "label_for_charts": "one"},
            {"sql_condition": "ELSE", "label_for_charts": "else"},
        ],
    }
    creator = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("forename", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            own,
            cl.DamerauLevenshteinAtThresholds("dob", [1, 2]),
            cl.LevenshteinAtThresholds("postcode", [1]),
            shared,
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
        probability_two_random_records_match=0.01,
        retain_matching_columns=False,
        linker_uid="parity",
    )
    return creator.create_settings_dict("duckdb") | {"sql_dialect": "duckdb"}


def with_probabilities(settings: dict, seed: int) -> dict:
    draw, settings = random.Random(seed), copy.deepcopy(settings)
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level["m_probability"], level["u_probability"] = 10 ** draw.uniform(-6, 0), 10 ** draw.uniform(-6, 0)
    return settings


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_of_level_null_unicode_and_empty_text_weighs_as_in_splink(seed: int) -> None:
    table, settings = people(160, seed), with_probabilities(every_kind_of_level(), seed)
    shares = frequencies_of(table, "forename", "surname")
    theirs = by_splink(table, settings, shares, -100.0)
    assert len(theirs) > 2000
    assert_same(theirs, by_kernels(table, RULES, settings, shares, -100.0))


@pytest.mark.parametrize("floor", [-10.0, 0.0, 5.0])
def test_the_bound_loses_no_pair_above_the_floor(floor: float) -> None:
    table = people(200, 4)
    for seed in range(2):
        settings = with_probabilities(every_kind_of_level(), seed)
        shares = frequencies_of(table, "forename", "surname")
        assert any(level.expensive for levels in compile_model(json.dumps(settings)).comparisons for level in levels)
        theirs = by_splink(table, settings, shares, floor)
        assert theirs
        assert_same(theirs, by_kernels(table, RULES, settings, shares, floor))


def test_terms_that_the_model_never_saw_are_not_adjusted() -> None:
    table, settings = people(120, 5), with_probabilities(every_kind_of_level(), 5)
    shares = frequencies_of(table, "forename", "surname")
    del shares["surname"]["JOHN"], shares["surname"][""], shares["forename"]["ZOË"]
    assert_same(by_splink(table, settings, shares, -100.0), by_kernels(table, RULES, settings, shares, -100.0))


def test_levels_without_m_or_u_weigh_what_splink_gives_untrained_levels() -> None:
    table, settings = people(120, 6), every_kind_of_level()
    settings["comparisons"][0]["comparison_levels"][1]["u_probability"] = 1e-300
    shares = frequencies_of(table, "forename", "surname")
    assert_same(by_splink(table, settings, shares, -100.0), by_kernels(table, RULES, settings, shares, -100.0))


def test_any_number_of_shards_gives_the_same_edges() -> None:
    table, settings = people(200, 7), with_probabilities(every_kind_of_level(), 7)
    shares = frequencies_of(table, "forename", "surname")
    one = by_kernels(table, RULES, settings, shares, -5.0)
    assert one
    assert by_kernels(table, RULES, settings, shares, -5.0, shards=3) == one
    assert by_kernels(table, RULES, settings, shares, -5.0, shards=16) == one


def test_swapping_the_sides_keeps_the_weight() -> None:
    table, settings = people(100, 8), with_probabilities(every_kind_of_level(), 8)
    shares = frequencies_of(table, "forename", "surname")
    mirrored = table.set_column(0, "unique_id", pa.array([f"P{99 - i:05d}" for i in range(100)])).sort_by("unique_id")
    straight = by_kernels(table, RULES, settings, shares, -100.0)
    turned = {
        tuple(sorted(f"P{99 - int(i[1:]):05d}" for i in pair)): found
        for pair, found in by_kernels(mirrored, RULES, settings, shares, -100.0).items()
    }
    assert turned.keys() == straight.keys()
    assert all(abs(turned[p][1] - straight[p][1]) < 1e-9 for p in straight)


@pytest.mark.skipif(not FAKE_1000.exists(), reason="fake_1000.csv of Splink's data sets is not in ../shared/data/linkage")
def test_splinks_own_smoke_test_file_gives_splinks_edges() -> None:
    text = pa.csv.ConvertOptions(
        column_types={c: pa.string() for c in ("unique_id", "first_name", "surname", "dob", "city", "email")}, strings_can_be_null=True
    )
    table = pa.csv.read_csv(FAKE_1000, convert_options=text).select(["unique_id", "first_name", "surname", "dob", "city", "email"])
    table = table.sort_by("unique_id")
    rules = (("first_name", "surname"), ("surname", "dob"), ("email",), ("dob", "substr(first_name, 1, 1)"))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        probability_two_random_records_match=0.004,
        retain_matching_columns=False,
    ).create_settings_dict("duckdb")
    shares = frequencies_of(table, "first_name", "surname", "city", "email")
    for floor in (-20.0, 3.0):
        theirs = by_splink(table, settings, shares, floor)
        assert len(theirs) > 500
        assert_same(theirs, by_kernels(table, rules, settings, shares, floor))
