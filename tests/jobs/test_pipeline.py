"""The whole pipeline on a synthetic town: what it writes, what it does when nothing or something changed, what it refuses."""

import gzip
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.contracts.tables import FIXED_TABLES
from docketlink.contracts.truth import truth_table
from docketlink.errors import SourceError, ZoneError
from docketlink.runtime.job import Tally
from docketlink.runtime.summary import render_result, summarise, write_summary
from docketlink.sources.contracts import raw_tables, source_tables
from pyspark.sql import functions as F

from jobs import ingest_source, run_pipeline, standardise_records
from tests.storage.foreign import assert_readable_by_others
from tests.town import PROJECT, Town

pytestmark = pytest.mark.slow


def test_every_file_reconciles(town: Town, tallies: Sequence[Tally]) -> None:
    received = town.lake.read(RECEIVED_FILE).collect()
    assert received
    assert all(row.received == row.accepted + row.rejected for row in received)
    raw = {name: t for s in town.config.sources.values() for name, t in ((f"{s.source}.{n}", c) for n, c in raw_tables(s).items())}
    for name, table in raw.items():
        expected = sum(row.accepted for row in received if f"{row.source}.{row.table}" == name)
        assert town.lake.read(table).count() == expected
    set_aside = town.lake.read(REJECTED_ROW).select("source", "table", "source_file", "ordinal").distinct().count()
    assert set_aside == sum(row.rejected for row in received) > 0


def test_every_record_has_one_spine_row_and_one_cluster_per_threshold(town: Town, tallies: Sequence[Tally]) -> None:
    records = town.lake.read(PERSON_RECORD).count()
    spine = town.lake.read(PERSON_SPINE)
    assert spine.count() == spine.select("record_id").distinct().count() == records > 1000
    clusters = town.lake.read(PERSON_CLUSTER).groupBy("threshold").agg(F.count("*").alias("n"), F.count_distinct("record_id").alias("d"))
    assert {(row.threshold, row.n, row.d) for row in clusters.collect()} == {(t, records, records) for t in ("high", "medium", "low")}


@pytest.mark.parametrize(("inner", "outer"), [("person_id_high", "person_id"), ("person_id", "person_id_low")])
def test_a_higher_threshold_only_splits(town: Town, tallies: Sequence[Tally], inner: str, outer: str) -> None:
    spread = town.lake.read(PERSON_SPINE).groupBy(inner).agg(F.count_distinct(outer).alias("n")).where("n > 1")
    assert spread.count() == 0


def test_every_payload_event_of_a_spine_record_is_one_person_event(town: Town, tallies: Sequence[Tally]) -> None:
    assert town.lake.read(PERSON_EVENT).count() == town.lake.read(COURT_EVENT).count() > 1000


def test_organisations_are_kept_and_never_linked(town: Town, tallies: Sequence[Tally]) -> None:
    organisations = town.lake.read(PERSON_SPINE).where("link_status = 'organisation'")
    assert organisations.count() > 0
    assert organisations.where("cluster_size > 1").count() == 0


def test_a_job_touches_exactly_what_its_docstring_declares(town: Town, tallies: Sequence[Tally]) -> None:
    for tally, stage in zip(tallies, run_pipeline.STAGES, strict=True):
        declaration = town.job(stage).declaration
        written = {w.table.full_name for w, _ in tally.written}
        for pattern in declaration.reads:
            assert any(declaration.covers(name, (pattern,)) for name in tally.read), f"{tally.job} never reads {pattern}"
        for pattern in declaration.writes:
            if stage is ingest_source and pattern.startswith("truth."):
                continue  # only where a source names a truth column: the real people do
            assert any(declaration.covers(name, (pattern,)) for name in written), f"{tally.job} never writes {pattern}"


def test_the_summary_follows_its_schema_and_the_linkage_is_good(town: Town, tallies: Sequence[Tally]) -> None:
    summary = summarise(town.job(run_pipeline), tallies)
    write_summary(town.folder / "summary.json", summary)
    schema = json.loads((PROJECT / "docs" / "summary.schema.json").read_text())
    files = [town.folder / "summary.json", *(PROJECT / "build").rglob("*.json")]
    for file in files:
        if not {"lake", "_delta_log", "bench"} & {*file.parts}:  # benchmarks have figures of their own
            jsonschema.validate(json.loads(file.read_text()), schema)
    assert summary["linkage"]["medium"]["b3_f1"] >= 0.9
    assert summary["linkage"]["high"]["precision"] >= summary["linkage"]["low"]["precision"] - 1e-9
    by_source = summary["linkage_by_source"]
    pairs = ["mags_hocas", "prison_nomis", "mags_hocas+prison_nomis"]
    assert [(threshold, [*slices]) for threshold, slices in by_source.items()] == [(t, pairs) for t in ("high", "medium", "low")]
    counted = {
        row.threshold: row.value for row in town.lake.read(LINKAGE_METRIC).where("metric = 'true_pairs' AND slice = 'all'").collect()
    }
    assert {threshold: sum(s["true_pairs"] for s in slices.values()) for threshold, slices in by_source.items()} == counted
    page = render_result(summary, "x", None)
    assert f"{by_source['medium']['mags_hocas+prison_nomis']['true_pairs']:,}" in page
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**summary, "persons": -1}, schema)


def test_every_table_is_readable_without_spark(town: Town, tallies: Sequence[Tally]) -> None:
    written = [table for table in FIXED_TABLES if table is not PAIR_OVERRIDE]  # nobody has decided anything in this town
    for table in [*written, *source_tables(town.config.sources.values())]:
        state = town.lake.state(table)
        assert state is not None, f"{table} was not written"
        assert_readable_by_others(town.lake.path(table), state.delta_version, town.lake.read(table).collect())


def test_no_name_of_a_person_is_in_a_transaction_log(town: Town, tallies: Sequence[Tally]) -> None:
    names = [
        r.last_name_std
        for r in town.lake.read(PERSON_RECORD).where("length(last_name_std) > 6").select("last_name_std").distinct().limit(30).collect()
    ]
    logs = "".join(file.read_text() for file in (town.folder / "lake").rglob("_delta_log/*.json"))
    assert names
    assert [name for name in names if f'"{name}"' in logs] == []


def test_no_other_job_may_read_truth(town: Town, tallies: Sequence[Tally]) -> None:
    truth = truth_table("mags_hocas")
    assert town.lake.exists(truth)
    for stage in run_pipeline.STAGES:
        job = town.job(stage)
        if job.declaration.job in ("evaluate_linkage", "evaluate_histories"):
            job.read(truth)
        else:
            with pytest.raises(ZoneError):
                job.read(truth)


def test_a_second_run_adds_no_version_and_says_so(town: Town, tallies: Sequence[Tally]) -> None:
    before = town.versions()
    again = town.run_pipeline("r2")
    assert town.versions() == before
    assert not any(written.changed for tally in again for written, _ in tally.written)
    assert [t.job for t in again if t.unchanged] == [t.job for t in again if t.job not in ("ingest_source", "load_overrides")]


def copied(town: Town, folder: Path) -> Town:
    shutil.copytree(town.folder, folder, dirs_exist_ok=True)
    return replace(town, folder=folder)


def magistrates_file(town: Town) -> Path:
    return sorted((town.folder / "landing" / "mags_hocas" / "hocas_flatfile").rglob("*.csv.gz"))[0]


def edit(file: Path, change) -> None:
    """Rewrites a gzip CSV: ``change`` gets header and lines and returns lines."""
    lines = gzip.decompress(file.read_bytes()).decode("utf-8", errors="surrogateescape").split("\n")
    text = "\n".join(change(lines))
    file.write_bytes(gzip.compress(text.encode("utf-8", errors="surrogateescape"), mtime=0))


def test_a_changed_outcome_changes_the_events_and_nothing_of_the_linkage(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    copy = copied(town, tmp_path)
    before = copy.versions()

    def change(lines: list[str]) -> list[str]:
        column = lines[0].split(",").index("jsas_result_group_desc")
        for i, line in enumerate(lines[1:], start=1):
            cells = line.split(",")
            if '"' not in line and len(cells) == len(lines[0].split(",")) and cells[column].strip():
                cells[column] = "acquitted" if cells[column] != "acquitted" else "fine"
                lines[i] = ",".join(cells)
                return lines
        raise AssertionError("no line to change")

    edit(magistrates_file(copy), change)
    copy.run_pipeline("r3")
    changed = {name for name, version in copy.versions().items() if version != before[name]}
    assert changed == {"raw.mags_hocas_hocas_flatfile", "raw.received_file", "payload.court_event", "research.person_event"}


def test_a_record_that_the_next_snapshot_lacks_leaves_the_spine_with_a_line_of_lineage(
    town: Town, tallies: Sequence[Tally], tmp_path: Path
) -> None:
    copy = copied(town, tmp_path)
    ids_before = {r.record_id: (r.person_id, r.person_id_high, r.person_id_low) for r in copy.lake.read(PERSON_SPINE).collect()}
    for table in (copy.folder / "landing" / "mags_hocas").iterdir():
        shutil.copytree(next(table.iterdir()), table / "mojap_snapshot_date=2026-01-12")
    newest = magistrates_file(copy).name
    for file in (copy.folder / "landing" / "mags_hocas" / "hocas_flatfile" / "mojap_snapshot_date=2026-01-12").glob(newest):
        edit(file, lambda lines: [lines[0], *lines[2:]])
    copy.run_pipeline("r7")
    record = copy.lake.read(PERSON_RECORD)
    gone = {*ids_before} - {r.record_id for r in record.collect()}
    assert len(gone) == 1
    after = {r.record_id: (r.person_id, r.person_id_high, r.person_id_low) for r in copy.lake.read(PERSON_SPINE).collect()}
    assert {*after} == {*ids_before} - gone
    lineage = copy.lake.read(PERSON_LINEAGE).where("spine_version = 2").collect()
    left = {(row.record_id, row.threshold) for row in lineage if row.to_person_id is None}
    assert left == {(r, t) for r in gone for t in ("high", "medium", "low")}
    moved = {row.record_id for row in lineage}
    assert all(after[record] == ids for record, ids in ids_before.items() if record not in moved)
    dates = {(r.source, str(r.snapshot_date)) for r in record.select("source", "snapshot_date").distinct().collect()}
    assert ("mags_hocas", "2026-01-12") in dates
    assert len(dates) == 2, "one snapshot a source"


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def wrong_encoding(file: Path) -> None:
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).decode("utf-8", "replace").encode("utf-16"), mtime=0))


def drop_column(file: Path) -> None:
    edit(file, lambda lines: [line.partition(",")[2] for line in lines])


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, wrong_encoding, drop_column, empty], ids=lambda f: f.__name__)
def test_a_bad_file_stops_its_source_and_leaves_every_table(town: Town, tallies: Sequence[Tally], tmp_path: Path, damage) -> None:
    copy = copied(town, tmp_path)
    file = magistrates_file(copy)
    damage(file)
    before = copy.versions()
    with pytest.raises(SourceError) as error:
        copy.run_pipeline("r5")
    assert "mags_hocas" in str(error.value)
    assert file.name in str(error.value)
    assert error.value.exit_code == 3
    assert copy.versions() == before


def test_ragged_lines_are_set_aside_and_the_rest_is_loaded(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    copy = copied(town, tmp_path)
    file = magistrates_file(copy)
    edit(file, lambda lines: [*lines[:3], "too,short", *lines[3:]])
    before = copy.lake.read(REJECTED_ROW).count()
    copy.run_pipeline("r6")
    rejected = copy.lake.read(REJECTED_ROW)
    assert rejected.count() == before + 1
    row = rejected.where((F.col("source_file") == file.name) & (F.col("ordinal") == 3)).first()
    assert (row.rule, row.record_text) == ("COLUMN_COUNT", "too,short")


def test_standardise_refuses_when_nothing_was_loaded(spark, tmp_path: Path) -> None:
    from docketlink.errors import StorageError

    empty_town = Town(tmp_path, spark)
    with pytest.raises(StorageError, match="was never loaded"):
        empty_town.run(standardise_records)
