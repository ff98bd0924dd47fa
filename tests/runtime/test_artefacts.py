"""A trained model as a file: all that a reviewer needs, and no value of a person."""

import json
from pathlib import Path

import pytest
from docketlink.config.load import load_model
from docketlink.config.model import ModelConfig
from docketlink.contracts.links import LINK_MODEL
from docketlink.errors import StorageError
from docketlink.linkage.artefact import LinkModel, definition_hash
from docketlink.runtime.artefacts import export_model
from pyspark.sql import DataFrame, SparkSession

from tests.conftest import PROJECT

CIVIL = load_model(PROJECT / "conf" / "models" / "civil.yml")


def stored(spark: SparkSession, model: ModelConfig) -> DataFrame:
    row = LinkModel("M1", model.name, definition_hash(model), '{"comparisons": []}', '{"outputs": {}}', '{"sample_records": 7}').as_row()
    return spark.createDataFrame([tuple(row[name] for name in LINK_MODEL.columns)], LINK_MODEL.schema)


def test_the_file_holds_settings_probes_and_facts_of_the_model_trained_as_declared(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "new" / "civil.json"
    assert export_model(stored(spark, CIVIL), CIVIL, file).model_id == "M1"
    assert json.loads(file.read_text()) == {
        "model_id": "M1",
        "name": "civil",
        "definition_hash": definition_hash(CIVIL),
        "settings": {"comparisons": []},
        "probes": {"outputs": {}},
        "trained_on": {"sample_records": 7},
    }
    assert [path.name for path in file.parent.iterdir()] == ["civil.json"]


def test_a_model_declared_otherwise_since_is_not_exported(spark: SparkSession, tmp_path: Path) -> None:
    changed = CIVIL.model_copy(update={"blocking": CIVIL.blocking[:1]})
    with pytest.raises(StorageError, match=r"civil was never trained as it is declared.*train_model"):
        export_model(stored(spark, CIVIL), changed, tmp_path / "civil.json")
    assert not [*tmp_path.iterdir()]
