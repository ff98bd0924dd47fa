"""Splink itself on Spark, as the reference: the same edges as the fused engine, nothing left behind, and a model trained there."""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from docketlink.config.load import load_model
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.links import BLOCK_SUMMARY, SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import ConfigError
from docketlink.linkage import spark_model, splink_spark, training
from docketlink.linkage.artefact import LinkModel
from docketlink.linkage.engine import Scored, score, session_jars
from docketlink.linkage.inputs import model_inputs
from docketlink.linkage.spark_sql import to_spark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.conftest import PROJECT
from tests.linkage.test_engine import COLUMNS, MODEL, SETTINGS, STAGE, edges_of, person_rows

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Court:
    records: DataFrame
    model: LinkModel
    terms: DataFrame

    def scored(self, scratch: Path, **changed: object) -> Scored:
        link_type = changed.pop("link_type", "link_and_dedupe")
        settings = SETTINGS.model_copy(update={"scratch": str(scratch), **changed})
        return score(self.records, MODEL, self.model, self.terms, STAGE.model_copy(update={"link_type": link_type}), settings)


@pytest.fixture(scope="module")
def court(spark: SparkSession) -> Court:
    records = spark.createDataFrame(person_rows(), COLUMNS).coalesce(1).localCheckpoint()
    trained = training.train(records, MODEL)
    return Court(records, trained.model, training.term_frequency_rows(trained).localCheckpoint())


def assert_equal(reference: Scored, fused: Scored) -> None:
    theirs, ours = edges_of(reference), edges_of(fused)
    assert theirs.keys() == ours.keys()
    assert {pair: rule for pair, (rule, _) in theirs.items()} == {pair: rule for pair, (rule, _) in ours.items()}
    assert max(abs(theirs[pair][1] - ours[pair][1]) for pair in theirs) < 1e-9
    assert reference.block_summary.collect() == fused.block_summary.collect()
    assert reference.edges.schema == SCORED_EDGE.schema or reference.edges.columns == list(SCORED_EDGE.columns)
    assert reference.block_summary.columns == list(BLOCK_SUMMARY.columns)


@pytest.mark.parametrize("link_type", ["link_and_dedupe", "dedupe", "link"])
def test_splink_on_spark_gives_the_edges_of_the_fused_engine(court: Court, tmp_path: Path, link_type: str) -> None:
    """Same pairs, rules and weights, by each type of stage; the names are those on which Spark's similarities are DuckDB's."""
    reference = court.scored(tmp_path, engine="splink_spark", link_type=link_type)
    assert len(edges_of(reference)) > 500
    assert_equal(reference, court.scored(tmp_path, link_type=link_type))
    assert any("jaro_winkler_similarity differs" in note for note in reference.notes)


def test_a_stage_between_sets_of_sources_has_the_same_pairs_in_both_engines(court: Court, tmp_path: Path) -> None:
    some = F.pmod(F.xxhash64("record_id"), F.lit(3)) == 0
    records = court.records.withColumn("source", F.when(some, F.lit("family")).otherwise(F.col("source"))).localCheckpoint()
    stage = Stage.model_validate(
        {"name": "all", "between": [["magistrates", "prison"], ["family"]], "link_type": "link", "model": "people"}
    )
    both = [
        score(records, MODEL, court.model, court.terms, stage, SETTINGS.model_copy(update={"scratch": str(tmp_path), "engine": engine}))
        for engine in ("splink_spark", "fused")
    ]
    assert len(edges_of(both[0])) > 500
    assert_equal(*both)


def test_blocks_that_are_too_large_and_pairs_below_the_floor_are_left_out_by_both(court: Court, tmp_path: Path) -> None:
    limits = {"max_block": 15, "floor_weight": 0.0}
    reference = court.scored(tmp_path, engine="splink_spark", **limits)
    assert sum(row.dropped_blocks for row in reference.block_summary.collect()) > 0
    assert min(weight for _, weight in edges_of(reference).values()) >= 0
    assert_equal(reference, court.scored(tmp_path, **limits))


def test_nothing_of_a_run_is_left_and_what_an_earlier_one_left_is_reported(
    court: Court, tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docketlink_splink_crashed").mkdir()
    before = spark.sparkContext._jsc.sc().getCheckpointDir()
    found = court.scored(tmp_path, engine="splink_spark", floor_weight=10.0)
    assert [note for note in found.notes if "docketlink_splink_crashed" in note]
    monkeypatch.setattr(splink_spark, "_edges", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        court.scored(tmp_path, engine="splink_spark", floor_weight=10.0)
    assert [path.name for path in tmp_path.iterdir()] == ["docketlink_splink_crashed"]
    assert spark.sparkContext._jsc.sc().getCheckpointDir().isDefined() == before.isDefined()
    assert not [table.name for table in spark.catalog.listTables() if "splink" in table.name]


def test_a_session_without_the_jar_is_refused_with_the_way_out(court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_model, "JAR_FUNCTIONS", (("jaro_sim", "uk.gov.moj.dash.linkage.NoSuchClass", "jaro_similarity"),))
    with pytest.raises(ConfigError, match=r"started without it.*--jars"):
        court.scored(tmp_path, engine="splink_spark")


def test_only_what_runs_splink_on_spark_asks_for_the_jar() -> None:
    assert session_jars(Linkage()) == ()
    for settings in (Linkage(engine="splink_spark"), Linkage(train_with="spark")):
        (jar,) = session_jars(settings)
        assert Path(jar).exists()


def test_a_model_trained_on_spark_is_whole_and_scores(court: Court, tmp_path: Path) -> None:
    """The same comparisons, each with its probabilities; the numbers differ from DuckDB's (docs/linking.md)."""
    trained = training.train(court.records, MODEL, backend="spark", scratch=str(tmp_path))
    assert not [*tmp_path.iterdir()]
    for ours, theirs in zip(trained.model.settings["comparisons"], court.model.settings["comparisons"], strict=True):
        for level, twin in zip(ours["comparison_levels"], theirs["comparison_levels"], strict=True):
            assert level["sql_condition"] == twin["sql_condition"]
            for which in ("m_probability", "u_probability"):
                assert (which in level) == (which in twin)
                assert which not in level or 0 <= level[which] <= 1
    assert json.loads(trained.model.trained_on_json)["backend"] == "spark"
    scored = Court(court.records, trained.model, training.term_frequency_rows(trained).localCheckpoint()).scored(tmp_path)
    assert edges_of(scored).keys() == edges_of(court.scored(tmp_path)).keys()


CONDITIONS = (
    "a_l = a_r", "levenshtein(a_l, a_r) <= 1", "hamming(d_l, d_r) = 1", "substr(d_l, 1, 4) = substr(d_r, 1, 4)", "list_has_any(w_l, w_r)",
    "len(w_l) * len(w_r) <= 2", "length(a_l) = length(a_r)", "list_contains(w_l, a_r)", "w_l[1] = w_r[1]", "right(a_l, 2) = right(a_r, 2)",
    "len(list_filter(w_l, lambda w: list_contains(w_r, w))) >= 1", "coalesce(a_l, 'JO') = coalesce(a_r, 'JO')",
    "a_l IS NULL OR a_r IS NULL",
    "case when length(a_l) = length(a_r) then hamming(a_l, a_r) = 1 else false end", "damerau_levenshtein(a_l, a_r) <= 1",
    "jaro_similarity(a_l, a_r) >= 0.99", "starts_with(a_l, a_r)", "len(list_intersect(w_l, w_r)) = 1",
    "a_l IN ('JO', 'AL') AND NOT a_r LIKE 'OH%'",
    "cast(substr(d_l, 1, 4) AS INTEGER) - cast(substr(d_r, 1, 4) AS INTEGER) BETWEEN -1 AND 1",
)  # fmt: skip


def test_a_condition_said_in_spark_holds_for_the_pairs_for_which_it_holds_in_duckdb(spark: SparkSession) -> None:
    texts, dates, words = ("JOHN", "JOHM", "JO", "OHJN", None), ("1980-01-02", "1981-01-02", "1999-12-31"), (None, ["JO"], ["JOHN", "JO"])
    sides = [(a, d, w) for a in texts for d in dates[:2] for w in words] + [("JOHN", dates[2], words[1])]
    rows = [(*left, *right) for left in sides for right in sides]
    schema = "a_l string, d_l string, w_l array<string>, a_r string, d_r string, w_r array<string>"
    frame = spark.createDataFrame(rows, schema)
    spark_model.require_similarities(spark)
    said = [f"coalesce({to_spark(c, ['w'], 'here')}, false) AS c{i}" for i, c in enumerate(CONDITIONS)]
    by_spark = frame.selectExpr(*said).collect()
    with duckdb.connect() as con:
        con.register("pair", frame.toArrow())
        by_duckdb = con.sql(f"SELECT {', '.join(f'coalesce({c}, false)' for c in CONDITIONS)} FROM pair").fetchall()
    for i, condition in enumerate(CONDITIONS):
        assert [row[i] for row in by_spark] == [row[i] for row in by_duckdb], condition
        assert len({row[i] for row in by_duckdb}) == 2, f"{condition} tells nothing apart"


@pytest.mark.parametrize("condition", ["soundex(a_l) = soundex(a_r)", "try_strptime(a_l, '%Y') IS NULL", "regexp_matches(a_l, 'x')"])
def test_what_spark_may_compute_otherwise_is_named_and_refused(condition: str) -> None:
    with pytest.raises(ConfigError, match=r"level odd: Spark has no .* engine: fused"):
        to_spark(condition, (), "comparison a, level odd")


@pytest.mark.parametrize("file", sorted((PROJECT / "conf" / "models").glob("*.yml")), ids=lambda f: f.stem)
def test_a_shipped_model_can_be_said_in_spark(spark: SparkSession, file: Path) -> None:
    model = load_model(file)
    inputs = model_inputs(spark.createDataFrame([], PERSON_RECORD.schema), model)
    declared = training.declared_settings(model)
    said = spark_model.with_parameters(spark_model.spark_settings(model, inputs), declared, model.name)
    assert said["sql_dialect"] == "spark"
    assert [len(c["comparison_levels"]) for c in said["comparisons"]] == [len(c["comparison_levels"]) for c in declared["comparisons"]]
