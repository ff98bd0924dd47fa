"""The pipeline on the public file of historical people: the project's accuracy on data that it did not make."""

import shutil
from pathlib import Path

import pytest
from docketlink.runtime.summary import summarise
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

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
    for folder in (tmp_path / "lake").glob("*/*"):
        if folder.parent.name != "_locks":
            frame = town.spark.read.format("delta").load(str(folder))
            holds_labels = frame.where(F.to_json(F.struct("*")).rlike(r"\bQ[0-9]{3,}\b")).count() > 0
            assert holds_labels == (folder.parent.name == "truth"), f"{folder.parent.name}.{folder.name}"
