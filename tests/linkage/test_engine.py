"""Training and scoring on Spark, on a few hundred people: the same model and the same edges however the records are cut."""

import dataclasses
import json
import random
from dataclasses import dataclass
from itertools import combinations

import pytest
from docketlink.config.model import BlockingRule, Comparison, ModelConfig, Prior, Synonyms, Training
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.links import BLOCK_SUMMARY, LINK_MODEL, SCORED_EDGE, TERM_FREQUENCY
from docketlink.contracts.revision import all_rows
from docketlink.errors import ConfigError, GateError
from docketlink.linkage import engine, fused, kernel_blobs, training
from docketlink.linkage.artefact import LinkModel, Since, definition_hash
from docketlink.linkage.blocking import pack
from docketlink.linkage.inputs import model_inputs
from docketlink.linkage.reach import record_keys
from docketlink.linkage.rule_worth import proposals, rule_worths
from docketlink.linkage.touched import node_of
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.linkage.parity import assert_same, by_splink

FORENAMES = ["JOHN", "MARY", "ZOE", "AHMED", "LI", "ANNE", "OLU", "PETER"]
SURNAMES = ["SMITH", "JONES", "KHAN", "OBRIEN", "NGUYEN", "TAYLOR", "PATEL", "EVANS", "WARD", "LEE", "FOX", "HILL"]
COLUMNS = "record_id string, source string, name_1_std string, last_name_std string, dob_std string, postcode_arr array<string>"

MODEL = ModelConfig(
    name="people",
    about="A model small enough to train in a second.",
    inputs={"forename": "name_1_std", "surname": "last_name_std", "dob": "dob_std", "postcodes": "postcode_arr"},
    synonyms={"root": {"of": "name_1_std", "groups": {"JOHN": ("JON", "JACK")}}},
    comparisons=(
        Comparison(name="forename", library="JaroWinklerAtThresholds",
                   arguments={"col_name": "forename", "score_threshold_or_thresholds": [0.8]}),
        Comparison(name="surname", library="ExactMatch", arguments={"col_name": "surname"}, term_frequency=True),
        Comparison(name="dob", levels=(
            {"sql": "dob_l IS NULL OR dob_r IS NULL", "label": "missing", "missing": True},
            {"sql": "dob_l = dob_r", "label": "equal"},
            {"sql": "hamming(dob_l, dob_r) = 1", "label": "one digit"},
            {"sql": "ELSE", "label": "different"},
        )),
        Comparison(name="postcode", library="ArrayIntersectAtSizes",
                   arguments={"col_name": "postcodes", "size_threshold_or_thresholds": [1]}),
    ),
    blocking=(("surname", "dob"), ("root", "surname"), ("dob",), ("surname",)),
    training=Training(
        prior=Prior(rules=(("forename", "surname", "dob"),), recall=0.7),
        sessions=(("surname",), ("dob",)),
        random_pairs=50_000,
    ),
)  # fmt: skip
STAGE = Stage(name="all", sources=("magistrates", "prison"), model="people")
SETTINGS = Linkage(floor_weight=-60.0, duckdb_memory="300MB")


def person_rows() -> list[tuple]:
    draw, rows = random.Random(11), []
    for i in range(120):
        forename, surname = draw.choice(FORENAMES), draw.choice(SURNAMES)
        dob = f"{draw.randint(1950, 2000)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        for _ in range(draw.randint(1, 3)):
            name = draw.choice(["JON", forename]) if forename == "JOHN" else forename
            seen = dob if draw.random() < 0.8 else draw.choice([None, dob[:-1] + "9"])
            postcode = draw.choice([None, [f"LS{i % 30} 1AA"], [f"LS{i % 30} 1AA", "M1 1AA"]])
            rows.append((f"{draw.getrandbits(64):016X}", draw.choice(["magistrates", "prison"]), name, surname, seen, postcode))
    return rows


@dataclass(frozen=True)
class Trained:
    records: DataFrame
    model: LinkModel
    terms: DataFrame
    again: LinkModel


@pytest.fixture(scope="module")
def trained(spark: SparkSession) -> Trained:
    rows = person_rows()
    records = spark.createDataFrame(rows, COLUMNS).coalesce(1).localCheckpoint()
    reordered = spark.createDataFrame(rows[::-1], COLUMNS).repartition(3)
    first, second = training.train(records, MODEL), training.train(reordered, MODEL)
    row = training.link_model_row(spark, first)
    assert row.schema == LINK_MODEL.schema
    terms = training.term_frequency_rows(first).localCheckpoint()
    assert [f.name for f in terms.schema.fields] == list(TERM_FREQUENCY.columns)
    return Trained(records, LinkModel.from_row(row.collect()[0]), terms, second.model)


def scored(trained: Trained, *, stage: Stage = STAGE, records: DataFrame | None = None, **changed: object) -> engine.Scored:
    settings = SETTINGS.model_copy(update=changed)
    return engine.score(trained.records if records is None else records, MODEL, trained.model, trained.terms, stage, settings)


def edges_of(found: engine.Scored) -> dict[tuple[str, str], tuple[int, float]]:
    rows = all_rows(found.edges).select("record_id_l", "record_id_r", "rule", "match_weight").collect()
    edges = {(left, right): (rule, weight) for left, right, rule, weight in rows}
    assert len(edges) == len(rows), "a pair was found twice"
    return edges


def test_training_twice_on_records_cut_and_ordered_otherwise_gives_the_same_model(trained: Trained) -> None:
    assert trained.again == trained.model


def test_a_trained_model_has_every_weight_rounded_to_nine_digits(trained: Trained) -> None:
    levels = [lv for c in trained.model.settings["comparisons"] for lv in c["comparison_levels"] if not lv.get("is_null_level")]
    values = [level[which] for level in levels for which in ("m_probability", "u_probability")]
    assert all(0 < value <= 1 and float(f"{value:.8e}") == value for value in values)


def test_term_frequencies_are_shares_of_the_values_that_are_there(trained: Trained) -> None:
    shares = {r["term"]: r["frequency"] for r in trained.terms.collect()}
    surnames = [row[3] for row in person_rows()]
    assert shares == {name: surnames.count(name) / len(surnames) for name in set(surnames)}


@pytest.fixture(scope="module")
def whole(trained: Trained) -> engine.Scored:
    found = scored(trained)
    return engine.Scored(found.edges.localCheckpoint(), found.block_summary)


@pytest.fixture(scope="module")
def edges(whole: engine.Scored) -> dict[tuple[str, str], tuple[int, float]]:
    return edges_of(whole)


def test_edges_are_those_of_splinks_own_predict(trained: Trained, edges: dict) -> None:
    people = model_inputs(trained.records, MODEL).orderBy("record_id").toArrow().drop_columns(["source"])
    people = people.rename_columns({"record_id": "unique_id"})
    shares = {"surname": {r["term"]: r["frequency"] for r in trained.terms.collect()}}
    assert len(edges) > 1000
    assert_same(by_splink(people, dict(trained.model.settings), shares, -60.0), edges)


def test_edges_are_ordered_pairs_whose_probability_agrees_with_the_weight(whole: engine.Scored) -> None:
    assert [f.name for f in whole.edges.schema.fields] == list(SCORED_EDGE.columns)
    assert whole.edges.where(
        "record_id_l >= record_id_r OR abs(match_probability - 1 / (1 + pow(2D, -match_weight))) > 1e-12 OR stage <> 'all'"
    ).isEmpty()


def test_any_number_of_shards_any_cut_and_records_of_other_sources_leave_the_edges_as_they_are(trained: Trained, edges: dict) -> None:
    other = trained.records.limit(40).withColumn("source", F.lit("family")).withColumn("record_id", F.concat(F.lit("x"), "record_id"))
    assert edges_of(scored(trained, records=trained.records.unionByName(other).repartition(3, "postcode_arr"), shards=5)) == edges


def test_blocks_above_the_cap_are_left_out_and_counted_and_their_pairs_found_by_later_rules(trained: Trained, edges: dict) -> None:
    found = scored(trained, max_block=12)
    summary = {r["rule"]: r for r in found.block_summary.collect()}
    assert [f.name for f in found.block_summary.schema.fields] == list(BLOCK_SUMMARY.columns)
    assert summary[3]["dropped_blocks"] > 0
    assert summary[3]["dropped_pairs"] <= summary[3]["pairs"]
    assert summary[0]["dropped_blocks"] == 0
    kept = edges_of(found)
    assert 0 < len(kept) < len(edges)
    assert all(edges[pair] == value for pair, value in kept.items())


def test_block_counts_are_those_of_the_records(whole: engine.Scored) -> None:
    sizes: dict[tuple, int] = {}
    for _, _, _, surname, dob, _ in person_rows():
        if dob is not None:
            sizes[surname, dob] = sizes.get((surname, dob), 0) + 1
    row = whole.block_summary.where("rule = 0").collect()[0]
    assert (row["records"], row["blocks"]) == (sum(sizes.values()), sum(n > 1 for n in sizes.values()))
    assert (row["pairs"], row["largest_block"]) == (sum(n * (n - 1) // 2 for n in sizes.values()), max(sizes.values()))


def redefined(trained: Trained, *blocking: BlockingRule | tuple[str, ...]) -> tuple[ModelConfig, LinkModel]:
    """The model with other blocking rules, as if it had been trained with them."""
    definition = MODEL.model_copy(update={"blocking": blocking})
    return definition, dataclasses.replace(trained.model, definition_hash=definition_hash(definition))


def test_large_blocks_are_cut_up_or_compared_in_a_grid_and_what_is_not_compared_is_recorded(trained: Trained, edges: dict) -> None:
    rules = (BlockingRule(on=("surname",), refine=("forename",)), BlockingRule(on=("root",), split=True), ("dob",))
    definition, model = redefined(trained, *rules)
    whole, few = (SETTINGS.model_copy(update={"max_block": cap, "shards": 3}) for cap in (1000, 12))
    every = edges_of(engine.score(trained.records, definition, model, trained.terms, STAGE, whole))
    found = engine.score(trained.records, definition, model, trained.terms, STAGE, few)
    summary = {row["rule"]: row for row in found.block_summary.collect()}
    assert summary[0]["refined_blocks"] > 0
    assert summary[0]["dropped_pairs"] == sum(block["pairs"] for block in summary[0]["dropped"]) > 0
    assert summary[1]["split_blocks"] > 0
    assert summary[1]["dropped_pairs"] == 0
    kept = edges_of(found)
    found.release()
    assert {pair for pair, (rule, _) in every.items() if rule > 0} <= set(kept)  # the grid loses none
    assert {pair: weight for pair, (_, weight) in kept.items()}.items() <= {pair: weight for pair, (_, weight) in every.items()}.items()


def test_more_packed_records_than_a_task_can_be_handed_are_spread_over_others(
    trained: Trained, edges: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_blobs, "TASK_BYTES", 10_000)
    packed = pack(model_inputs(trained.records, MODEL), MODEL, SETTINGS)
    assert packed.frame.rdd.getNumPartitions() > packed.held.rdd.getNumPartitions()
    packed.release()
    scored = engine.score(trained.records, MODEL, trained.model, trained.terms, STAGE, SETTINGS)
    assert edges_of(scored) == edges
    scored.release()


def test_the_worth_of_a_rule_is_what_it_finds_and_what_no_other_finds(trained: Trained) -> None:
    stage = STAGE.model_copy(update={"thresholds": {"high": 5.0, "medium": 0.0, "low": -1.0}})
    definition, model = redefined(trained, ("surname", "dob"), ("root", "surname"))
    worths = rule_worths(trained.records, definition, model, trained.terms, stage, SETTINGS, [("dob",)])
    likely = {}
    for rule in (("surname", "dob"), ("root", "surname"), ("dob",)):
        only, its_model = redefined(trained, rule)
        at = SETTINGS.model_copy(update={"floor_weight": 0.0})
        likely[rule] = set(edges_of(engine.score(trained.records, only, its_model, trained.terms, stage, at)))
    assert {worth.rule: worth.likely_pairs for worth in worths} == {rule: len(pairs) for rule, pairs in likely.items()}
    in_model = likely["surname", "dob"] | likely["root", "surname"]
    (added,) = [worth for worth in worths if not worth.in_model]
    assert added.alone == pytest.approx(len(likely["dob",] - in_model) / len(likely["dob",]))
    assert proposals([("a", "b"), ("c",)]) == ()
    assert proposals([("a", "b"), ("c", "d")]) == (("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"))


def test_link_and_dedupe_stages_split_the_pairs_between_them(trained: Trained, edges: dict) -> None:
    between = edges_of(scored(trained, stage=STAGE.model_copy(update={"link_type": "link"})))
    within = edges_of(scored(trained, stage=STAGE.model_copy(update={"link_type": "dedupe"})))
    assert within
    assert between
    assert within | between == edges
    assert not set(within) & set(between)


def test_a_stage_between_sets_of_sources_compares_and_counts_pairs_across_the_sets_alone(trained: Trained, edges: dict) -> None:
    some = F.pmod(F.xxhash64("record_id"), F.lit(3)) == 0
    records = trained.records.withColumn("source", F.when(some, F.lit("family")).otherwise(F.col("source"))).localCheckpoint()
    stage = Stage.model_validate(
        {"name": "all", "between": [["magistrates", "prison"], ["family"]], "link_type": "link", "model": "people"}
    )
    of = {row.record_id: (row.source == "family", row.last_name_std) for row in records.collect()}
    found = scored(trained, stage=stage, records=records)
    assert edges_of(found) == {(a, b): value for (a, b), value in edges.items() if of[a][0] != of[b][0]}
    surnames = {rule.pairs for rule in found.block_summary.where("rule = 3").collect()}
    assert surnames == {sum(a[0] != b[0] and a[1] == b[1] for a, b in combinations(of.values(), 2))}


def test_records_that_share_a_key_are_those_that_the_engine_compares(trained: Trained) -> None:
    keys = {row.record_id: row["keys"] for row in record_keys(trained.records.repartition(3), MODEL, "300MB").collect()}
    shared = {
        (a, b): [i for i, (x, y) in enumerate(zip(keys[a], keys[b], strict=True)) if x is not None and x == y]
        for a, b in combinations(sorted(keys), 2)
    }
    compared = edges_of(scored(trained, floor_weight=-1000.0))
    assert {pair: rules[0] for pair, rules in shared.items() if rules} == {pair: rule for pair, (rule, _) in compared.items()}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("A", "magistrates", "JOHN", "SMITH", "1980-01-01", ["LS1 1AA"])],
        [("A", "magistrates", None, None, None, None), ("B", "prison", None, None, None, None)],
        [("A", "prison", "JOHN", "SMITH", "1980-01-01", None), ("B", "family", "JOHN", "SMITH", "1980-01-01", None)],
    ],
    ids=["no record", "one record", "nothing but NULL", "one record of the stage's sources"],
)
def test_where_there_is_nothing_to_compare_there_is_no_edge_and_a_summary_of_nothing(
    trained: Trained, spark: SparkSession, rows: list
) -> None:
    found = scored(trained, records=spark.createDataFrame(rows, COLUMNS))
    summary = found.block_summary.collect()
    assert len(summary) == len(MODEL.blocking)
    assert sum(row.pairs for row in summary) == 0
    assert edges_of(found) == {}
    found.release()


def test_records_that_cannot_train_a_model_are_refused_by_name(spark: SparkSession) -> None:
    def trained_on(rows: list) -> None:
        training.train(spark.createDataFrame(rows, COLUMNS), MODEL)

    with pytest.raises(ConfigError, match="model people: fewer than two records"):
        trained_on([("A", "prison", "JOHN", "SMITH", "1980-01-01", None)])
    with pytest.raises(ConfigError, match=r"model people.*(the prior rules|no training session)"):
        trained_on([(f"{i}", "prison", None, None, None, None) for i in range(20)])


TOWN = Comparison(name="town", levels=({"sql": "town_l = town_r", "label": "equal"}, {"sql": "ELSE", "label": "different"}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"inputs": {**MODEL.inputs, "dob": "date_of_birth"}}, r"the records do not give dob \(UNRESOLVED_COLUMN"),
        ({"inputs": {**MODEL.inputs, "dob": "substr(dob_std"}}, r"the records do not give dob \(PARSE"),
        ({"synonyms": {"root": Synonyms(of="name_one", groups={"A": ("B",)})}}, "the records do not give root"),
        ({"comparisons": (*MODEL.comparisons, TOWN)}, "compares town, which is not an input"),
        ({"blocking": (("surname", "town"),)}, "blocking rule 0: town is not an input"),
        ({"training": MODEL.training.model_copy(update={"sessions": (("town",),)})}, "session 0: town is not an input"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_fit_the_records_is_refused_before_anything_runs(spark: SparkSession, change: dict, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        training.require_sound(spark.createDataFrame([], COLUMNS), MODEL.model_copy(update=change))


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1.5])
def test_a_stored_model_whose_weight_is_no_probability_is_refused(trained: Trained, weight: float) -> None:
    settings = json.loads(trained.model.settings_json)
    settings["comparisons"][0]["comparison_levels"][1]["m_probability"] = weight
    with pytest.raises(ConfigError):
        engine.score(
            trained.records, MODEL, dataclasses.replace(trained.model, settings_json=json.dumps(settings)), trained.terms, STAGE, SETTINGS
        )


def test_a_stage_over_its_budget_is_refused_naming_the_costliest_rule(trained: Trained) -> None:
    with pytest.raises(GateError, match=r"rule 3 \[surname\]"):
        scored(trained, max_pairs=100)


def test_a_model_is_refused_when_its_file_or_a_similarity_has_changed(trained: Trained) -> None:
    narrower = MODEL.model_copy(update={"blocking": MODEL.blocking[:1]})
    with pytest.raises(ConfigError, match="has changed since"):
        engine.score(trained.records, narrower, trained.model, trained.terms, STAGE, SETTINGS)
    probes = json.loads(trained.model.probe_json)
    probes["outputs"]["levenshtein"][0] = "99.0"
    old = dataclasses.replace(trained.model, probe_json=json.dumps(probes))
    with pytest.raises(ConfigError, match="other values for levenshtein"):
        engine.score(trained.records, MODEL, old, trained.terms, STAGE, SETTINGS)


@pytest.mark.parametrize(
    ("max_block", "chunk", "task_bytes", "rescored"),
    [(1000, 100_000, 500_000_000, False), (1000, 7, 500_000_000, False), (1000, 100_000, 10_000, False), (12, 100_000, 500_000_000, True)],
    ids=["nothing above the cap", "what changed is sent in chunks", "records are spread over tasks", "blocks above the cap change"],
)
def test_scoring_what_changed_gives_the_edges_of_scoring_all(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, max_block: int, chunk: int, task_bytes: int, *, rescored: bool
) -> None:
    """Some records are gone, some came, some were corrected: pairs of the others are taken over, those of the corrected are not."""
    monkeypatch.setattr(fused, "_CHUNK", chunk)
    monkeypatch.setattr(kernel_blobs, "TASK_BYTES", task_bytes)
    rules = (BlockingRule(on=("surname",), refine=("forename",)), BlockingRule(on=("root",), split=True), ("dob",))
    definition, model = redefined(trained, *rules)
    settings = SETTINGS.model_copy(update={"max_block": max_block, "shards": 3, "floor_weight": -20.0})
    number = F.pmod(F.xxhash64("record_id"), F.lit(20))
    before = trained.records.where(number != 0).withColumn("last_name_std", F.when(number == 1, "SMITH").otherwise(F.col("last_name_std")))
    now = trained.records.where(number != 2)
    old = engine.score(before, definition, model, trained.terms, STAGE, settings)
    changed = now.where(number < 2).unionByName(before.where(number == 2)).select(node_of("record_id").alias("record_node"))
    changed = changed.distinct().localCheckpoint()
    # an edge of two unchanged records that no scoring gives shows what is taken over
    mark = F.when((number_of("record_id_l") > 2) & (number_of("record_id_r") > 2), F.lit(99.0)).otherwise(F.col("match_weight"))
    since = Since(old.edges.withColumn("match_weight", mark).localCheckpoint(), old.block_summary, changed, changed.count())
    found = engine.score(now, definition, model, trained.terms, STAGE, settings, since)
    every, edges = edges_of(engine.score(now, definition, model, trained.terms, STAGE, settings)), edges_of(found)
    assert {pair: rule for pair, (rule, _) in edges.items()} == {pair: rule for pair, (rule, _) in every.items()}
    taken_over = {pair for pair, (_, weight) in edges.items() if weight == 99.0}
    assert {pair: edge for pair, edge in edges.items() if pair not in taken_over}.items() <= every.items()
    assert bool(found.notes) == rescored
    assert (len(taken_over) == 0) == rescored
    assert len(taken_over) < len(edges)


def number_of(record_id: str):
    return F.pmod(F.xxhash64(record_id), F.lit(20))
