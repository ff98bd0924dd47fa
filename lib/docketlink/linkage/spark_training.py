"""Training by Splink on Spark: for samples that would not fit the driver. The result is a model that every engine scores."""

from typing import Any

from pyspark.sql import DataFrame
from splink import Linker
from splink.backends.spark import SparkAPI

from docketlink.config.model import ModelConfig
from docketlink.linkage.estimation import estimated
from docketlink.linkage.private_folder import private_checkpoint_folder
from docketlink.linkage.spark_model import drop_views, require_similarities, spark_settings, with_parameters
from docketlink.linkage.spark_sql import to_spark
from docketlink.linkage.training import declared_settings, quiet


def spark_trained_settings(sample: DataFrame, model: ModelConfig, scratch: str | None) -> dict[str, Any]:
    """Splink's settings of the model in DuckDB's dialect, with the prior, m and u that Splink on Spark estimates from ``sample``.

    ``sample`` has ``unique_id`` and the model's columns. Random pairs are drawn from one sorted file, so that they do not depend
    on how the records arrived.
    """
    spark = sample.sparkSession
    require_similarities(spark)
    spoken = spark_settings(model, sample)
    with private_checkpoint_folder(spark, scratch) as folder, quiet():
        sample.coalesce(1).sortWithinPartitions("unique_id").write.parquet(f"{folder.path}/sample")
        try:
            api: Any = SparkAPI(spark_session=spark, break_lineage_method="parquet")  # type: ignore[no-untyped-call]
            linker = Linker(api.register(spark.read.parquet(f"{folder.path}/sample")), spoken, log_level=None)
            trained = estimated(linker, _blocking_in_spark(model))
        finally:
            drop_views(spark)
    return with_parameters(declared_settings(model), trained, model.name)


def _blocking_in_spark(model: ModelConfig) -> ModelConfig:
    training = model.training
    rules = tuple(tuple(to_spark(part, (), f"prior rule {i}") for part in rule) for i, rule in enumerate(training.prior.rules))
    sessions = tuple(tuple(to_spark(part, (), f"session {i}") for part in rule) for i, rule in enumerate(training.sessions))
    prior = training.prior.model_copy(update={"rules": rules})
    return model.model_copy(update={"training": training.model_copy(update={"prior": prior, "sessions": sessions})})
