"""Trained models as files, to be reviewed, kept and compared outside the lake."""

import json
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.model import ModelConfig
from docketlink.errors import StorageError
from docketlink.linkage.artefact import LinkModel, definition_hash


def export_model(link_model: DataFrame, definition: ModelConfig, file: Path) -> LinkModel:
    """Writes the model that was trained from ``definition`` as one JSON file and returns it.

    The file holds ``settings`` as Splink loads them, the outputs of the similarity functions that scoring compares, what the model was
    trained on, and its names. No value of a person is in it; term frequencies, which are such values, stay in the lake.
    """
    rows = link_model.where((F.col("name") == definition.name) & (F.col("definition_hash") == definition_hash(definition))).collect()
    if not rows:
        raise StorageError(f"model {definition.name} was never trained as it is declared.", next_step="run jobs/train_model.py first.")
    model = LinkModel.from_row(rows[0])
    content = {
        "model_id": model.model_id,
        "name": model.name,
        "definition_hash": model.definition_hash,
        "settings": model.settings,
        "probes": json.loads(model.probe_json),
        "trained_on": json.loads(model.trained_on_json),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.tmp")
    fresh.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    fresh.replace(file)
    return model
