"""From records and a declared model to a trained one, by Splink on DuckDB, the same for the same records wherever it runs."""

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_library as cl
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from docketlink.config.load import digest
from docketlink.config.model import Comparison, Level, ModelConfig
from docketlink.contracts.links import LINK_MODEL, TERM_FREQUENCY
from docketlink.errors import ConfigError
from docketlink.linkage.artefact import LinkModel, definition_hash
from docketlink.linkage.binding import require_computable
from docketlink.linkage.compiler import compile_model
from docketlink.linkage.estimation import estimated
from docketlink.linkage.inputs import check_compared, check_term_frequency_columns, model_inputs, texts_or_lists
from docketlink.linkage.kernels import SYNTAX
from docketlink.linkage.probes import probe_json

_DIGITS = 9  # EM with two threads moved m by 1e-12 between equal runs; nine digits are far more than the data can tell


@dataclass(frozen=True)
class TrainedModel:
    """A model and the term frequencies frozen with it: ``(column, term, frequency)``."""

    model: LinkModel
    term_frequency: DataFrame

    @property
    def model_id(self) -> str:
        """Fingerprint of settings, term frequencies and similarity functions."""
        return self.model.model_id


def train(records: DataFrame, model: ModelConfig, *, backend: str = "duckdb", scratch: str | None = None) -> TrainedModel:
    """The model trained on a sample of ``records`` (rows of ``identity.person_record`` that may be linked).

    Splink trains on the driver's DuckDB, or on Spark, where the sample never leaves the executors and ``scratch`` holds it
    meanwhile. Either model is of DuckDB's dialect and scored by every engine.

    The sample is the records whose hash with the seed is smallest, so it depends on neither order nor partitions. The prior
    comes from deterministic rules with a stated recall, u from random pairs, m from EM. Raises ConfigError where the model
    cannot be trained on these records or could not be scored afterwards.
    """
    inputs = require_sound(records, model)
    sample = _sample(inputs, model)
    trained = _trained_on_spark(sample, model, scratch) if backend == "spark" else _trained_on_duckdb(sample, model)
    settings, unseen = _complete(trained.settings, model)
    of_one_person = 0.0
    if model.training.subtract_matches:
        settings = without_matches(settings)
        of_one_person = settings["probability_two_random_records_match"] * inputs.count()
    settings_json = json.dumps(settings, sort_keys=True)
    compiled = compile_model(settings_json)
    frequency = _term_frequency(inputs, compiled.term_frequencies, of_one_person)
    probes = probe_json()
    trained_on = {
        "backend": backend,
        "sample_records": trained.records,
        "sample_hash": trained.sample_hash,
        "term_frequency_hash": _frame_hash(frequency),
        "unseen_levels": unseen,
        "versions": {name: version(name) for name in ("splink", "duckdb", "sqlglot", "pyspark", "docketlink")},
    }
    model_id = digest({"settings": settings, "terms": trained_on["term_frequency_hash"], "probes": json.loads(probes)["outputs"]})
    link_model = LinkModel(
        model_id, model.name, definition_hash(model), settings_json, probes, json.dumps(trained_on, sort_keys=True)
    )  # fmt: skip
    return TrainedModel(link_model, frequency)


def require_sound(records: DataFrame, model: ModelConfig) -> DataFrame:
    """The model's inputs, after making sure that the declaration can be trained and scored; nothing runs.

    Raises ConfigError for an input that the records lack, a comparison or rule that reads no input, and levels that cannot be compiled.
    """
    inputs = model_inputs(records, model)
    texts_or_lists(inputs)
    declared = declared_settings(model)
    compiled = compile_model(json.dumps(declared))
    check_compared(model, compiled.columns)
    check_term_frequency_columns(inputs, compiled.term_frequencies)
    require_computable(declared, inputs.schema)
    return inputs


def link_model_row(spark: SparkSession, trained: TrainedModel) -> DataFrame:
    """The one row of ``identity.link_model``."""
    row = trained.model.as_row()
    return LINK_MODEL.conform(spark.createDataFrame([tuple(row[name] for name in LINK_MODEL.columns)], LINK_MODEL.schema))


def term_frequency_rows(trained: TrainedModel) -> DataFrame:
    """Rows of ``identity.term_frequency``."""
    return TERM_FREQUENCY.conform(trained.term_frequency.withColumn("model_id", F.lit(trained.model_id)))


@dataclass(frozen=True)
class _Estimate:
    settings: dict[str, Any]
    records: int
    sample_hash: str


def _sample(inputs: DataFrame, model: ModelConfig) -> DataFrame:
    drawn = F.xxhash64(F.lit(model.training.seed), "record_id")
    return inputs.orderBy(drawn, "record_id").limit(model.training.sample).drop("source").withColumnRenamed("record_id", "unique_id")


def _trained_on_duckdb(sample: DataFrame, model: ModelConfig) -> _Estimate:
    table = sample.orderBy("unique_id").toArrow()
    _require_two(table.num_rows, model)
    return _Estimate(_splink_settings(table, model), table.num_rows, _table_hash(table))


def _trained_on_spark(sample: DataFrame, model: ModelConfig, scratch: str | None) -> _Estimate:
    from docketlink.linkage.spark_training import spark_trained_settings  # it needs Splink's settings from this module

    sample_hash = _frame_hash(sample)
    records = int(sample_hash.split(":")[0])
    _require_two(records, model)
    return _Estimate(spark_trained_settings(sample, model, scratch), records, sample_hash)


def _require_two(records: int, model: ModelConfig) -> None:
    if records < 2:
        raise ConfigError(f"model {model.name}: fewer than two records to train on.", next_step="load the sources of its stage first.")


def _splink_settings(table: pa.Table, model: ModelConfig) -> dict[str, Any]:
    con = duckdb.connect(config={"threads": 1, **SYNTAX})
    try:
        con.register("arrived", table)
        con.execute("CREATE TABLE person_record AS SELECT * FROM arrived ORDER BY unique_id")
        with quiet():
            linker = Linker(DuckDBAPI(con).register(con.table("person_record")), _declared(model), log_level=None)
            return estimated(linker, model)
    finally:
        con.close()


def declared_settings(model: ModelConfig, dialect: str = "duckdb") -> dict[str, Any]:
    """Splink's settings of a model as declared, before any training: what its levels say, without weights but the fixed ones."""
    return {**_declared(model).create_settings_dict(dialect), "sql_dialect": dialect}


def _declared(model: ModelConfig) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(c) for c in model.comparisons],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in model.blocking_parts],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        max_iterations=model.training.iterations,
        linker_uid=model.name,  # Splink draws a random one otherwise, and no two trainings would be equal
    )


def _comparison(comparison: Comparison) -> Any:
    if comparison.library is None:
        return {"output_column_name": comparison.name, "comparison_levels": [_level(level) for level in comparison.levels]}
    maker = getattr(cl, comparison.library, None)
    if maker is None:
        known = ", ".join(sorted(name for name in cl.__all__ if name != "CustomComparison"))
        raise ConfigError(f"comparison {comparison.name}: Splink has no {comparison.library}.", next_step=f"choose one of {known}.")
    try:
        made = maker(**comparison.arguments)
        return made.configure(term_frequency_adjustments=True) if comparison.term_frequency else made
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"comparison {comparison.name}: Splink refuses the arguments of {comparison.library}: {error}.",
            next_step="see Splink's comparison library for its arguments.",
        ) from error


def _level(level: Level) -> dict[str, Any]:
    told: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.label}
    if level.missing:
        return told | {"is_null_level": True}
    if level.term_frequency and level.term_frequency_weight:  # Splink loses a weight of 0 and would adjust in full
        told |= {"tf_adjustment_column": level.term_frequency, "tf_adjustment_weight": level.term_frequency_weight}
        told |= {"tf_minimum_u_value": level.term_frequency_minimum, "disable_tf_exact_match_detection": level.own_base}
    for which, value in (("m", level.m), ("u", level.u)):
        if value is not None:
            told |= {f"{which}_probability": value, f"fix_{which}_probability": True}
    return told


def _complete(settings: dict[str, Any], model: ModelConfig) -> tuple[dict[str, Any], list[str]]:
    """The settings with every m and u there, rounded; and the levels that training never saw.

    A level that no session saw among matches keeps what Splink itself scores with: a share of .05. A level that no random
    pair fell into gets the u of half a pair in the sample.
    """
    unseen = []
    for comparison in settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for i, level in enumerate(levels):
            name = f"{comparison['output_column_name']}: {level.get('label_for_charts', i)}"
            best = i == 0
            for which in ("m", "u"):
                value = level.get(f"{which}_probability")
                if value is None:
                    unseen.append(f"{name} ({which})")
                    residual = 0.95 if best or len(levels) == 1 else 0.05 / (len(levels) - 1)
                    value = residual if which == "m" else 0.5 / model.training.random_pairs
                if not math.isfinite(value):
                    raise ConfigError(
                        f"model {model.name}, {name}: training gave no finite {which}.",
                        next_step="give the level a fixed m and u, or merge it with its neighbour.",
                    )
                if not level.get(f"fix_{which}_probability"):
                    value = max(value, model.training.smallest_m if which == "m" else 0.5 / model.training.random_pairs, 1e-12)
                level[f"{which}_probability"] = _rounded(value)
    prior = settings["probability_two_random_records_match"]
    if not math.isfinite(prior) or not 0 < prior < 1:
        raise ConfigError(
            f"model {model.name}: the prior rules found no pair, or every pair.", next_step="choose other rules in training.prior."
        )
    settings["probability_two_random_records_match"] = _rounded(prior)
    return settings, sorted(unseen)


def without_matches(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with every trained u as of pairs that do not match, never under a tenth of what random pairs showed.

    Random pairs are matches with the prior's probability p, so a level has p m + (1 - p) u of them. Splink takes all of it for
    u, which is right while p is far below u; where people have many records each, pairs that agree on a rare value
    are mostly matches. Under a tenth, what is left of the difference is noise of the sample.
    """
    result: dict[str, Any] = json.loads(json.dumps(settings))
    prior = result["probability_two_random_records_match"]
    for level in (each for comparison in result["comparisons"] for each in comparison["comparison_levels"]):
        if not level.get("is_null_level") and not level.get("fix_u_probability"):
            seen = level["u_probability"]
            level["u_probability"] = _rounded(max((seen - prior * level["m_probability"]) / (1 - prior), seen / 10))
    return result


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS - 1}e}")


def _term_frequency(inputs: DataFrame, columns: Sequence[str], of_one_person: float) -> DataFrame:
    """``(column, term, frequency)``: how often each term stands in a column, as a share of the rows that have one.

    ``of_one_person`` records are taken off every count, down to one: a name that five records bear may be that of one person with five
    records, which is no rare chance but no sign of a common name either.
    """
    spark = inputs.sparkSession
    if not columns:
        return spark.createDataFrame([], "column string, term string, frequency double")
    pairs = F.explode(F.array(*(F.struct(F.lit(c).alias("column"), F.col(c).alias("term")) for c in columns))).alias("pair")
    counted = inputs.select(pairs).select("pair.*").where("term IS NOT NULL").groupBy("column", "term").count()
    total = counted.groupBy("column").agg(F.sum("count").alias("total"))
    bearers = (
        F.greatest(F.col("count").cast("double") - F.lit(of_one_person), F.lit(1.0)) if of_one_person else F.col("count").cast("double")
    )
    return counted.join(F.broadcast(total), "column", how="inner").select(
        "column", "term", (bearers / F.col("total").cast("double")).alias("frequency")
    )


def _frame_hash(frame: DataFrame) -> str:
    row = frame.agg(
        F.sum(F.xxhash64(*(F.col(c) for c in frame.columns)).cast(DecimalType(38, 0))).alias("hash"), F.count(F.lit(1)).alias("rows")
    ).first()
    return f"{row['rows']}:{row['hash']}" if row else "0:"


def _table_hash(table: pa.Table) -> str:
    """SHA-256 of a sorted table's values."""
    hashed = hashlib.sha256()
    for batch in table.combine_chunks().to_batches():
        for column in batch.columns:
            hashed.update(json.dumps(column.to_pylist(), default=str).encode())
    return hashed.hexdigest()[:32]


@contextmanager
def quiet() -> Iterator[None]:
    """Splink tells its progress and its warnings to a logger; what matters of them is in the result."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
