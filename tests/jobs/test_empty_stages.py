"""Stages that have nothing to compare: no failure, no row, and a line in the log that says why."""

from pathlib import Path

import pytest
from docketlink.contracts.links import BLOCK_SUMMARY, LINK_MODEL, SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.storage.lake import Stamp
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from structlog.testing import capture_logs

from jobs import cluster_people, score_edges, train_model
from tests.town import Town

pytestmark = pytest.mark.slow
GIVEN = {"source": "mags_hocas", "link_status": "linkable", "linkability": "insufficient", "snapshot_date": "2026-01-05"}


def test_a_stage_with_one_record_and_an_empty_source_has_no_model_no_edge_and_no_block(spark: SparkSession, tmp_path: Path) -> None:
    town = Town(tmp_path, spark)
    known = {name: F.lit(value).cast(PERSON_RECORD.schema[name].dataType) for name, value in GIVEN.items()}
    columns = [
        known.get(field.name, F.lit("A" if not field.nullable else None).cast(field.dataType)).alias(field.name)
        for field in PERSON_RECORD.schema.fields
    ]
    one = PERSON_RECORD.conform(spark.range(1).select(*columns))
    town.lake.replace(PERSON_RECORD, one, Stamp("r0", "standardise_records", ""), where={"source": "mags_hocas"})
    with capture_logs() as told:
        for module in (train_model, score_edges, cluster_people):
            town.run(module)
    assert town.lake.state(LINK_MODEL) is None
    for table in (BLOCK_SUMMARY, SCORED_EDGE):
        state = town.lake.state(table)
        assert state is not None
        assert state.rows == 0
    assert [line["stage"] for line in told if line["event"] == "stage_without_pairs"] == ["criminal", "criminal"]
