"""Which records a stage links, and with which trained model."""

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.load import Configuration
from docketlink.config.model import ModelConfig
from docketlink.config.settings import Stage
from docketlink.contracts.links import LINK_MODEL, TERM_FREQUENCY
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import StorageError
from docketlink.linkage.artefact import LinkModel, definition_hash
from docketlink.linkage.rule_worth import RuleWorth, proposals, rule_worths
from docketlink.linkage.training import require_sound
from docketlink.runtime.job import Job
from docketlink.storage.lake import Lake


def linkable_records(person_record: DataFrame, stage: Stage) -> DataFrame:
    """The stage's records of people: no organisations, masked, local-authority or deleted rows."""
    return person_record.where(F.col("source").isin(*stage.sources) & (F.col("link_status") == "linkable"))


def has_pairs(records: DataFrame) -> bool:
    """Whether there are two records to compare at all."""
    return len(records.select("record_id").head(2)) == 2


def check_models(job: Job, models: Iterable[ModelConfig]) -> None:
    """Raise ConfigError for the first model that could not be trained and scored on person records, before anything is loaded."""
    empty = PERSON_RECORD.nothing(job.spark)
    for model in models:
        require_sound(empty, model)


def trained_as_declared(link_model: DataFrame, model: ModelConfig) -> DataFrame:
    """The rows of LINK_MODEL that were trained from this very declaration: one, or none."""
    return link_model.where((F.col("name") == model.name) & (F.col("definition_hash") == definition_hash(model)))


def trained_model(job: Job, model: ModelConfig) -> LinkModel | None:
    """The model trained from this very declaration, or None; a few rows are looked at."""
    if job.state(LINK_MODEL) is None:
        return None
    rows = trained_as_declared(job.read(LINK_MODEL), model).orderBy("model_id").collect()
    if len(rows) > 1:
        raise StorageError(f"{LINK_MODEL} holds {len(rows)} models trained from the declaration of {model.name}.", next_step="keep one.")
    return LinkModel.from_row(rows[0]) if rows else None


def require_trained(job: Job, model: ModelConfig) -> LinkModel:
    """The trained model, or a StorageError that says which job trains it."""
    if known := trained_model(job, model):
        return known
    raise StorageError(f"model {model.name} was never trained as it is declared.", next_step="run jobs/train_model.py first.")


def stage_rule_worths(lake: Lake, config: Configuration, stage: Stage, tried: Sequence[str]) -> list[RuleWorth]:
    """What the rules of a stage's model are worth, with ``tried`` (parts between semicolons) or, where that is empty, proposed ones."""
    definition = config.models[stage.model]
    rows = trained_as_declared(lake.read(LINK_MODEL), definition).orderBy("model_id").limit(1).collect()
    if not rows:
        raise StorageError(f"model {definition.name} was never trained as it is declared.", next_step="run jobs/train_model.py first.")
    more = [tuple(part.strip() for part in rule.split(";")) for rule in tried] or proposals(definition.blocking_parts)
    records = linkable_records(lake.read(PERSON_RECORD), stage)
    terms = lake.read(TERM_FREQUENCY)
    return rule_worths(records, definition, LinkModel.from_row(rows[0]), terms, stage, config.settings.linkage, more)
