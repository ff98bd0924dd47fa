"""Laws of the compiler: whatever the levels, values and parameters, the expression weighs every pair as Splink's predict does."""

import copy
import json
import random
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from docketlink.errors import ConfigError
from docketlink.linkage.binding import require_computable
from docketlink.linkage.compiler import compile_model
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql.types import ArrayType, StringType, StructField, StructType
from splink import ColumnExpression, SettingsCreator, block_on

from tests.conftest import PROJECT
from tests.linkage.pairs import assert_parity, by_expression, by_splink, mirrored
from tests.linkage.parity import assert_same, by_kernels, frequencies_of
from tests.linkage.parity import by_splink as by_splink_with_rules

DATA = PROJECT.parent / "shared" / "data" / "linkage"
NAMES = (
    "JOHN",
    "JON",
    "JOHNNY",
    "ZOË",
    "ZOE",
    "MÜLLER",
    "MULLER",
    "MARTHA",
    "MARHTA",
    "O",
    "O'NEILL",
    "",
    " ",
    "李雷",
    "İ",
    "a\u0308",
    None,
)
DATES = ("1980-01-02", "1980-02-01", "1981-01-02", "1999-12-31", "not a date", "", None)
CODES = ("SW1A 1AA", "SW1A 2AA", "N1 6XX", "", None)
MAILS = ("a@b.uk", "a@c.uk", "ab@b.uk", "@", "", None)
LISTS = (None, [], ["A"], ["A", "B"], ["B", "C"], ["Ä", None], [""])


def people(count: int, seed: int) -> pa.Table:
    draw = random.Random(seed)
    rows = [
        {
            "unique_id": f"P{i:04d}",
            "forename": draw.choice(NAMES),
            "surname": draw.choice(NAMES),
            "dob": draw.choice(DATES),
            "postcode": draw.choice(CODES),
            "email": draw.choice(MAILS),
            "words": draw.choice(LISTS),
            "born": draw.choice((date(1980, 1, 2), date(1980, 1, 9), date(1991, 5, 5), None)),
            "amount": draw.choice((0.0, 10.0, 10.4, 11.0, 250.0, None)),
            "lat": draw.choice((51.5, 51.6, 55.9, None)),
            "long": draw.choice((-0.1, -0.2, -3.2, None)),
            "vector": draw.choice(([1.0, 0.0], [0.6, 0.8], [0.0, 0.1], None)),
        }
        for i in range(count)
    ]
    types = {"words": pa.list_(pa.string()), "born": pa.date32(), "vector": pa.list_(pa.float64(), 2)}
    floats = {"amount", "lat", "long"}
    fields = [(name, types.get(name, pa.float64() if name in floats else pa.string())) for name in rows[0]]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


LIBRARY = {
    "exact": cl.ExactMatch("surname").configure(term_frequency_adjustments=True),
    "levenshtein": cl.LevenshteinAtThresholds("surname", [1, 2]),
    "damerau": cl.DamerauLevenshteinAtThresholds("dob", [1, 2]),
    "jaccard": cl.JaccardAtThresholds("surname", [0.9, 0.5]),
    "jaro": cl.JaroAtThresholds("forename", [0.9, 0.7]),
    "jaro_winkler": cl.JaroWinklerAtThresholds("forename", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    "any function": cl.DistanceFunctionAtThresholds("surname", "levenshtein", [1, 3], higher_is_more_similar=False),
    "pairs of words": cl.PairwiseStringDistanceFunctionAtThresholds("words", "levenshtein", [1]),
    "lists": cl.ArrayIntersectAtSizes("words", [2, 1]),
    "days": cl.AbsoluteDateDifferenceAtThresholds("dob", input_is_string=True, metrics=["day", "year"], thresholds=[40, 1]),
    "dates": cl.AbsoluteDateDifferenceAtThresholds("born", input_is_string=False, metrics=["day"], thresholds=[10]),
    "kilometres": cl.DistanceInKMAtThresholds("lat", "long", [20, 600]),
    "date of birth": cl.DateOfBirthComparison("dob", input_is_string=True),
    "email": cl.EmailComparison("email"),
    "two names": cl.ForenameSurnameComparison("forename", "surname"),
    "name": cl.NameComparison("surname").configure(term_frequency_adjustments=True),
    "postcode": cl.PostcodeComparison("postcode"),
    "cosine": cl.CosineSimilarityAtThresholds("vector", [0.9, 0.5]),
}
LEVELS = {
    "literal": cll.LiteralMatchLevel("surname", "JOHN", "string"),
    "reversed": cll.ColumnsReversedLevel("forename", "surname"),
    "reversed both ways": cll.ColumnsReversedLevel("forename", "surname", symmetrical=True),
    "subset": cll.ArraySubsetLevel("words"),
    "percentage": cll.PercentageDifferenceLevel("amount", 0.05),
    "difference": cll.AbsoluteDifferenceLevel("amount", 1),
    "and": cll.And(cll.ExactMatchLevel("forename"), cll.JaroWinklerLevel("surname", 0.8)),
    "or": cll.Or(cll.ExactMatchLevel("forename"), cll.ExactMatchLevel("dob")),
    "not": cll.Not(cll.ExactMatchLevel("forename")),
    "of an expression": cll.ExactMatchLevel(ColumnExpression("surname").lower().substr(1, 2)),
    "regular expression": cll.ExactMatchLevel(ColumnExpression("postcode").regex_extract("^[A-Z]+")),
    "empty as missing": cll.LevenshteinLevel(ColumnExpression("surname").nullif(""), 1),
    "last of a list": cll.CustomLevel("words_l[-1] = words_r[-1] AND words_l[1] <> words_r[1]"),
    "words in common": cll.CustomLevel("len(list_filter(words_l, lambda w: list_contains(words_r, w))) >= 2"),
    "quoted, upper case": cll.CustomLevel('"SURNAME_L" = upper("surname_r")'),
}


def declared(*comparisons: Any) -> dict[str, Any]:
    creator = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(comparisons),
        blocking_rules_to_generate_predictions=[block_on("surname")],
        probability_two_random_records_match=0.01,
        retain_matching_columns=False,
        linker_uid="laws",
    )
    return creator.create_settings_dict("duckdb") | {"sql_dialect": "duckdb"}


def drawn_parameters(told: dict[str, Any], seed: int, *, missing: float = 0.2, odd: tuple[float, ...] = (1.0, 1e-300)) -> dict[str, Any]:
    """Random m and u; some are left out, as Splink leaves out what it could not train."""
    draw, told = random.Random(seed), copy.deepcopy(told)
    for comparison in told["comparisons"]:
        for level in comparison["comparison_levels"]:
            for which in ("m", "u") if not level.get("is_null_level") else ():
                if draw.random() >= missing:
                    level[f"{which}_probability"] = draw.choice((10 ** draw.uniform(-9, 0), *odd))
                    level[f"fix_{which}_probability"] = draw.random() < 0.3
    return told


@pytest.mark.parametrize("name", LIBRARY)
def test_every_comparison_of_splinks_library_weighs_as_in_splink(name: str) -> None:
    table, told = people(40, 1), drawn_parameters(declared(LIBRARY[name]), 2)
    shares = frequencies_of(table, *compile_model(json.dumps(told)).term_frequencies)
    assert_parity(by_splink(table, told, shares), by_expression(table, told, shares))


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_of_splinks_library_weighs_as_in_splink(name: str) -> None:
    table = people(40, 3)
    own = {"output_column_name": "own", "comparison_levels": [LEVELS[name], cll.ElseLevel()]}
    told = drawn_parameters(declared(own), 4)
    assert_parity(by_splink(table, told, {}), by_expression(table, told, {}))


TEXT = st.sampled_from(NAMES) | st.text(max_size=4) | st.none()
PROBABILITY = st.none() | st.sampled_from((0.0, 1e-300, 1.0)) | st.floats(1e-12, 1.0)
CONDITIONS = (
    "surname_l = surname_r", "surname_r = surname_l AND surname_l = surname_r", "NOT (surname_l <> surname_r)",
    "jaro_winkler_similarity(surname_l, surname_r) >= 0.8", "levenshtein(surname_l, surname_r) <= 1", "forename_l = forename_r",
    "forename_l = surname_r AND surname_l = forename_r", "length(surname_l) = length(surname_r)", "surname_l IS NULL",
    "list_has_any(words_l, words_r)", "len(words_l) > 1 OR substr(forename_l, 1, 1) = substr(forename_r, 1, 1)",
)  # fmt: skip


@st.composite
def drawn_level(draw: st.DrawFn, position: int) -> dict[str, Any]:
    level: dict[str, Any] = {"sql_condition": draw(st.sampled_from(CONDITIONS)), "label_for_charts": f"level {position}"}
    for which in ("m", "u"):
        if (value := draw(PROBABILITY)) is not None:
            level |= {f"{which}_probability": value, f"fix_{which}_probability": draw(st.booleans())}
    if draw(st.booleans()):
        level |= {"tf_adjustment_column": draw(st.sampled_from(("surname", "forename")))}
        level |= {"tf_adjustment_weight": draw(st.sampled_from((0.3, 1.0))), "tf_minimum_u_value": draw(st.sampled_from((0.0, 0.05)))}
        level |= {"disable_tf_exact_match_detection": draw(st.booleans())}
    return level


@st.composite
def drawn_model(draw: st.DrawFn) -> dict[str, Any]:
    comparisons = []
    for number in range(draw(st.integers(1, 3))):
        levels = [draw(drawn_level(i)) for i in range(draw(st.integers(1, 5)))]
        missing = {"sql_condition": "surname_l IS NULL OR surname_r IS NULL", "label_for_charts": "missing", "is_null_level": True}
        levels.insert(draw(st.integers(0, len(levels))), missing)  # Splink does not ask for it to be the first
        levels.append({"sql_condition": "ELSE", "label_for_charts": "different", "m_probability": 0.1, "u_probability": 0.8})
        comparisons.append({"output_column_name": f"comparison_{number}", "comparison_levels": levels})
    prior = draw(st.floats(1e-9, 0.999))
    return declared() | {"comparisons": comparisons, "probability_two_random_records_match": prior}


@given(
    told=drawn_model(),
    rows=st.lists(st.tuples(TEXT, TEXT, st.sampled_from(LISTS)), min_size=2, max_size=25),
    forgotten=st.sets(st.sampled_from(NAMES)),
)
@settings(
    max_examples=40,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_model_over_any_values_weighs_as_in_splink_whichever_side_comes_first(
    told: dict[str, Any], rows: list[tuple], forgotten: set[str | None]
) -> None:
    """Every level, NULL, Unicode, empty text, lists, zero and missing m or u, and terms that the model never saw."""
    columns = dict(zip(("forename", "surname", "words"), map(list, zip(*rows, strict=True)), strict=True))
    types = {"words": pa.list_(pa.string())}
    arrays = {name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()}
    table = pa.table({"unique_id": [f"P{i:03d}" for i in range(len(rows))], **arrays})
    shares = {
        c: {t: f for t, f in terms.items() if t not in forgotten} for c, terms in frequencies_of(table, "forename", "surname").items()
    }
    if refusal := refused(told):
        assert "has no base" in refusal  # Splink fails there too, in the middle of its predict
        with pytest.raises(ValueError, match=r"exact match level|math domain error"):
            by_splink(table, *readable_by_splink(told, shares))
        return
    ours = by_expression(table, told, shares)
    if not any(zero_base(told)):
        assert_parity(by_splink(table, *readable_by_splink(told, shares)), ours)
        turned = mirrored(table)
        assert_parity(by_splink(turned, *readable_by_splink(told, shares)), by_expression(turned, told, shares))


def refused(told: dict[str, Any]) -> str:
    try:
        compile_model(json.dumps(told))
    except ConfigError as error:
        return error.message
    return ""


def readable_by_splink(told: dict[str, Any], shares: Any) -> tuple[dict[str, Any], Any, list[tuple[int, int, str]]]:
    """Splink reads no m or u of nought; it is set after reading."""
    told, zeros = copy.deepcopy(told), []
    for c, comparison in enumerate(told["comparisons"]):
        for i, level in enumerate(comparison["comparison_levels"]):
            for which in ("m", "u"):
                if level.get(f"{which}_probability") == 0.0:
                    level[f"{which}_probability"] = 0.5
                    zeros.append((c, i, which))
    return told, shares, zeros


def zero_base(told: dict[str, Any]) -> list[bool]:
    """Splink takes the logarithm of a base of nought and fails, where the compiler takes the smallest number that Splink knows."""
    return [
        any("tf_adjustment_column" in level for level in comparison["comparison_levels"])
        and any(level.get("u_probability") == 0.0 for level in comparison["comparison_levels"])
        for comparison in told["comparisons"]
    ]


def test_a_thousand_people_weigh_the_same_at_every_kind_of_level_with_either_side_first() -> None:
    """Half a million weights at once: 1,000 records, every pair."""
    table = people(1000, 7)
    told = drawn_parameters(declared(LIBRARY["two names"], LIBRARY["jaro_winkler"], LIBRARY["lists"], LIBRARY["date of birth"]), 8)
    shares = frequencies_of(table, *compile_model(json.dumps(told)).term_frequencies)
    straight = by_expression(table, told, shares)
    assert len(straight) == 499_500
    assert_parity(by_splink(table, told, shares), straight)
    turned = mirrored(table)
    assert_parity(by_splink(turned, told, shares), by_expression(turned, told, shares))


@pytest.mark.skipif(not (DATA / "transactions_origin.parquet").exists(), reason="transactions_*.parquet are not in ../shared/data/linkage")
def test_payments_and_receipts_linked_as_two_sources_give_splinks_edges() -> None:
    """Between two sources only, by date, amount and words of the memo; the truth column is not read."""
    sides = []
    for i, side in enumerate(("destination", "origin")):  # in the order of the names, as Splink takes the left side
        side = pq.read_table(DATA / f"transactions_{side}.parquet", columns=["unique_id", "memo", "transaction_date", "amount"]).slice(
            0, 4000
        )
        ids = [f"{i}-{n:06d}" for n in side.column("unique_id").to_pylist()]
        sides.append(side.set_column(0, "unique_id", pa.array(ids)).append_column("source_index", pa.array([i] * len(ids), pa.int32())))
    table = pa.concat_tables(sides).sort_by("unique_id")
    rules = (
        ("amount", "substr(memo, 1, 1)"),
        ("memo", "transaction_date"),
        ("substr(memo, 1, 7)", "round(amount)"),
        ("split_part(memo, ' ', 1)", "transaction_date"),
    )
    amount = {
        "output_column_name": "amount",
        "comparison_levels": [
            cll.NullLevel("amount"),
            cll.ExactMatchLevel("amount"),
            cll.PercentageDifferenceLevel("amount", 0.03),
            cll.ElseLevel(),
        ],
    }
    days = cl.AbsoluteDateDifferenceAtThresholds("transaction_date", input_is_string=False, metrics=["day", "day"], thresholds=[1, 4])
    memo = cl.LevenshteinAtThresholds("memo", [2, 6]).configure(term_frequency_adjustments=True)
    told = drawn_parameters(declared(amount, days, memo), 9)
    between = [{"blocking_rule": f"{block_on(*rule).get_blocking_rule('duckdb').blocking_rule_sql} AND l.source_index <> r.source_index",
                "sql_dialect": "duckdb"} for rule in rules]  # fmt: skip
    told["blocking_rules_to_generate_predictions"] = between
    shares = frequencies_of(table.slice(0, 4000), "memo")  # terms of one side only, so that others are unknown
    theirs = by_splink_with_rules(table, told, shares, -200.0)
    assert len(theirs) > 1000
    assert_same(theirs, by_kernels(table, rules, told, shares, -200.0, shards=3, within=False))


REFUSED = {
    "no such function": ("soundex_of(a_l) = soundex_of(a_r)", "soundex_of"),
    "a function of chance": ("random() < 0.5 AND a_l = a_r", "random does not give the same every time"),
    "a function of the clock": ("a_l = CAST(current_date AS VARCHAR)", "does not give the same every time"),
    "types that do not fit": ("list_has_any(a_l, b_r)", "list_has_any"),
    "no condition": ("length(a_l)", "not true or false"),
    "no input": ("elsewhere_l = elsewhere_r", "elsewhere"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_duckdb_could_not_compute_is_named_and_refused_before_anything_runs(name: str) -> None:
    inputs = StructType([StructField("a", StringType()), StructField("b", ArrayType(StringType()))])
    condition, named = REFUSED[name]
    levels = [{"sql_condition": condition, "label_for_charts": "odd"}, {"sql_condition": "ELSE", "label_for_charts": "different"}]
    told = {"comparisons": [{"output_column_name": "own", "comparison_levels": levels}]}
    with pytest.raises(ConfigError, match=r"comparison own, level 0 \(odd\)") as refusal:
        require_computable(told, inputs)
    assert named in refusal.value.message
    levels[0]["sql_condition"] = "list_contains(b_l, a_r)"
    require_computable(told, inputs)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda levels: levels.insert(1, {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.1}), "levels after ELSE"),
        (lambda levels: levels.pop(0), "fewer than two levels"),
        (lambda levels: levels[0].update(tf_adjustment_column="a", tf_adjustment_weight=0.0), "weight of 0 is lost"),
        (lambda levels: levels[0].update(m_probability=-0.1), "m probability is not a number"),
        (lambda levels: levels[0].update(u_probability="seldom"), "u probability is not a number"),
    ],
)
def test_what_splink_itself_could_not_read_is_named_and_refused(change: Any, named: str) -> None:
    levels = [
        {"sql_condition": "a_l = a_r", "m_probability": 0.9, "u_probability": 0.1},
        {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9},
    ]
    change(levels)
    told = declared() | {"comparisons": [{"output_column_name": "a", "comparison_levels": levels}]}
    with pytest.raises(ConfigError, match=named):
        compile_model(json.dumps(told))


def test_two_comparisons_of_one_name_are_refused_because_splink_would_mix_them_up() -> None:
    told = drawn_parameters(declared(LIBRARY["lists"], LIBRARY["pairs of words"]), 1)
    with pytest.raises(ConfigError, match="two comparisons are called words"):
        compile_model(json.dumps(told))
