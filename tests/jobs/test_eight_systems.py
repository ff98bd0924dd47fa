"""All eight systems, generated, loaded and standardised: no row is lost, none invented, every person's node is a record."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from docketlink.contracts.tables import COURT_EVENT, PERSON_RECORD, RECEIVED_FILE, REJECTED_ROW, truth_table
from docketlink.sources.contracts import raw_tables
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import generate_courts, ingest_source, standardise_records
from tests.town import Town

pytestmark = pytest.mark.slow
EIGHT = (
    "sources=[mags_hocas, crown_xhibit, common_platform, prison_nomis, probation_delius, assess_oasys, family_familyman, civil_caseman]",
    "linkage.stages=[]",
    "synthetic.records=1500",
)


@pytest.fixture(scope="module")
def nation(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The systems of a small nation, loaded and standardised."""
    nation = Town(tmp_path_factory.mktemp("nation"), spark, extra=EIGHT)
    for module in (generate_courts, ingest_source, standardise_records):
        nation.run(module)
    return nation


def landed(nation: Town) -> Iterator[tuple[str, str, int]]:
    """Source, folder and number of records of every landing file, counted without the reader under test."""
    for file in sorted((nation.folder / "landing").glob("*/*/*/part-*")):
        yield file.parts[-4], file.parts[-3], records_of(file)


def records_of(file: Path) -> int:
    if file.suffix == ".parquet":
        return pq.ParquetFile(file).metadata.num_rows
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return content.count(b"\n") - (".jsonl" not in file.suffixes)  # no value of the synthetic systems spans lines


def test_every_record_of_every_file_is_in_raw_or_set_aside(nation: Town) -> None:
    received = {(r.source, r.table): (r.n, r.a, r.s) for r in nation.lake.read(RECEIVED_FILE).groupBy("source", "table").agg(
        F.sum("received").alias("n"), F.sum("accepted").alias("a"), F.sum("rejected").alias("s")).collect()}  # fmt: skip
    rejected = nation.lake.read(REJECTED_ROW).select("source", "table", "source_file", "ordinal").distinct()
    aside = {(r.source, r.table): r["count"] for r in rejected.groupBy("source", "table").count().collect()}
    in_files: dict[tuple[str, str], int] = {}
    for source, folder, records in landed(nation):
        in_files[source, folder] = in_files.get((source, folder), 0) + records
    assert {source for source, _ in in_files} == {*nation.config.sources}
    for name, source in nation.config.sources.items():
        for table, contract in raw_tables(source).items():
            counted, accepted, set_aside = received[name, table]
            assert counted == accepted + set_aside
            assert nation.lake.read(contract).count() == accepted
            assert aside.get((name, table), 0) == set_aside
            if source.tables[table].format.kind != "jsonl":
                assert counted == in_files[name, table], (name, table)
            elif not source.tables[table].rows:  # a row a line
                assert counted == in_files[name, source.tables[table].folder or table]


def test_every_persons_node_is_one_record_but_those_whose_rows_were_set_aside(nation: Town) -> None:
    records = nation.lake.read(PERSON_RECORD)
    assert records.count() == records.select("record_id").distinct().count() > 1500
    set_aside = nation.lake.read(REJECTED_ROW).count()
    for name in nation.config.sources:
        truth = nation.lake.read(truth_table(name))
        lost = truth.join(records, "record_id", how="left_anti").count()
        assert truth.count() > 10, name
        assert lost <= set_aside, name
        people = records.where((F.col("source") == name) & (F.col("link_status") == "linkable"))
        assert people.count() >= truth.count() * 0.9, name


def test_every_system_has_events_and_no_event_stands_twice(nation: Town) -> None:
    events = nation.lake.read(COURT_EVENT)
    assert {row.source for row in events.select("source").distinct().collect()} == {*nation.config.sources}
    assert events.count() == events.select("event_id").distinct().count()
    assert events.join(nation.lake.read(PERSON_RECORD), "record_id", how="left_anti").count() == 0
