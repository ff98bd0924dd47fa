"""A run after an extract in which few records changed: its tables are those of one that does everything anew, and lineage tells of it."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import CLUSTER_ALERT, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.runtime.job import Tally
from structlog.testing import capture_logs

from jobs import assign_person_ids, cluster_people, ingest_source, score_edges, standardise_records
from tests.jobs.test_pipeline import copied, edit, magistrates_file
from tests.town import Town

pytestmark = pytest.mark.slow
NEXT = "2026-01-12"
THRESHOLDS = ("high", "medium", "low")
LINKING = (score_edges, cluster_people, assign_person_ids)


def linked(town: Town, run_id: str) -> set[str]:
    """Links the town and tells what was logged of what is taken over."""
    with capture_logs() as logs:
        for stage in LINKING:
            town.run(stage, run_id)
    return {log["event"] for log in logs if log["event"].endswith("_changes")}


@pytest.fixture(scope="module")
def week(town: Town, tallies: Sequence[Tally], tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town after its next extract, not linked yet: one record is gone, another comes under a new key, two have another surname."""
    weekly = copied(town, tmp_path_factory.mktemp("weekly"))
    for table in (weekly.folder / "landing" / "mags_hocas").iterdir():
        shutil.copytree(next(table.iterdir()), table / f"mojap_snapshot_date={NEXT}")
    name = magistrates_file(weekly).name

    def change(lines: list[str]) -> list[str]:
        columns = lines[0].split(",")
        row_id, surname = columns.index("row_id"), columns.index("surname")
        changed = [lines[0], *lines[2:]]
        plain = [i for i, line in enumerate(changed) if i and '"' not in line and len(line.split(",")) == len(columns)]
        for i in plain[:3]:
            cells = changed[i].split(",")
            cells[row_id if i == plain[0] else surname] = f"9{cells[row_id]}" if i == plain[0] else "ANOTHER"
            changed[i] = ",".join(cells)
        return changed

    edit(weekly.folder / "landing" / "mags_hocas" / "hocas_flatfile" / f"mojap_snapshot_date={NEXT}" / name, change)
    for stage in (ingest_source, standardise_records):
        weekly.run(stage, "w1")
    return weekly


def persons(town: Town) -> dict[str, tuple[str, str, str]]:
    return {r.record_id: (r.person_id, r.person_id_high, r.person_id_low) for r in town.lake.read(PERSON_SPINE).collect()}


def test_linking_what_changed_leaves_the_tables_of_linking_everything(week: Town, town: Town, tmp_path: Path) -> None:
    whole = replace(copied(week, tmp_path), extra=(*town.extra, "linkage.incremental=false"))
    assert linked(week, "w2") == {"scoring_changes", "clustering_changes", "naming_changes"}
    assert linked(whole, "w2") == set()
    for table in (SCORED_EDGE, PERSON_CLUSTER, CLUSTER_ALERT, PERSON_LINEAGE, PERSON_SPINE):
        one, other = week.lake.state(table), whole.lake.state(table)
        assert one
        assert other
        assert (one.rows, one.content_hash) == (other.rows, other.content_hash), table.full_name
    assert week.lake.state(PERSON_SPINE).revision == town.lake.state(PERSON_SPINE).revision + 1


def test_a_record_that_the_next_snapshot_lacks_leaves_the_spine_with_a_line_of_lineage(week: Town, town: Town) -> None:
    linked(week, "w2")
    was, now = persons(town), persons(week)
    record = week.lake.read(PERSON_RECORD)
    assert {*now} == {r.record_id for r in record.collect()}
    gone, came = {*was} - {*now}, {*now} - {*was}
    assert (len(gone), len(came)) == (2, 1)
    lineage = week.lake.read(PERSON_LINEAGE).where("spine_version = 2").collect()
    assert {(row.record_id, row.threshold) for row in lineage if row.to_person_id is None} == {(r, t) for r in gone for t in THRESHOLDS}
    assert {(row.record_id, row.threshold) for row in lineage if row.from_person_id is None} == {(r, t) for r in came for t in THRESHOLDS}
    moved = {row.record_id for row in lineage}
    assert all(now[record_id] == ids for record_id, ids in was.items() if record_id not in moved)
    dates = {(r.source, str(r.snapshot_date)) for r in record.select("source", "snapshot_date").distinct().collect()}
    assert ("mags_hocas", NEXT) in dates
    assert len(dates) == 2, "one snapshot a source"
