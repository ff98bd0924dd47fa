"""The pipeline on the public file of historical people: the project's accuracy on data that it did not make."""

import shutil
from pathlib import Path

import pytest
from docketlink.contracts.tables import PERSON_RECORD
from docketlink.runtime.summary import summarise
from pyspark.sql import SparkSession

from jobs import run_pipeline
from tests.town import PROJECT, Town

FILE = PROJECT.parent / "shared" / "data" / "linkage" / "historical_figures_with_errors_50k.parquet"

pytestmark = [pytest.mark.slow, pytest.mark.real]


@pytest.mark.skipif(not FILE.exists(), reason="the public file of historical figures is not here: docs/real-data.md")
def test_real_people_are_linked_well_and_their_truth_is_never_seen(spark: SparkSession, tmp_path: Path) -> None:
    town = Town(tmp_path, spark, overlay="demo-real")
    landing = tmp_path / "landing" / "historical_figures" / "figure" / "mojap_snapshot_date=2026-01-05"
    landing.mkdir(parents=True)
    shutil.copy(FILE, landing / "people.parquet")
    summary = summarise(town.job(run_pipeline), town.run_pipeline("r1"))
    assert summary["records"] == 50_578
    assert summary["linkage"]["medium"]["b3_f1"] >= 0.90
    columns = town.spark.read.format("delta").load(str(tmp_path / "lake" / "raw" / "historical_figures_figure")).columns
    assert not {"unique_id", "cluster"} & set(columns)
    assert town.lake.read(PERSON_RECORD).where("record_id rlike 'Q[0-9]+'").count() == 0
