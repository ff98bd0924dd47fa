"""What a run may take over of the last one: only while every edge comes from the records as they are, and versions are what they were."""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docketlink.config.load import Configuration, load
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


@cache
def configured(assignments: tuple[str, ...]) -> Configuration:
    """Read once: eight sources take a second."""
    return load(PROJECT / "conf" / "demo.yml", assignments=assignments)


class Desk:
    """One lake, and jobs of any name on it."""

    def __init__(self, spark: SparkSession, root: Path) -> None:
        self.spark, self.root = spark, root

    def job(self, name: str, *writes: str, **settings: str) -> Job:
        said = (f"storage.root={self.root}", *(f"{key}={value}" for key, value in settings.items()))
        declaration = Declaration(name, "", reads=(PERSON_RECORD.full_name, SCORED_EDGE.full_name), writes=writes)
        return Job(declaration, f"{name} {settings}", configured(said), self.spark)

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
        job.declaration = replace(job.declaration, reads_files=True)
        run_job(lambda job: job.write(PERSON_RECORD, rows.select(*columns), where={"source": "court"}, inputs=str(names)), job)

    def score(self, *stages: str, stops: bool = False, **settings: str) -> None:
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

        run_job(run, self.scoring(**settings))

    def scoring(self, **settings: str) -> Job:
        """A run that is about to score."""
        return self.job("score_edges", SCORED_EDGE.full_name, **settings)

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


def test_a_version_that_is_another_than_it_was_is_not_read_for_the_one_before(desk: Desk, tmp_path: Path) -> None:
    """A folder that was put back from a backup counts on from there: the same number names other rows."""
    desk.records("ANN", "BEA")
    folder, backup = Path(desk.job("x").lake.path(PERSON_RECORD)), tmp_path / "backup"
    shutil.copytree(folder, backup)
    desk.records("ANN", "CAT")
    desk.score("one")
    then = desk.scoring().made_from(SCORED_EDGE, {"stage": "one"})
    before = desk.job("x").read_as_of(PERSON_RECORD, then)
    assert before is not None
    assert {row.record_id for row in before.collect()} == {"ANN", "CAT"}
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    desk.records("ANN", "DOT")
    now = desk.job("x").state(PERSON_RECORD)
    assert now is not None
    assert now.delta_version == then[PERSON_RECORD.full_name].delta_version, "the number is the same"
    assert desk.job("x").read_as_of(PERSON_RECORD, then) is None
    assert not desk.is_scored


OTHER = {"hot_postcodes": "[AB12CD]"}  # a setting that can change a result


def test_a_job_that_was_edited_or_whose_tables_hold_what_no_complete_run_left_is_not_done(desk: Desk) -> None:
    desk.records("ANN", "BEA")
    desk.score("one")
    done, edited = desk.scoring(), desk.scoring()
    edited.declaration = replace(edited.declaration, code="another text")
    assert done.done_before()
    assert done.made_from(SCORED_EDGE, {"stage": "one"}, alike=True)
    assert not edited.done_before()
    assert not edited.made_from(SCORED_EDGE, {"stage": "one"}, alike=True)
    with pytest.raises(OSError, match="stopped"):
        desk.score("one", "two", stops=True, **OTHER)
    assert not desk.scoring().done_before(), "stage two is of a run that stopped"


def test_a_job_is_done_only_where_its_last_run_had_these_inputs(desk: Desk) -> None:
    desk.records("ANN", "BEA")
    desk.score("one")
    desk.score("one", "two", **OTHER)
    assert desk.scoring(**OTHER).done_before()
    assert not desk.scoring().done_before(), "though the slice that it left still stands"
    desk.score("one")
    assert desk.scoring().done_before()
