"""What a trained model and a scored stage are: plain values that training, engines and jobs hand to each other."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.model import ModelConfig
from docketlink.contracts import Revision
from docketlink.errors import ConfigError


@dataclass(frozen=True)
class LinkModel:
    """One row of ``identity.link_model``."""

    model_id: str
    name: str
    definition_hash: str
    settings_json: str
    probe_json: str
    trained_on_json: str

    @classmethod
    def from_row(cls, row: Row) -> "LinkModel":
        """The model that a row of ``identity.link_model`` holds."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def settings(self) -> Mapping[str, Any]:
        """Splink's settings, as it saved them."""
        parsed: dict[str, Any] = json.loads(self.settings_json)
        return parsed

    def as_row(self) -> dict[str, str]:
        """Column to value, in the order of the table."""
        return asdict(self)

    def require(self, definition: ModelConfig) -> None:
        """Raise ConfigError unless ``definition`` is what was trained."""
        if self.definition_hash != definition_hash(definition):
            raise ConfigError(
                f"model {definition.name}: conf/models/{definition.name}.yml has changed since model {self.model_id} was trained.",
                next_step="run train_model again, or restore the file.",
            )


def definition_hash(definition: ModelConfig) -> str:
    """Hash of everything that a model's file declares, its description apart."""
    return digest(definition.model_dump(mode="json", exclude={"about"}))


@dataclass(frozen=True)
class Scored:
    """What scoring a stage gives: rows of ``identity.scored_edge`` and of ``identity.block_summary``, and what the log should say.

    Where only what changed was scored, the edges are a ``Revision`` of those of before. ``release`` lets go of what the engine keeps
    for the edges; call it when they are written.
    """

    edges: DataFrame | Revision
    block_summary: DataFrame
    notes: tuple[str, ...] = ()
    release: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Since:
    """What a stage's edges were made of the last time, so that only what changed is scored again.

    ``edges`` are the stage's rows of SCORED_EDGE, ``block_summary`` those of BLOCK_SUMMARY, both of the same model as now; ``changed``
    is what ``touched.changed_records`` finds, of all sources, and ``records`` how many they are.
    """

    edges: DataFrame
    block_summary: DataFrame
    changed: DataFrame
    records: int
