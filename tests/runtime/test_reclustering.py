"""When clusters of before may be taken over: only while every edge comes from the records as they are."""

from typing import Any

import pytest
from docketlink.config.load import load
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.runtime.declaration import Declaration
from docketlink.runtime.job import Job
from docketlink.runtime.main import run_job
from docketlink.runtime.reclustering import is_scored_now
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.town import PROJECT

TOLD: dict[str, Any] = {"link_status": "linkable", "linkability": "sufficient", "snapshot_date": "2026-01-05"}


class Desk:
    """One lake, and jobs of any name on it."""

    def __init__(self, spark: SparkSession, root: Any) -> None:
        self.spark = spark
        self.config = load(PROJECT / "conf" / "demo.yml", assignments=[f"storage.root={root}"])

    def job(self, name: str, *writes: str) -> Job:
        return Job(
            Declaration(name, "", reads=(PERSON_RECORD.full_name, SCORED_EDGE.full_name), writes=writes), name, self.config, self.spark
        )

    def records(self, *names: str) -> None:
        """The court's records, one for each name."""
        rows = self.spark.createDataFrame([(name,) for name in names], "name string")
        of = {"record_id": F.col("name"), "record_version": F.col("name"), "source": F.lit("court")}
        columns = [
            of.get(f.name, F.lit(TOLD.get(f.name, "" if f.required and f.type.simpleString() == "string" else None)))
            .cast(f.type)
            .alias(f.name)
            for f in PERSON_RECORD.fields
        ]
        job = self.job("standardise_records", PERSON_RECORD.full_name)
        run_job(lambda job: job.write(PERSON_RECORD, rows.select(*columns), where={"source": "court"}), job)

    def score(self, *stages: str, stops: bool = False) -> None:
        """Edges of stages, from the records as they are; ``stops`` is a run that ends there in an error."""

        def run(job: Job) -> None:
            ends = job.read(PERSON_RECORD).agg(F.min("record_id").alias("first"), F.max("record_id").alias("last"))
            for stage in stages:
                sides = [F.concat(end, F.lit(stage)).alias(f"record_id_{side}") for end, side in (("first", "l"), ("last", "r"))]
                told = {"stage": stage, "model_id": "m", "rule": 0, "match_weight": 1.0, "match_probability": 0.5}
                columns = [F.lit(value).cast(SCORED_EDGE.schema[name].dataType).alias(name) for name, value in told.items()]
                job.write(SCORED_EDGE, ends.select(*sides, *columns), where={"stage": stage})
            if stops:
                raise OSError("stopped")

        run_job(run, self.job("score_edges", SCORED_EDGE.full_name))

    @property
    def is_scored(self) -> bool:
        return is_scored_now(self.job("cluster_people"))


@pytest.fixture
def desk(spark: SparkSession, tmp_path: Any) -> Desk:
    return Desk(spark, tmp_path)


def test_clusters_are_taken_over_only_while_all_stages_were_scored_from_the_records_as_they_are(desk: Desk) -> None:
    assert not desk.is_scored, "nothing is there"
    desk.records("ANN", "BEA")
    desk.score("one", "two")
    assert desk.is_scored
    desk.records("ANN", "CAT")
    assert not desk.is_scored, "no stage has seen the new record"
    with pytest.raises(OSError, match="stopped"):
        desk.score("one", stops=True)
    assert not desk.is_scored, "one stage has not"
    desk.score("one", "two")
    assert desk.is_scored


def test_edges_that_another_writer_put_there_are_none_that_were_scored(desk: Desk) -> None:
    desk.records("ANN", "BEA")
    desk.score("one")

    def run(job: Job) -> None:
        job.write(SCORED_EDGE, job.read(SCORED_EDGE).withColumn("match_weight", F.lit(2.0)), where={"stage": "one"})

    run_job(run, desk.job("some_other_job", SCORED_EDGE.full_name))
    assert not desk.is_scored
