"""One seed, other numbers of cores, partitions and files, plans that adapt or do not: the same bytes land and the same tables come out."""

import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docketlink.contracts.tables import (
    COURT_EVENT,
    PERSON_RECORD,
    RECONCILIATION,
    RECORD_ATTRIBUTE,
    REJECTED_ROW,
    SOURCE_QUALITY,
    truth_table,
)
from docketlink.sources.contracts import raw_tables
from docketlink.storage.hashing import content_hash_columns
from pyspark.sql import DataFrame, SparkSession

from jobs import generate_courts, ingest_source, measure_sources, standardise_records
from tests.town import PROJECT, Town

pytestmark = pytest.mark.slow
SMALL = (
    "sources=[mags_hocas, common_platform, assess_oasys]",  # text, messages, Parquet
    "linkage.stages=[]",
    "synthetic.records=600",
)
OTHERWISE = (
    "spark.master=local[1]",
    "spark.driver_memory=1g",
    "spark.shuffle_partitions=7",
    "spark.settings={spark.sql.adaptive.enabled: 'true', spark.sql.files.maxPartitionBytes: '64k'}",
    f"spark.ivy_cache={PROJECT / '.cache' / 'ivy'}",
)
PLACE = ("source_file", "ordinal", "line")  # the last in messages


def start(job: str, town: Town) -> subprocess.Popen[str]:
    """A job in an application of its own, with one core, other partitions and plans that adapt."""
    settings = [*town.assignments, *town.extra, *OTHERWISE]
    arguments = ["--config", str(PROJECT / "conf" / "demo.yml"), "--run-id", "r", *(a for s in settings for a in ("--set", s))]
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT / 'lib'}{os.pathsep}{PROJECT}"}
    script = [sys.executable, str(PROJECT / "jobs" / f"{job}.py")]
    return subprocess.Popen([*script, *arguments], env=environment, cwd=town.folder, text=True, stderr=subprocess.PIPE)


def end(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 0, errors[-4000:]


def bytes_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("part-*"))}


def cut_anew(landing: Path) -> None:
    """Every text file of more than ten lines becomes two, whose records follow one another as before."""
    for path in [*landing.rglob("part-*.gz")]:
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        head, body = ([], lines) if ".jsonl" in path.suffixes else (lines[:1], lines[1:])
        if len(body) > 10:
            path.unlink()
            for part, records in (("a", body[:7]), ("b", body[7:])):
                path.with_name(path.name.replace(".", f"{part}.", 1)).write_bytes(gzip.compress(b"".join([*head, *records]), mtime=0))


def contents(town: Town) -> Iterator[tuple[str, int, str]]:
    """Name, rows and content hash of every table of the loads but raw.received_file; of raw ones without the place in files."""

    def told(name: str, frame: DataFrame) -> tuple[str, int, str]:
        row = frame.agg(*content_hash_columns(frame)).first()
        assert row is not None
        return name, row["rows"], row["content_hash"]

    config = town.config
    made = (SOURCE_QUALITY, RECONCILIATION, PERSON_RECORD, RECORD_ATTRIBUTE, COURT_EVENT)
    for table in (*made, *(truth_table(name) for name in config.sources)):
        yield told(table.full_name, town.lake.read(table))
    for table in (REJECTED_ROW, *(table for source in config.sources.values() for table in raw_tables(source).values())):
        yield told(table.full_name, town.lake.read(table).drop(*PLACE))


def test_cores_partitions_plans_and_cuts_of_files_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    here, there = (Town(tmp_path / name, spark, extra=SMALL) for name in ("here", "there"))
    there.folder.mkdir()
    other = start("generate_courts", there)
    here.run(generate_courts)
    end(other)
    assert bytes_of(here.folder / "landing") == bytes_of(there.folder / "landing")
    cut_anew(there.folder / "landing")
    assert len(bytes_of(there.folder / "landing")) > len(bytes_of(here.folder / "landing"))

    other = start("run_pipeline", Town(there.folder, spark, extra=(*SMALL, "pipeline.stop=standardise_records")))
    for module in (ingest_source, measure_sources, standardise_records):
        here.run(module)
    end(other)
    expected = {*contents(here)}
    assert {*contents(there)} == expected
    assert all(rows > 0 for _, rows, _ in expected)
