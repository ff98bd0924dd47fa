"""The reference engine: Splink's own predict on Spark (SparkAPI with its jar), over the same blocks as the fused engine.

It is many times slower than ``fused`` and there to check it, or to score a model that was trained with Spark's similarities.
"""

import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from splink import Linker
from splink.backends.spark import SparkAPI

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.links import SCORED_EDGE
from docketlink.linkage.artefact import LinkModel, Scored
from docketlink.linkage.blocking import block_summary, count_blocks, key_plan, require_budget, with_keys
from docketlink.linkage.compiler import compile_model
from docketlink.linkage.inputs import check_term_frequency_columns, model_inputs, source_index, texts_or_lists
from docketlink.linkage.private_folder import private_checkpoint_folder
from docketlink.linkage.spark_model import (
    differing_probes,
    drop_views,
    require_similarities,
    similarity_outputs,
    spark_settings,
    with_parameters,
)
from docketlink.linkage.training import quiet


def score(
    records: DataFrame, definition: ModelConfig, model: LinkModel, term_frequency: DataFrame, stage: Stage, settings: Linkage
) -> Scored:
    """Edges and block counts of one stage; arguments and errors are those of ``fused.score``.

    Splink joins on the block keys that the fused engine uses, so both compare the same pairs under the same rules and leave out
    the same blocks. The edges are computed when this returns: what Splink kept meanwhile, names included, is deleted by then.
    ``Scored.notes`` says where Spark's similarity functions differ from those that the model was trained with.
    """
    model.require(definition)
    spark = records.sparkSession
    require_similarities(spark)
    record = records.where(F.col("source").isin(*stage.sources))
    inputs = model_inputs(record, definition)
    texts_or_lists(inputs)
    adjusted = compile_model(model.settings_json).term_frequencies
    check_term_frequency_columns(inputs, adjusted)
    spoken = with_parameters(spark_settings(definition, inputs), model.settings, model.name)

    indexed = inputs.select("*", source_index(stage))
    counts = count_blocks(indexed.drop("record_id", "source"), definition, stage, settings)
    require_budget(counts, definition, stage, settings)
    keyed = with_keys(indexed, key_plan(counts, definition), settings.duckdb_memory)
    frequencies = term_frequency.where(F.col("model_id") == model.model_id)
    with private_checkpoint_folder(spark, settings.scratch) as folder:
        # written once: Splink reads its input anew for each rule, and each time the keys would be made anew
        keyed.withColumnRenamed("record_id", "unique_id").write.parquet(f"{folder.path}/inputs")
        stored = spark.read.parquet(f"{folder.path}/inputs")
        rules = [_rule(i, stage) for i in range(len(definition.blocking_parts))]
        try:
            predicted = _predict(stored, spoken | {"blocking_rules_to_generate_predictions": rules}, adjusted, frequencies, settings)
            edges = _edges(predicted, stage, model.model_id).localCheckpoint(eager=True)
        finally:
            drop_views(spark)
    notes = [f"{name} differs on {n} probe pairs" for name, n in differing_probes(_outputs(model), similarity_outputs(spark)).items()]
    notes += [f"an earlier run left {path}, which may hold names" for path in folder.left_over]
    return Scored(edges, block_summary(spark, counts, definition, stage), tuple(notes))


def _rule(i: int, stage: Stage) -> dict[str, str]:
    owned = {"dedupe": " AND l.source_index = r.source_index", "link": " AND l.source_index <> r.source_index"}.get(stage.link_type, "")
    return {"blocking_rule": f"l.key_{i} = r.key_{i}{owned}", "sql_dialect": "spark"}


def _predict(stored: DataFrame, spoken: dict[str, Any], adjusted: tuple[str, ...], frequencies: DataFrame, settings: Linkage) -> DataFrame:
    with quiet():
        api: Any = SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=stored.sparkSession, break_lineage_method="parquet"
        )
        linker = Linker(api.register(stored), spoken, log_level=None)
        for column in adjusted:
            terms = frequencies.where(F.col("column") == column)
            lookup = terms.select(F.col("term").alias(column), F.col("frequency").alias(f"tf_{column}"))
            linker.table_management.register_term_frequency_lookup(api.register(lookup), column)
        predicted: DataFrame = linker.inference.predict(threshold_match_weight=settings.floor_weight).as_spark_dataframe()
    return predicted


def _edges(predicted: DataFrame, stage: Stage, model_id: str) -> DataFrame:
    return SCORED_EDGE.conform(
        predicted.select(
            F.least("unique_id_l", "unique_id_r").alias("record_id_l"),
            F.greatest("unique_id_l", "unique_id_r").alias("record_id_r"),
            F.lit(stage.name).alias("stage"),
            F.lit(model_id).alias("model_id"),
            F.col("match_key").cast("int").alias("rule"),
            "match_weight",
            "match_probability",
        )
    )


def _outputs(model: LinkModel) -> dict[str, list[str]]:
    outputs: dict[str, list[str]] = json.loads(model.probe_json)["outputs"]
    return outputs
