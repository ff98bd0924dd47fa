"""Decisions through the jobs, review files and the page of a person over a linked town."""

import csv
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.errors import ConfigError, ContractError
from docketlink.linkage.decisions import COLUMNS, read_decisions
from docketlink.runtime.cli import main
from docketlink.runtime.job import Tally
from pyspark.sql import functions as F

from jobs import assign_person_ids, cluster_people, load_overrides
from tests.town import PROJECT, Town

pytestmark = pytest.mark.slow
REASON = "SECRETREASON"
THRESHOLDS = {"high", "medium", "low"}


def command(town: Town, *said: str) -> Result:
    settings = [part for assignment in town.assignments for part in ("--set", assignment)]
    return CliRunner().invoke(main, [*said, "--config", str(PROJECT / "conf" / "demo.yml"), *settings])


def decide(folder: Path, *decisions: tuple[str, str, str]) -> Path:
    file = folder / "decisions" / "first.csv"
    lines = [",".join((a, b, kind, "board", "human", "verified", REASON, "2026-01-05", "")) for a, b, kind in decisions]
    file.write_text("\n".join([",".join(COLUMNS), *lines, ""]))
    return file


def together(town: Town, a: str, b: str) -> set[str]:
    both = town.lake.read(PERSON_CLUSTER).where(F.col("record_id").isin(a, b))
    return {row.threshold for row in both.groupBy("threshold", "cluster_id").count().where("count = 2").collect()}


def persons(town: Town, *records: str) -> list[str]:
    spine = town.lake.read(PERSON_SPINE).where(F.col("record_id").isin(*records))
    return [row.person_id for row in spine.orderBy("record_id").collect()]


def reasons_of_the_last_version(town: Town, *records: str) -> set[str]:
    state = town.lake.state(PERSON_SPINE)
    lineage = town.lake.read(PERSON_LINEAGE).where(F.col("record_id").isin(*records))
    return {row.reason for row in lineage.where(F.col("spine_version") == state.revision).collect()}


def test_a_decision_is_loaded_kept_refused_and_withdrawn(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    shutil.copytree(town.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "decisions").mkdir(exist_ok=True)
    copy = replace(town, folder=tmp_path, extra=(f"linkage.overrides={tmp_path / 'decisions'}",))
    pairs = copy.lake.read(SCORED_EDGE).where("match_weight > 20").orderBy("record_id_l", "record_id_r").limit(20).collect()
    a, b = next((row.record_id_l, row.record_id_r) for row in pairs if together(copy, row.record_id_l, row.record_id_r) == THRESHOLDS)
    clusters = copy.lake.state(PERSON_CLUSTER).content_hash
    one = persons(copy, a, b)
    assert len({*one}) == 1

    file = decide(tmp_path, (b, a, "cannot"))
    assert copy.run(load_overrides, "r2").rows_out == 1
    version = copy.lake.state(PAIR_OVERRIDE).delta_version
    copy.run(load_overrides, "r3")
    assert copy.lake.state(PAIR_OVERRIDE).delta_version == version
    copy.run(cluster_people, "r3")
    assert not together(copy, a, b)
    copy.run(assign_person_ids, "r3")
    assert len({*persons(copy, a, b)}) == 2
    assert reasons_of_the_last_version(copy, a, b) == {"override"}
    moved = command(copy, "model", "compare")
    assert moved.exit_code == 0, moved.output
    assert re.search(r"^medium +pairs( +[\d,]+){3}$", moved.output, re.MULTILINE)
    assert re.search(r"^court_repeat +medium( +\d+\.\d\d%){2} +[+-]\d\.\d\d$", moved.output, re.MULTILINE)

    decide(tmp_path, (a, b, "cannot"), (a, "nobody", "must"))
    with pytest.raises(ContractError, match=r"first\.csv row 2: one of its record ids is not in identity\.person_record") as error:
        copy.run(load_overrides, "r4")
    assert REASON not in str(error.value)
    assert copy.lake.state(PAIR_OVERRIDE).delta_version == version

    file.unlink()
    copy.run(load_overrides, "r5")
    assert copy.lake.read(PAIR_OVERRIDE).count() == 0
    copy.run(cluster_people, "r5")
    assert copy.lake.state(PERSON_CLUSTER).content_hash == clusters
    copy.run(assign_person_ids, "r5")
    assert persons(copy, a, b) == one
    assert reasons_of_the_last_version(copy, a, b) == {"override"}


def test_of_two_runs_at_once_one_makes_the_spine_and_the_other_finds_it(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    shutil.copytree(town.folder, tmp_path, dirs_exist_ok=True)
    copy = replace(town, folder=tmp_path)
    people = copy.lake.state(PERSON_SPINE).rows
    for table in (PERSON_SPINE, PERSON_LINEAGE):
        shutil.rmtree(copy.lake.path(table))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(copy.run, assign_person_ids, run_id) for run_id in ("r2", "r3")]
    written = [w for run in runs for w, _ in run.result().written if w.table == PERSON_SPINE]
    assert sorted(w.changed for w in written) == [False, True]
    assert {w.content_hash for w in written} == {copy.lake.state(PERSON_SPINE).content_hash}
    assert (copy.lake.state(PERSON_SPINE).revision, copy.lake.state(PERSON_SPINE).rows) == (1, people)
    versions = copy.lake.read(PERSON_LINEAGE).groupBy("spine_version").count().collect()
    assert [(row.spine_version, row["count"]) for row in versions] == [(1, 3 * people)]  # of each record, at each threshold


def test_a_folder_that_is_not_there_is_refused_and_none_is_no_fault(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"linkage\.overrides is no folder"):
        replace(town, extra=(f"linkage.overrides={tmp_path / 'absent'}",)).run(load_overrides, "r2")
    nothing = replace(town, extra=()).run(load_overrides, "r2")
    assert (nothing.rows_in, nothing.written) == (0, [])


@pytest.mark.parametrize("what", ["--alerts", "--edges"])
def test_a_review_file_shows_both_records_no_score_and_is_read_back(
    town: Town, tallies: Sequence[Tally], tmp_path: Path, what: str
) -> None:
    file = tmp_path / "out" / "pairs.csv"
    done = command(town, "review", "export", what, "--per-band", "3", "--limit", "9", "--out", str(file))
    assert done.exit_code == 0, done.output
    assert "identity_reviewed" in done.stderr
    frame = file.with_name("pairs.frame.csv")
    assert {path.stat().st_mode & 0o777 for path in (file, frame)} == {0o600}
    rows, why = ([*csv.DictReader(path.open())] for path in (file, frame))
    assert 0 < len(rows) == len(why) <= 21
    assert [(r["record_id_a"], r["record_id_b"]) for r in rows] == [(r["record_id_a"], r["record_id_b"]) for r in why]
    assert not [column for column in rows[0] if re.search("weight|bits|band|severity|score|probab|sex|rule", column)]
    record = town.lake.read(PERSON_RECORD).where(F.col("record_id") == rows[0]["record_id_a"]).first()
    assert rows[0]["shown_names_a"] == "; ".join(record.full_name_arr or [])
    assert rows[0]["shown_dates_of_birth_a"] == "; ".join(record.dob_arr or [])
    if what == "--edges":
        assert all(0 < float(row["fraction"]) <= 1 for row in why)
    else:
        assert [row["severity"] for row in why] == sorted((row["severity"] for row in why), reverse=True)

    assert read_decisions({"undecided.csv": file.read_bytes()}) == ([], [])
    filled = {"decision": "must", "scope": "b", "actor": "human", "confidence": "verified", "reason": "x", "decided_on": "2026-01-05"}
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0]])
        writer.writeheader()
        writer.writerows([{**row, **filled} for row in rows])
    decided, faults = read_decisions({"decided.csv": file.read_bytes()})
    assert (len(decided), faults) == (len(rows), [])


def test_a_review_file_has_a_limit_and_a_subject(town: Town, tallies: Sequence[Tally]) -> None:
    assert command(town, "review", "export", "--edges", "--per-band", "100000").exit_code == ConfigError.exit_code
    assert "give --alerts or --edges" in command(town, "review", "export").stderr


def test_a_person_is_shown_with_records_links_and_a_graph(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> None:
    spine = town.lake.read(PERSON_SPINE)
    person = spine.groupBy("person_id").count().where("count BETWEEN 3 AND 8").orderBy("person_id").first()
    page = tmp_path / "out" / "person.html"
    shown = command(town, "person", person.person_id, "--html", str(page))
    assert shown.exit_code == 0, shown.output
    assert "identity_reviewed" in shown.stderr
    ids = [row.record_id for row in spine.where(F.col("person_id") == person.person_id).collect()]
    names = {n for row in town.lake.read(PERSON_RECORD).where(F.col("record_id").isin(ids)).collect() for n in row.full_name_arr or []}
    assert names
    for text in (shown.stdout, page.read_text()):
        assert all(record_id in text for record_id in ids)
        assert all(name in text for name in names)
    assert not [name for name in names if name in shown.stderr]
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.read_text().count("<circle") == len(ids)

    hidden = command(town, "person", person.person_id, "--html", str(page), "--hide-values").stdout + page.read_text()
    assert not [name for name in names if name in hidden]
    assert "Path of links" in hidden
    unknown = command(town, "person", "a" * 26, "--html", str(page))
    assert unknown.exit_code == ConfigError.exit_code
    assert "holds no person with this id" in unknown.stderr


def test_versions_of_the_spine_are_compared_by_counts(town: Town, tallies: Sequence[Tally]) -> None:
    version = town.lake.state(PERSON_SPINE).delta_version
    same = command(town, "model", "compare", "--before", str(version), "--after", str(version))
    assert same.exit_code == 0, same.output
    assert same.stdout.count("0 records have another person id; 100.00% of the pairs are kept") == len(THRESHOLDS)
    alone = command(town, "model", "compare")
    assert alone.exit_code == ConfigError.exit_code
    assert "no two versions" in alone.stderr
