"""One seed, other numbers of cores, partitions and files, plans that adapt or do not: the same bytes land and the same tables come out."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable
from docketlink.config.load import load
from docketlink.contracts.arrivals import REJECTED_ROW
from docketlink.contracts.measures import RECONCILIATION, SOURCE_QUALITY
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.contracts.truth import truth_table
from docketlink.runtime.session import open_session
from docketlink.sources.contracts import raw_tables
from pyspark.sql import SparkSession

from jobs import generate_courts, ingest_source, measure_sources, standardise_records
from tests.town import PROJECT, Town, plant_broken_records

pytestmark = pytest.mark.slow
SMALL = (
    "sources=[mags_hocas, common_platform, assess_oasys]",  # text, messages, Parquet
    "linkage.stages=[]",
    "synthetic.records=800",
)
OTHERWISE = (
    "spark.master=local[1]",
    "spark.driver_memory=1g",
    "spark.shuffle_partitions=7",
    "spark.settings={spark.sql.adaptive.enabled: 'true', spark.sql.files.maxPartitionBytes: '64k'}",
    f"spark.ivy_cache={PROJECT / '.cache' / 'ivy'}",
)
PLACE = ("source_file", "ordinal", "line")  # the last in messages
LOADS = (ingest_source, measure_sources, standardise_records)


def bytes_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("part-*"))}


def cut_anew(landing: Path) -> int:
    """Every text file of more than ten lines becomes two, whose records follow one another as before."""
    cut = 0
    for path in [*landing.rglob("part-*.gz")]:
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        head, body = ([], lines) if ".jsonl" in path.suffixes else (lines[:1], lines[1:])
        if len(body) > 10:
            path.unlink()
            for part, records in (("a", body[:7]), ("b", body[7:])):
                path.with_name(path.name.replace(".", f"{part}.", 1)).write_bytes(gzip.compress(b"".join([*head, *records]), mtime=0))
            cut += 1
    return cut


def elsewhere(folder: str) -> None:
    """The jobs in an application of its own with one core, other partitions and plans that adapt, over files that are cut otherwise."""
    settings = load(PROJECT / "conf" / "demo.yml", assignments=OTHERWISE).settings
    town = Town(Path(folder), open_session(settings.spark, PROJECT / "conf"), extra=(*SMALL, *OTHERWISE))
    town.run(generate_courts)
    (town.folder / "bytes.json").write_text(json.dumps(bytes_of(town.folder / "landing")))
    plant_broken_records(town.folder / "landing")
    assert cut_anew(town.folder / "landing") > 2
    for module in LOADS:
        town.run(module)


def contents(town: Town) -> dict[str, str]:
    """The content hash of every table of the loads but raw.received_file; of raw ones without the places of records in files."""
    config, lake = town.config, town.lake
    made = (SOURCE_QUALITY, RECONCILIATION, PERSON_RECORD, RECORD_ATTRIBUTE, COURT_EVENT, *map(truth_table, config.sources))
    found = {table.full_name: state.content_hash for table in made if (state := lake.state(table))}
    assert len(found) == len(made)
    for table in (REJECTED_ROW, *(table for source in config.sources.values() for table in raw_tables(source).values())):
        rows = DeltaTable(lake.path(table)).to_pyarrow_table().to_pylist()
        texts = sorted(str(sorted((name, str(value)) for name, value in row.items() if name not in PLACE)) for row in rows)
        assert texts, table.full_name
        found[table.full_name] = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return found


def test_cores_partitions_plans_and_cuts_of_files_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    script = "import sys; from tests.jobs.test_same_tables import elsewhere; elsewhere(sys.argv[1])"
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT / 'lib'}{os.pathsep}{PROJECT}"}
    there = Town(tmp_path / "there", spark, extra=SMALL)
    there.folder.mkdir()
    here = Town(tmp_path / "here", spark, extra=SMALL)
    with (tmp_path / "log").open("w") as log:
        other = subprocess.Popen([sys.executable, "-c", script, str(there.folder)], env=environment, stdout=log, stderr=log)
        try:
            here.run(generate_courts)
            landed = bytes_of(here.folder / "landing")
            plant_broken_records(here.folder / "landing")
            for module in LOADS:
                here.run(module)
            assert other.wait(timeout=1500) == 0, (tmp_path / "log").read_text()[-4000:]
        finally:
            other.kill()
    assert json.loads((there.folder / "bytes.json").read_text()) == landed
    assert contents(there) == contents(here)
