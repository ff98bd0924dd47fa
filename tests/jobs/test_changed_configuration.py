"""What becomes of tables when a stage is renamed, a source leaves, or a source has several snapshots."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from docketlink.config.load import load_source
from docketlink.contracts.links import BLOCK_SUMMARY, SCORED_EDGE
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD
from docketlink.errors import ConfigError, SourceError
from docketlink.runtime.job import Tally
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import ingest_source, score_edges, standardise_records
from tests.jobs.test_pipeline import copied
from tests.town import PROJECT, Town

pytestmark = pytest.mark.slow
STAGE = "linkage.stages=[{name: %s, sources: [%s], link_type: link_and_dedupe, model: criminal}]"


def test_the_edges_of_a_stage_that_is_gone_go(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    copy = replace(copied(town, tmp_path), extra=(STAGE % ("town_people", "mags_hocas, prison_nomis"),))
    before = town.lake.read(SCORED_EDGE).count()
    copy.run(score_edges, "s1")
    for table in (SCORED_EDGE, BLOCK_SUMMARY):
        assert {row.stage for row in copy.lake.read(table).select("stage").distinct().collect()} == {"town_people"}
    assert copy.lake.read(SCORED_EDGE).count() == before


def test_a_source_that_is_left_out_stops_the_run_unless_it_is_retired(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    left_out = ("sources=[mags_hocas]", STAGE % ("criminal", "mags_hocas"))
    copy = replace(copied(town, tmp_path), extra=left_out)
    before = copy.versions()
    with pytest.raises(ConfigError, match="hold records of prison_nomis, which sources does not name"):
        copy.run(standardise_records, "s2")
    assert copy.versions() == before
    replace(copy, extra=(*left_out, "retired_sources=[prison_nomis]")).run(standardise_records, "s3")
    for table in (PERSON_RECORD, COURT_EVENT):
        assert {row.source for row in copy.lake.read(table).select("source").distinct().collect()} == {"mags_hocas"}


def test_a_postcode_that_the_configuration_calls_hot_is_kept_but_not_blocked_on(
    town: Town, tallies: Sequence[Tally], tmp_path: Path
) -> None:
    used = town.lake.read(PERSON_RECORD).where("postcode_uncommon IS NOT NULL")
    hot = used.groupBy("postcode_uncommon").count().orderBy(F.desc("count"), "postcode_uncommon").first().postcode_uncommon
    copy = replace(copied(town, tmp_path), extra=(f"hot_postcodes=[{hot}]",))
    copy.run(standardise_records, "s4")
    now = copy.lake.read(PERSON_RECORD)
    assert now.where(F.col("postcode_uncommon") == hot).isEmpty()
    of_hot = F.array_contains("postcode_arr", hot)
    assert now.where(of_hot).count() == town.lake.read(PERSON_RECORD).where(of_hot).count() > 0
    others = ["record_id", "postcode_uncommon"]
    assert now.where(~of_hot).select(others).exceptAll(town.lake.read(PERSON_RECORD).select(others)).isEmpty()


def figures(folder: Path, *snapshots: str) -> None:
    """Snapshots of a labelled source, each with one row more than the one before."""
    columns = load_source(PROJECT / "conf" / "sources" / "historical_figures.yml").tables["figure"].columns
    for number, day in enumerate(snapshots, start=3):
        rows = [{(c.header or name): f"{name} {n}" for name, c in columns.items()} for n in range(number)]
        landing = folder / "landing" / "historical_figures" / "figure" / f"mojap_snapshot_date={day}"
        landing.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), landing / "people.parquet")


def test_two_snapshots_with_truth_again_add_no_version_and_a_bad_one_leaves_every_table(spark: SparkSession, tmp_path: Path) -> None:
    figures(tmp_path, "2026-01-05", "2026-02-05")
    town = Town(tmp_path, spark, overlay="demo-real")
    town.run(ingest_source, "r1")
    before = town.versions()
    assert before["truth.historical_figures"] == 1
    town.run(ingest_source, "r2")
    assert town.versions() == before
    landing = tmp_path / "landing" / "historical_figures" / "figure"
    rows = pq.read_table(landing / "mojap_snapshot_date=2026-01-05" / "people.parquet")
    pq.write_table(rows.slice(0, 2), landing / "mojap_snapshot_date=2026-01-05" / "people.parquet")
    late = landing / "mojap_snapshot_date=2026-02-05" / "people.parquet"
    late.write_bytes(late.read_bytes()[:-20])
    with pytest.raises(SourceError, match=r"people\.parquet of 2026-02-05"):
        town.run(ingest_source, "r3")
    assert town.versions() == before
