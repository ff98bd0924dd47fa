"""The fused engine, Spark's side: count blocks, ship each record once a rule, score in the shards, give the ids back."""

import math
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.tables import SCORED_EDGE
from docketlink.linkage.artefact import LinkModel, Scored
from docketlink.linkage.blocking import block_summary, count_blocks, dropped, exploded, require_budget, with_keys
from docketlink.linkage.compiler import CompiledModel, compile_model
from docketlink.linkage.exchange import collision_free_seed, surrogate
from docketlink.linkage.inputs import check_compared, check_term_frequency_columns, model_inputs, texts_or_lists
from docketlink.linkage.kernels import KeyPlan, ScorePlan, score_shard
from docketlink.linkage.probes import trained_outputs

_SCORES = "rule int, surrogate_l long, surrogate_r long, match_weight double"
_SMALL_SHARD = 50_000  # rows under which a further task costs more than it saves


def score(
    records: DataFrame, definition: ModelConfig, model: LinkModel, term_frequency: DataFrame, stage: Stage, settings: Linkage
) -> Scored:
    """Edges and block counts of one stage.

    ``records`` are the linkable rows of ``identity.person_record``; those of other sources are left out. ``term_frequency`` holds
    at least the model's rows of ``identity.term_frequency``. Edges are the pairs of the stage that some rule brings together and
    whose weight reaches ``settings.floor_weight``. Blocks above ``settings.max_block`` are left out and counted in the summary;
    a pair in one of them is still found by any other rule. The edges are lazy: two small actions (ids, blocks) run here.

    Raises ConfigError when the definition is not the one trained, when a similarity function changed since training, or when
    the model does not fit the inputs; GateError when the pairs exceed ``settings.max_pairs``.
    """
    model.require(definition)
    compiled = compile_model(model.settings_json, settings.floor_weight)
    outputs = trained_outputs(model.model_id, model.probe_json)
    record = records.where(F.col("source").isin(*stage.sources))
    named = model_inputs(record, definition)
    check_compared(definition, compiled.columns)
    texts_or_lists(named)
    check_term_frequency_columns(named, compiled.term_frequencies)
    seed = collision_free_seed(named.select("record_id"))
    inputs = named.select(surrogate("record_id", seed).alias("surrogate"), _source_index(stage).alias("source_index"), *definition.columns)
    counts = count_blocks(inputs, definition, stage, settings)
    require_budget(counts, definition, stage, settings)
    keyed = with_keys(inputs, KeyPlan(definition.blocking, dropped(counts)), settings.duckdb_memory)
    shipped = _shipped(_with_frequencies(keyed, compiled, term_frequency, model.model_id), compiled, len(definition.blocking))
    shards = settings.shards or _shard_count(sum(c.records for c in counts), settings, records)
    plan = ScorePlan(
        rule_count=len(definition.blocking),
        weight=compiled.weight,
        bound=compiled.bound,
        floor=settings.floor_weight,
        within=stage.link_type != "link",
        between=stage.link_type != "dedupe",
        probes=outputs,
        memory=settings.duckdb_memory,
    )
    scores = shipped.repartition(shards, "key").mapInArrow(partial(score_shard, plan=plan), _SCORES)
    ids = record.select(surrogate("record_id", seed).alias("surrogate"), "record_id")
    return Scored(_edges(scores, ids, stage, model.model_id), block_summary(records.sparkSession, counts, definition, stage))


def _source_index(stage: Stage) -> Column:
    index = F.lit(None).cast("int")
    for source, i in stage.set_index.items():
        index = F.when(F.col("source") == source, F.lit(i)).otherwise(index)
    return index


def _with_frequencies(keyed: DataFrame, compiled: CompiledModel, term_frequency: DataFrame, model_id: str) -> DataFrame:
    """``log2_tf_<column>`` beside each adjusted column; NULL for a term that the model did not see."""
    own = term_frequency.where(F.col("model_id") == model_id)
    for column in compiled.term_frequencies:
        share = own.where(F.col("column") == column).select(
            F.col("term").alias(column), F.log2("frequency").alias(f"log2_tf_{column}")
        )  # fmt: skip
        keyed = keyed.join(share, column, how="left")
    return keyed


def _shipped(keyed: DataFrame, compiled: CompiledModel, rule_count: int) -> DataFrame:
    keys = [f"key_{i}" for i in range(rule_count)]
    frequencies = [f"log2_tf_{c}" for c in compiled.term_frequencies]
    return exploded(keyed, rule_count, "surrogate", "source_index", *compiled.columns, *frequencies, *keys)


def _shard_count(rows: int, settings: Linkage, records: DataFrame) -> int:
    parallel = int(records.sparkSession.conf.get("spark.sql.shuffle.partitions") or 1)
    return max(1, math.ceil(rows / settings.rows_per_shard), min(parallel, rows // _SMALL_SHARD))


def _edges(scores: DataFrame, ids: DataFrame, stage: Stage, model_id: str) -> DataFrame:
    left, right = ids.toDF("surrogate_l", "left"), ids.toDF("surrogate_r", "right")
    weight = F.col("match_weight")
    odds = F.pow(F.lit(2.0), -F.abs(weight))  # never overflows
    probability = F.when(weight >= 0, 1 / (1 + odds)).otherwise(odds / (1 + odds))
    named = scores.join(left, "surrogate_l", how="inner").join(right, "surrogate_r", how="inner")
    return SCORED_EDGE.conform(
        named.select(
            F.least("left", "right").alias("record_id_l"),
            F.greatest("left", "right").alias("record_id_r"),
            F.lit(stage.name).alias("stage"),
            F.lit(model_id).alias("model_id"),
            "rule",
            "match_weight",
            probability.alias("match_probability"),
        )
    )
