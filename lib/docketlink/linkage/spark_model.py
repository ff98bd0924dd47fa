"""A model for Splink on Spark: the declaration in Spark's dialect, with the m and u that were trained carried over."""

from collections.abc import Collection, Mapping
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DoubleType
from splink.backends.spark import similarity_jar_location

from docketlink.config.model import ModelConfig
from docketlink.errors import ConfigError
from docketlink.linkage.kernels import PROBE_PAIRS
from docketlink.linkage.spark_sql import to_spark
from docketlink.linkage.training import declared_settings

# Name in Spark, class in Splink's jar, and the DuckDB function that it stands for.
JAR_FUNCTIONS = (
    ("jaro_sim", "uk.gov.moj.dash.linkage.JaroSimilarity", "jaro_similarity"),
    ("jaro_winkler", "uk.gov.moj.dash.linkage.JaroWinklerSimilarity", "jaro_winkler_similarity"),
    ("damerau_levenshtein", "uk.gov.moj.dash.linkage.LevDamerauDistance", "damerau_levenshtein"),
)
_CARRIED = ("m_probability", "u_probability", "fix_m_probability", "fix_u_probability")


def require_similarities(spark: SparkSession) -> None:
    """Register the similarity functions of Splink's jar, or raise ConfigError when the session runs without it."""
    try:
        for name, java_class, _ in JAR_FUNCTIONS:
            spark.udf.registerJavaFunction(name, java_class, DoubleType())
    except AnalysisException as error:
        raise ConfigError(
            "Splink on Spark needs the similarity functions of Splink's jar, and the running session was started without it.",
            next_step=f"add {similarity_jar_location()} to spark-submit --jars, or start a session of its own.",
        ) from error


def similarity_outputs(spark: SparkSession) -> dict[str, list[str]]:
    """What Spark's similarity functions say about the probe pairs, named and written as in a model's ``probe_json``."""
    require_similarities(spark)
    outputs = {}
    for name, _, duckdb_name in (*JAR_FUNCTIONS, ("levenshtein", "", "levenshtein")):
        calls = ", ".join(f"double({name}('{left}', '{right}'))" for left, right in PROBE_PAIRS)
        row = spark.sql(f"SELECT {calls}").first()
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        outputs[duckdb_name] = [repr(float(value)) for value in row]
    return outputs


def differing_probes(trained: Mapping[str, list[str]], here: Mapping[str, list[str]]) -> dict[str, int]:
    """Similarity function to the number of probe pairs on which the two implementations differ; those that agree are left out."""
    counts = {name: sum(a != b for a, b in zip(trained[name], here[name], strict=True)) for name in sorted({*trained} & {*here})}
    return {name: count for name, count in counts.items() if count}


def spark_settings(definition: ModelConfig, inputs: DataFrame) -> dict[str, Any]:
    """Splink's settings of the declared model in Spark's dialect, untrained; raises ConfigError where Spark cannot say a level."""
    lists = [field.name for field in inputs.schema.fields if isinstance(field.dataType, ArrayType)]
    return declared_settings(_translated(definition, lists), "spark")


def with_parameters(settings: dict[str, Any], trained: Mapping[str, Any], name: str) -> dict[str, Any]:
    """``settings`` with prior, m and u of ``trained``, level by level; the two may be of different dialects.

    Raises ConfigError when the levels are not the same, as when a comparison of Splink's library depends on the dialect.
    """
    comparisons = []
    for own, theirs in zip(settings["comparisons"], trained["comparisons"], strict=True):
        here, there = own["comparison_levels"], theirs["comparison_levels"]
        if [bool(level.get("is_null_level")) for level in here] != [bool(level.get("is_null_level")) for level in there]:
            raise ConfigError(
                f"model {name}, comparison {theirs.get('output_column_name', '?')}: its levels differ between DuckDB and Spark.",
                next_step="declare the levels of the comparison in conf/models.",
            )
        levels = [level | {key: twin[key] for key in _CARRIED if key in twin} for level, twin in zip(here, there, strict=True)]
        comparisons.append(own | {"comparison_levels": levels})
    return settings | {
        "comparisons": comparisons,
        "probability_two_random_records_match": trained["probability_two_random_records_match"],
    }


def drop_views(spark: SparkSession) -> None:
    """Drop the temporary views that Splink made of every step: they refer to files that are about to go."""
    for table in spark.catalog.listTables():
        if table.isTemporary and table.name.startswith("__splink__"):
            spark.catalog.dropTempView(table.name)


def _translated(definition: ModelConfig, lists: Collection[str]) -> ModelConfig:
    comparisons = []
    for comparison in definition.comparisons:
        levels = tuple(
            level.model_copy(update={"sql": to_spark(level.sql, lists, f"comparison {comparison.name}, level {level.label}")})
            for level in comparison.levels
        )
        comparisons.append(comparison.model_copy(update={"levels": levels}))
    return definition.model_copy(update={"comparisons": tuple(comparisons)})
