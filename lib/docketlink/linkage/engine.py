"""Scoring engines by name: the same edges from each, at different prices."""

from collections.abc import Mapping
from typing import Protocol

from pyspark.sql import DataFrame

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.linkage import fused
from docketlink.linkage.artefact import LinkModel, Scored


class Engine(Protocol):
    """Scores one stage; see ``fused.score`` for what each argument holds and what comes out."""

    def __call__(
        self, records: DataFrame, definition: ModelConfig, model: LinkModel, term_frequency: DataFrame, stage: Stage, settings: Linkage
    ) -> Scored:
        """Edges and block counts of the stage."""
        ...


ENGINES: Mapping[str, Engine] = {"fused": fused.score}


def score(
    records: DataFrame, definition: ModelConfig, model: LinkModel, term_frequency: DataFrame, stage: Stage, settings: Linkage
) -> Scored:
    """Edges and block counts of the stage, by the engine that ``linkage.engine`` names."""
    return ENGINES[settings.engine](records, definition, model, term_frequency, stage, settings)
