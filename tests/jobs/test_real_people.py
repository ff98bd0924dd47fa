"""The pipeline on the public file of historical people: the project's accuracy on data that it did not make."""

import shutil
from pathlib import Path

import pytest
from docketlink.runtime.summary import summarise
from pyspark.sql import DataFrame, SparkSession
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
    assert summary["linkage"]["medium"]["b3_f1"] >= 0.94
    file = town.spark.read.parquet(str(FILE))
    known = labels(file.drop("unique_id", "cluster"))  # some names and occupations in the file are Wikidata numbers
    assert len(known) < 100
    for folder in (tmp_path / "lake").glob("*/*"):
        if folder.parent.name != "_locks":
            found = labels(town.spark.read.format("delta").load(str(folder)))
            assert (found <= known) == (folder.parent.name != "truth"), f"{folder.parent.name}.{folder.name}"


def labels(frame: DataFrame) -> set[str]:
    """Wikidata numbers anywhere in the rows, as the truth column holds them."""
    found = frame.select(F.explode(F.regexp_extract_all(F.upper(F.to_json(F.struct("*"))), F.lit(r"\b(Q[0-9]{3,})\b"))).alias("label"))
    return {row.label for row in found.distinct().collect()}
