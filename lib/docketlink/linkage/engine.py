"""Scoring engines by name: the same edges from each, at different prices."""

from collections.abc import Mapping
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.linkage import fused
from docketlink.linkage.artefact import LinkModel, Scored, Since


class Engine(Protocol):
    """Scores one stage; see ``fused.score`` for what each argument holds and what comes out."""

    def __call__(
        self,
        records: DataFrame,
        definition: ModelConfig,
        model: LinkModel,
        term_frequency: DataFrame,
        stage: Stage,
        settings: Linkage,
        since: Since | None = None,
    ) -> Scored:
        """Edges and block counts of the stage."""
        ...


def _splink_spark(
    records: DataFrame,
    definition: ModelConfig,
    model: LinkModel,
    term_frequency: DataFrame,
    stage: Stage,
    settings: Linkage,
    since: Since | None = None,
) -> Scored:
    """The reference scores every pair, whatever was scored before."""
    from docketlink.linkage import splink_spark  # only a run that wants it waits a second or two for Splink

    return splink_spark.score(records, definition, model, term_frequency, stage, settings)


ENGINES: Mapping[str, Engine] = {"fused": fused.score, "splink_spark": _splink_spark}


def session_jars(settings: Linkage) -> tuple[str, ...]:
    """Jars that a new session needs for the configured engine and training: Splink's similarity functions, or none."""
    if settings.engine != "splink_spark" and settings.train_with != "spark":
        return ()
    from splink.backends.spark import similarity_jar_location

    return (str(similarity_jar_location()),)


def require_session(spark: SparkSession, settings: Linkage) -> None:
    """Raise ConfigError when the running session lacks what the configured engine or training needs."""
    if session_jars(settings):
        from docketlink.linkage.spark_model import require_similarities

        require_similarities(spark)


def score(
    records: DataFrame,
    definition: ModelConfig,
    model: LinkModel,
    term_frequency: DataFrame,
    stage: Stage,
    settings: Linkage,
    since: Since | None = None,
) -> Scored:
    """Edges and block counts of the stage, by the engine that ``linkage.engine`` names; ``since`` may spare it what did not change."""
    return ENGINES[settings.engine](records, definition, model, term_frequency, stage, settings, since)
