"""All eight systems, generated, loaded and standardised: no row is lost, none invented, every person's node is a record."""

import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.measures import RECONCILIATION
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD
from docketlink.contracts.truth import truth_table
from docketlink.sources.contracts import raw_tables
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import generate_courts, ingest_source, measure_sources, standardise_records
from tests.town import Town, plant_broken_records

pytestmark = pytest.mark.slow
EIGHT = (
    "sources=[mags_hocas, crown_xhibit, common_platform, prison_nomis, probation_delius, assess_oasys, family_familyman, civil_caseman]",
    "linkage.stages=[]",
    "synthetic.records=1500",
)
Record = dict[str, str | None]


class File(NamedTuple):
    """A landing file as one table reads it: a folder of messages is read by several."""

    source: str
    table: str
    snapshot_date: str
    name: str


@pytest.fixture(scope="module")
def nation(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The systems of a small nation, with more broken records than come by themselves, loaded and standardised."""
    nation = Town(tmp_path_factory.mktemp("nation"), spark, extra=EIGHT)
    nation.run(generate_courts)
    assert plant_broken_records(nation.folder / "landing") > 20
    for module in (ingest_source, standardise_records):
        nation.run(module)
    return nation


@pytest.fixture(scope="module")
def landed(nation: Town) -> dict[File, list[Record]]:
    """The records of every landing file in their order, read by Python's and pyarrow's own readers and not by the one under test."""
    found = {}
    for name, source in nation.config.sources.items():
        for table, config in source.landed.items():
            for path in sorted((nation.folder / "landing" / name / (config.folder or table)).glob("*/part-*")):
                day = path.parent.name.partition("=")[2]
                found[File(name, table, day, path.name)] = [*records_of(path, config.rows, config.format.delimiter)]
    files = [path for path in (nation.folder / "landing").rglob("*") if path.is_file()]
    assert {(f.source, f.name) for f in found} == {(p.parts[-4], p.name) for p in files}
    return found


def records_of(path: Path, rows: str, delimiter: str) -> Iterator[Record]:
    """No value of the synthetic systems spans lines; a broken line is a record all the same."""
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pylist()
        return
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = content.removesuffix(b"\n").split(b"\n")
    if ".jsonl" in path.suffixes:
        for line in lines:
            yield from [{}] if is_broken(line, rows) else [{}] * len(objects([json.loads(line)], rows))
        return
    header, *values = csv.reader((line.decode("latin-1") for line in lines), delimiter=delimiter)
    yield from (dict(zip(header, each, strict=False)) for each in values)


def is_broken(line: bytes, rows: str) -> bool:
    """Whether a line is no JSON object; or tells with a text whether a defendant is young, where the rows are defendants."""
    try:
        is_object = isinstance(json.loads(line.decode()), dict)
    except ValueError:
        is_object = False
    return not is_object or (rows.endswith("defendants[]") and b'"isYouth":"' in line)


def objects(found: list[Any], path: str) -> list[Any]:
    """What lies at a path of lists and objects."""
    for step in filter(None, path.split(".")):
        below = [each.get(step.removesuffix("[]")) for each in found]
        found = [part for each in below for part in each or []] if step.endswith("[]") else below
    return found


def file_of(source: str, table: str, row: dict[str, Any]) -> File:
    return File(source, table, str(row["snapshot_date"]), row["source_file"])


def accounted(nation: Town) -> dict[File, list[tuple[int, str | None, bool]]]:
    """Ordinal, first part of the native key and whether it is a row of raw, of every record: read without Spark."""
    found: dict[File, list[tuple[int, str | None, bool]]] = defaultdict(list)
    for name, source in nation.config.sources.items():
        for table, contract in raw_tables(source).items():
            key = source.tables[table].native_key[0]
            columns = [*dict.fromkeys(["snapshot_date", "source_file", "ordinal", key])]
            for row in DeltaTable(nation.lake.path(contract)).to_pyarrow_table(columns=columns).to_pylist():
                found[file_of(name, table, row)].append((row["ordinal"], row[key] if key not in columns[:3] else None, True))
    aside = {(file_of(row["source"], row["table"], row), row["ordinal"])
             for row in DeltaTable(nation.lake.path(REJECTED_ROW)).to_pyarrow_table().to_pylist()}  # fmt: skip
    for file, ordinal in aside:  # one record, however many reasons
        found[file].append((ordinal, None, False))
    return found


def test_every_record_of_every_file_is_once_in_raw_or_set_aside(nation: Town, landed: dict[File, list[Record]]) -> None:
    found = accounted(nation)
    assert {file.source for file in landed} == {*nation.config.sources}
    assert {*found} <= {*landed}
    for file, records in landed.items():
        rows = sorted(found[file], key=lambda row: row[0])
        assert [ordinal for ordinal, _, _ in rows] == [*range(1, len(records) + 1)], file
        key = nation.config.sources[file.source].tables[file.table].native_key[0]
        misplaced = [n for n, value, in_raw in rows if in_raw and value is not None and value != records[n - 1][key]]
        assert misplaced == [], file
    told = {file_of(r["source"], r["table"], r): (r["received"], r["accepted"], r["rejected"])
            for r in DeltaTable(nation.lake.path(RECEIVED_FILE)).to_pyarrow_table().to_pylist()}  # fmt: skip
    counted = {f: (len(records), sum(in_raw for _, _, in_raw in found[f]), sum(not in_raw for _, _, in_raw in found[f]))
               for f, records in landed.items()}  # fmt: skip
    assert told == counted
    for file, (_, _, set_aside) in told.items():
        assert set_aside >= (0 if file.name.endswith(".parquet") else 2), file


def test_received_is_accepted_and_set_aside_in_every_month_and_court(nation: Town, landed: dict[File, list[Record]]) -> None:
    nation.run(measure_sources)
    lines = nation.lake.read(RECONCILIATION).collect()
    assert all(line.received == line.accepted + line.set_aside for line in lines)
    by_table: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        by_table[line.source, line.table, str(line.snapshot_date)] += line.received
    in_files: Counter[tuple[str, str, str]] = Counter()
    for file, records in landed.items():
        in_files[file[:3]] += len(records)
    assert by_table == +in_files
    # months and courts of one table of each format as the files themselves have them
    for source, table, day, court in (("mags_hocas", "hocas_flatfile", "first_hearing_date", "courtCode"),
                                      ("probation_delius", "event", "referral_date", "probation_area_desc")):  # fmt: skip
        expected = Counter(
            (month if re.fullmatch(r"\d{4}-\d\d", month := (record.get(day) or "")[:7]) and month != "1900-01" else "unknown",
             (record.get(court) or "").strip() or "unknown")
            for file, records in landed.items() if file[:2] == (source, table) for record in records
        )  # fmt: skip
        found = {(line.month, line.area_code): line.received for line in lines if (line.source, line.table) == (source, table)}
        # a record that cannot be split tells no court
        assert sum((expected - Counter(found)).values()) <= sum(line.set_aside for line in lines if line.table == table), source


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
