"""A run after an extract in which few records changed leaves the tables of one that does everything anew."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.spine import CLUSTER_ALERT, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.runtime.job import Tally
from structlog.testing import capture_logs

from jobs import assign_person_ids, cluster_people, ingest_source, score_edges, standardise_records
from tests.jobs.test_pipeline import copied, edit, magistrates_file
from tests.town import Town

pytestmark = pytest.mark.slow
LINKING = (score_edges, cluster_people, assign_person_ids)


def linked(town: Town, run_id: str) -> set[str]:
    """Links the town and tells what was logged of what is taken over."""
    with capture_logs() as logs:
        for stage in LINKING:
            town.run(stage, run_id)
    return {log["event"] for log in logs if log["event"].endswith("_changes")}


def test_linking_what_changed_leaves_the_tables_of_linking_everything(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    weekly = copied(town, tmp_path / "weekly")
    for table in (weekly.folder / "landing" / "mags_hocas").iterdir():
        shutil.copytree(next(table.iterdir()), table / "mojap_snapshot_date=2026-01-12")
    name = magistrates_file(weekly).name

    def change(lines: list[str]) -> list[str]:
        """One record goes, another comes under a new key, some people have another surname."""
        columns = lines[0].split(",")
        row_id, surname = columns.index("row_id"), columns.index("surname")
        changed = [lines[0], *lines[2:]]
        plain = [i for i, line in enumerate(changed) if i and '"' not in line and len(line.split(",")) == len(columns)]
        for i in plain[:3]:
            cells = changed[i].split(",")
            cells[row_id if i == plain[0] else surname] = f"9{cells[row_id]}" if i == plain[0] else "ANOTHER"
            changed[i] = ",".join(cells)
        return changed

    edit(weekly.folder / "landing" / "mags_hocas" / "hocas_flatfile" / "mojap_snapshot_date=2026-01-12" / name, change)
    for stage in (ingest_source, standardise_records):
        weekly.run(stage, "w1")
    whole = replace(copied(weekly, tmp_path / "whole"), extra=(*town.extra, "linkage.incremental=false"))
    assert linked(weekly, "w2") == {"scoring_changes", "clustering_changes", "naming_changes"}
    assert linked(whole, "w2") == set()
    for table in (SCORED_EDGE, PERSON_CLUSTER, CLUSTER_ALERT, PERSON_LINEAGE, PERSON_SPINE):
        one, other = weekly.lake.state(table), whole.lake.state(table)
        assert one
        assert other
        assert (one.rows, one.content_hash) == (other.rows, other.content_hash), table.full_name
    assert weekly.lake.state(PERSON_SPINE).revision == town.lake.state(PERSON_SPINE).revision + 1
